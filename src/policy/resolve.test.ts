import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR } from '#core/clock.ts';
import { compilePolicy } from './compile.ts';
import { decide, nextChange, personalProfiles } from './decide.ts';
import { policyOf, taxonomy } from './fixture.ts';
import { resolveCell } from './resolve.ts';
import type { Cell, Decision, Rule, SchoolFacts } from './types.ts';

const LONDON = 'Europe/London';
const at = (local: string): number => Temporal.ZonedDateTime.from(`${local}[${LONDON}]`).epochMilliseconds;
const NOON = at('2026-11-23T12:00');
const weekdays = [1, 2, 3, 4, 5];
const SCHOOL: SchoolFacts = {
  timeZone: LONDON,
  terms: [
    { from: '2026-09-02', to: '2026-12-18', halfTerm: { from: '2026-10-26', to: '2026-10-30' } },
    { from: '2027-01-04', to: '2027-03-25', halfTerm: null },
  ],
  slots: [
    { kind: 'lunch', days: weekdays, from: '12:20', to: '13:05' },
    { kind: 'lunch', days: [6], from: '11:00', to: '11:30' },
    { kind: 'break', days: weekdays, from: '10:40', to: '11:00' },
  ],
  grants: [],
};
const rule = (cell: Cell): Rule => ({
  id: 'UAR-19',
  name: 'Games',
  clause: 'rules.all',
  action: 'play-games',
  categories: ['games'],
  cells: { staff: cell, pupil: cell, guest: cell },
});
const compiled = (cell: Cell, school: Partial<SchoolFacts> = {}) =>
  compilePolicy(policyOf({ rules: [rule(cell)] }), taxonomy, { ...SCHOOL, ...school });
const ask = (policy: ReturnType<typeof compiled>, t: number, person: string | null = null): Decision =>
  decide(policy, 'pupil', { categories: ['games'], at: t, person });
const outcomes = (policy: ReturnType<typeof compiled>, times: readonly string[]) =>
  times.map((t) => ask(policy, at(t)).outcome);

test('a window of slots stands where the timetable puts it, on all its days or those named', () => {
  const windows = (cell: Cell) => {
    const resolved = resolveCell(cell, 'UAR-19', SCHOOL);
    return resolved.value === 'times' ? resolved.windows : [];
  };
  assert.deepEqual(windows({ value: 'times', windows: [{ slots: ['lunch', 'club'] }] }), [
    { days: weekdays, from: '12:20', to: '13:05' },
    { days: [6], from: '11:00', to: '11:30' },
  ]);
  assert.deepEqual(windows({ value: 'times', windows: [{ slots: ['lunch'], days: [5, 7] }] }), [
    { days: [5], from: '12:20', to: '13:05' },
  ]);
});

test('UAR-19 term time is from the first day of each term to its last, the half-term break left out', () => {
  const policy = compiled({ value: 'times', windows: [{ slots: ['lunch'], term: true }] });
  const noon = (day: string) => `${day}T12:30`;
  const open = ['2026-09-02', '2026-10-23', '2026-11-02', '2026-12-18', '2027-01-04', '2027-03-25'].map(noon);
  const shut = ['2026-09-01', '2026-10-26', '2026-10-30', '2026-12-21', '2027-01-01', '2027-03-26'].map(noon);
  assert.deepEqual(new Set(outcomes(policy, open)), new Set(['allow']));
  assert.deepEqual(new Set(outcomes(policy, shut)), new Set(['block']));
});

test('a break that reaches beyond its term takes nothing of what lies outside into the term', () => {
  const all: Cell = {
    value: 'times',
    windows: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00', term: true }],
  };
  const days = ['2027-01-03T12:00', '2027-01-04T12:00', '2027-01-08T12:00', '2027-01-09T12:00'];
  const term = { from: '2027-01-04', to: '2027-01-08' };
  const breaks = [
    { from: '2026-12-21', to: '2026-12-31' },
    { from: '2027-02-15', to: '2027-02-19' },
  ];
  for (const halfTerm of breaks) {
    const policy = compiled(all, { terms: [{ ...term, halfTerm }] });
    assert.deepEqual(outcomes(policy, days), ['block', 'allow', 'allow', 'block']);
  }
});

test('UAR-19 a closed window says when it next opens, over holidays too, or plainly that none is to come', () => {
  const closing = at('2026-12-18T13:05');
  const lunch: Cell = { value: 'times', windows: [{ slots: ['lunch'], term: true }] };
  const after = ask(compiled(lunch), closing).because;
  assert.match(after.text, /they open on Monday 4 January at 12:20\.$/);
  assert.equal(after.remedy, 'wait');
  const nothing: [Cell, Partial<SchoolFacts>, RegExp][] = [
    [{ value: 'times', windows: [] }, {}, /the school has not set any yet\.$/],
    [lunch, { slots: [] }, /the school has not set any yet\.$/],
    [lunch, { terms: [] }, /calendar holds none to come\.$/],
    [lunch, { terms: SCHOOL.terms.slice(0, 1) }, /calendar holds none to come\.$/],
  ];
  for (const [cell, school, words] of nothing) {
    const policy = compiled(cell, school);
    const because = ask(policy, closing).because;
    assert.match(because.text, words);
    assert.equal(because.remedy, 'ask');
    assert.equal(decide(policy, 'unidentified', { categories: ['games'], at: closing }).because.remedy, 'sign-in');
  }
});

test('COM-12 a permission holds for this person under this rule, from its first millisecond to the one before its end', () => {
  const grant = { rule: 'UAR-19', person: 'person-1', from: NOON, until: NOON + HOUR };
  const policy = compiled(
    { value: 'permission' },
    { grants: [grant, { ...grant, rule: 'COM-08', person: 'person-2' }] },
  );
  const open = (t: number, person: string | null) => ask(policy, t, person).outcome === 'allow';
  assert.deepEqual(
    [NOON - 1, NOON, NOON + HOUR - 1, NOON + HOUR].map((t) => open(t, 'person-1')),
    [false, true, true, false],
  );
  assert.deepEqual([open(NOON, 'person-2'), open(NOON, null), open(Number.NaN, 'person-1')], [false, false, false]);
  assert.equal(
    decide(policy, 'unidentified', { categories: ['games'], at: NOON, person: 'person-1' }).outcome,
    'block',
  );
});

test('COM-12 a list of the document has no end, and one that was granted joins it for its time', () => {
  const grants = [{ rule: 'UAR-19', person: 'person-2', from: NOON, until: null }];
  for (const value of ['selected', 'nominated'] as const) {
    const policy = compiled({ value, people: ['person-1'] }, { grants });
    const open = (t: number) => ['person-1', 'person-2', 'person-3'].map((p) => ask(policy, t, p).outcome);
    assert.deepEqual(open(NOON - 1), ['allow', 'block', 'block']);
    assert.deepEqual(open(NOON + 1e11), ['allow', 'allow', 'block']);
  }
});

test('nextChange tells every beginning and end of a permission among the edges of the windows', () => {
  const grants = [
    { rule: 'UAR-19', person: 'person-1', from: NOON + 1, until: NOON + 5 },
    { rule: 'UAR-19', person: 'person-2', from: NOON - 9, until: NOON + 5 },
    { rule: 'UAR-19', person: 'person-3', from: NOON + 3, until: null },
  ];
  const permission = compiled({ value: 'permission' }, { grants });
  const changes = [NOON - 10, NOON - 9, NOON, NOON + 1, NOON + 3, NOON + 5].map(
    (t) => nextChange(permission, t) - NOON,
  );
  assert.deepEqual(changes, [-9, 1, 1, 3, 5, Number.POSITIVE_INFINITY]);
  const lunch = compiled({ value: 'times', windows: [{ slots: ['lunch'], term: true }] });
  assert.equal(nextChange(lunch, at('2026-12-18T13:05')), at('2027-01-04T12:20'));
  assert.equal(nextChange(lunch, at('2027-03-25T13:05')), Number.POSITIVE_INFINITY);
});

test('only profiles in which somebody is named give two people two answers', () => {
  const grants = [{ rule: 'UAR-19', person: 'person-1', from: NOON, until: null }];
  assert.deepEqual(personalProfiles(compiled({ value: 'permission' }, { grants })), new Set(['pupil', 'staff']));
  assert.deepEqual(
    personalProfiles(compiled({ value: 'nominated', people: ['person-1'] })),
    new Set(['pupil', 'staff']),
  );
  assert.deepEqual(personalProfiles(compiled({ value: 'permission' })), new Set());
});

test('what the source leaves unclear is obeyed as written, and stays marked', () => {
  const policy = compiled({ value: 'allowed', unconfirmed: true });
  assert.equal(ask(policy, NOON).outcome, 'allow');
  assert.deepEqual(
    policy.profiles[0]?.cells.games?.map((c) => c.cell),
    [{ value: 'allowed', unconfirmed: true }],
  );
});
