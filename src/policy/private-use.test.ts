import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bareSchool, compilePolicy } from './compile.ts';
import { compileMay } from './compile-may.ts';
import { decide, nextChange, personalProfiles } from './decide.ts';
import { policyOf, taxonomy } from './fixture.ts';
import { may } from './may.ts';
import { shippedPolicy } from './shipped.ts';
import type { Cell, PolicyDocument, SchoolFacts } from './types.ts';

const HOUR = 3_600_000;
/** A Monday in term. */
const MORNING = Date.UTC(2026, 10, 23, 10, 0);
const MIDNIGHT = Date.UTC(2026, 10, 24);

type Setting = PolicyDocument['settings']['privateSocialMedia'];
const table = (staff: Cell) => ({
  id: 'COM-09',
  name: 'Social media',
  clause: 'rules.all',
  action: 'use-social-media',
  categories: ['social-media'],
  cells: { staff, pupil: { value: 'not-allowed' }, guest: { value: 'not-allowed' } } as const,
});
const under = (setting: Setting, staff: Cell = { value: 'allowed' }): PolicyDocument => {
  const doc = policyOf({ rules: [table(staff)] });
  return { ...doc, settings: { ...doc.settings, privateSocialMedia: setting } };
};
const used = (person: string, from: number): SchoolFacts => ({
  ...bareSchool('Europe/London'),
  used: [{ rule: 'SOC-18', person, from, until: MIDNIGHT }],
});
const asked = (doc: PolicyDocument, person: string | null, at = MORNING, school = bareSchool('Europe/London')) =>
  decide(compilePolicy(doc, taxonomy, school), 'staff', { categories: ['social-media'], at, person });

test('SOC-18 never closes private social media to staff, though the table would open them', () => {
  const { outcome, because } = asked(under({ value: 'never', minutesPerDay: null }), 'ada');
  assert.deepEqual([outcome, because.rule], ['block', 'SOC-18']);
});

test('SOC-18 at certain times: open within them, closed outside, and closed while none are set', () => {
  const windows = [{ days: [1, 2, 3, 4, 5], from: '12:30', to: '13:15' }];
  const doc = under({ value: 'times', minutesPerDay: null, windows });
  assert.equal(asked(doc, 'ada', Date.UTC(2026, 10, 23, 12, 29)).outcome, 'block');
  assert.equal(asked(doc, 'ada', Date.UTC(2026, 10, 23, 12, 30)).outcome, 'allow');
  assert.equal(asked(doc, 'ada', Date.UTC(2026, 10, 23, 13, 15)).outcome, 'block');
  assert.equal(asked(under({ value: 'times', minutesPerDay: null }), 'ada').outcome, 'block');
});

test('SOC-18 COM-09 for selected people the list is that of the table', () => {
  const doc = under({ value: 'selected', minutesPerDay: null }, { value: 'selected', people: ['ada'] });
  assert.equal(asked(doc, 'ada').outcome, 'allow');
  assert.equal(asked(doc, 'ben').outcome, 'block');
});

test('SOC-18 within reason: so many minutes a day for each, and whoever has used them waits until tomorrow', () => {
  const doc = under({ value: 'reasonable', minutesPerDay: 20 });
  assert.equal(asked(doc, 'ada').outcome, 'allow');
  const after = asked(doc, 'ada', MORNING, used('ada', MORNING));
  assert.deepEqual([after.outcome, after.because.rule, after.because.remedy], ['block', 'SOC-18', 'wait']);
  assert.equal(
    after.because.text,
    'Your 20 minutes of today for sites listed under “Social media” are over; they open again on Tuesday 24 November at 00:00.',
  );
  assert.equal(asked(doc, 'ben', MORNING, used('ada', MORNING)).outcome, 'allow', 'each has their own');
  assert.equal(asked(doc, null).outcome, 'block', 'whom nobody knows has none');
  assert.equal(asked(doc, 'ada', MIDNIGHT - 1, used('ada', MORNING)).outcome, 'block');
  assert.equal(asked(doc, 'ada', MIDNIGHT, used('ada', MORNING)).outcome, 'allow');
});

test('SOC-18 gateways that remember answers forget them when somebody’s minutes end and begin', () => {
  const compiled = compilePolicy(under({ value: 'reasonable', minutesPerDay: 20 }), taxonomy, used('ada', MORNING));
  assert.equal(nextChange(compiled, MORNING - HOUR), MORNING);
  assert.equal(nextChange(compiled, MORNING), MIDNIGHT);
  assert.ok(personalProfiles(compiled).has('staff'));
});

test('SOC-18 K04 while nobody has said how many minutes are reasonable, only people on the list have any', () => {
  const doc = under({ value: 'reasonable', minutesPerDay: null }, { value: 'selected', people: ['ada'] });
  assert.equal(asked(doc, 'ada').outcome, 'allow');
  assert.equal(asked(doc, 'ben').outcome, 'block');
  assert.equal(asked(under({ value: 'reasonable', minutesPerDay: null }), 'ben').outcome, 'block');
});

test('SOC-18 COM-09 where the table is stricter than the setting, the table holds', () => {
  const doc = under({ value: 'reasonable', minutesPerDay: 20 }, { value: 'not-allowed' });
  assert.deepEqual([asked(doc, 'ada').outcome, asked(doc, 'ada').because.rule], ['block', 'COM-09']);
});

test('SOC-18 the shipped policies: the centre closes it to staff, the school leaves it to the list', () => {
  const centre = asked(shippedPolicy('tuition-centre'), 'ada');
  assert.deepEqual([centre.outcome, centre.because.rule], ['block', 'UAR-23']);
  const grant = { rule: 'COM-09', person: 'ada', from: 0, until: null };
  const listed = { ...bareSchool('Europe/London'), grants: [grant] };
  assert.equal(asked(shippedPolicy('secondary-school'), 'ada', MORNING, listed).outcome, 'allow');
  assert.equal(asked(shippedPolicy('secondary-school'), 'ben', MORNING, listed).outcome, 'block');
});

test('SOC-18 “May I?” answers as the filter does', () => {
  const ask = (setting: Setting, school = bareSchool('Europe/London')) =>
    may(compileMay(under(setting), school), {
      action: 'use-social-media',
      profile: 'staff',
      audience: 'staff',
      person: 'ada',
      at: MORNING,
    });
  assert.equal(ask({ value: 'never', minutesPerDay: null }).outcome, 'block');
  const within = ask({ value: 'reasonable', minutesPerDay: 20 });
  assert.equal(within.outcome, 'allow');
  assert.match(within.because.text, /20 minutes a day/);
  const over = ask({ value: 'reasonable', minutesPerDay: 20 }, used('ada', MORNING));
  assert.deepEqual([over.outcome, over.because.remedy], ['block', 'wait']);
});
