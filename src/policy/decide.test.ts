import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MINUTE } from '#core/clock.ts';
import { decide, nextChange } from './decide.ts';
import { compiled, policyOf, taxonomy } from './fixture.ts';
import type { Cell, Decision, Rule } from './types.ts';

const clause = 'rules.all';
const NOON = Date.UTC(2026, 10, 23, 12, 0);
const forAll = (id: string, categories: string[], cell: Cell): Rule => ({
  id,
  name: id,
  action: 'x',
  clause,
  categories,
  cells: { staff: cell, pupil: cell, guest: cell },
});
const under = (...rules: Rule[]) => compiled(policyOf({ rules }));
const ask = (
  policy: Parameters<typeof decide>[0],
  categories: string[],
  { profile = 'pupil', at = NOON, person = null as string | null } = {},
): Decision => decide(policy, profile, { categories, at, person });

test('with no policy, or under a profile the policy does not know, everything is closed', () => {
  for (const answer of [ask(null, ['education']), ask(under(), ['education', 'help'], { profile: 'nobody' })]) {
    assert.equal(answer.outcome, 'block');
    assert.equal(answer.because.rule, 'no-policy');
    assert.equal(answer.because.clause, null);
  }
});

test('FIL-02 an illegal category is closed even for a site that is listed as help, with neutral words and no remedy', () => {
  for (const categories of [['child-abuse'], ['help', 'child-abuse'], ['child-abuse', 'help', 'education']]) {
    const { outcome, because } = ask(under(), categories, { profile: 'staff' });
    assert.equal(outcome, 'block');
    assert.deepEqual(because, {
      rule: 'safety.illegal',
      category: 'child-abuse',
      clause: null,
      text: 'This page cannot be opened.',
      remedy: null,
    });
  }
});

test('help is open whatever else the site is listed under, and whoever asks', () => {
  const policy = under(forAll('UAR-09', ['self-harm'], { value: 'not-allowed' }));
  for (const profile of ['pupil', 'staff', 'unidentified']) {
    const { outcome, because } = ask(policy, ['self-harm', 'help', 'never-heard-of'], { profile });
    assert.deepEqual([outcome, because.rule], ['allow', 'safety.help']);
  }
});

test('GOV-34 the strictest cell of all categories decides, in whatever order they come', () => {
  const policy = under(
    forAll('UAR-18', ['educational-games'], { value: 'allowed' }),
    forAll('UAR-19', ['games'], { value: 'times', windows: [{ days: [1], from: '15:00', to: '16:00' }] }),
    forAll('COM-10', ['blogs'], { value: 'permission' }),
    forAll('UAR-20', ['gambling'], { value: 'not-allowed' }),
    forAll('UAR-04', ['grooming'], { value: 'illegal' }),
  );
  const fromMildest = ['sports', 'educational-games', 'games', 'blogs', 'gambling', 'grooming', 'child-abuse'];
  const deciding = ['profile', 'UAR-18', 'UAR-19', 'COM-10', 'UAR-20', 'UAR-04', 'safety.illegal'];
  for (let n = 1; n <= fromMildest.length; n++) {
    const categories = fromMildest.slice(0, n);
    assert.equal(ask(policy, categories).because.rule, deciding[n - 1]);
    assert.deepEqual(ask(policy, categories.toReversed()), ask(policy, categories));
  }
});

test('UAR-24 of two rules about one category the stricter decides, and the answer cites it', () => {
  const open: Cell = { value: 'times', windows: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00' }] };
  const policy = under(
    forAll('UAR-24', ['messaging'], open),
    forAll('COM-08', ['messaging'], { value: 'not-allowed' }),
  );
  const { outcome, because } = ask(policy, ['messaging'], { profile: 'staff' });
  assert.deepEqual([outcome, because.rule], ['block', 'COM-08']);
});

test('of two categories refused alike the graver one is named: what the school calls grave, then the taxonomy’s order', () => {
  const doc = policyOf({ rules: [forAll('UAR-20', ['gambling', 'self-harm'], { value: 'not-allowed' })] });
  const named = (grave: string[]) => {
    const urgent = { clause, urgency: 'urgent' as const };
    const monitoring = { ...doc.monitoring, grave: Object.fromEntries(grave.map((c) => [c, urgent])) };
    const policy = compiled({ ...doc, monitoring });
    const both = [
      ['gambling', 'self-harm'],
      ['self-harm', 'gambling'],
    ].map((c) => ask(policy, c).because.category);
    assert.equal(both[0], both[1]);
    return both[0];
  };
  assert.equal(named([]), 'self-harm');
  assert.equal(named(['gambling']), 'gambling');
});

test('a cell that is open never outweighs one that is closed, however strict its kind', () => {
  const policy = under(
    forAll('COM-09', ['social-media'], { value: 'selected', people: ['person-1'] }),
    forAll('UAR-19', ['social-media'], { value: 'times', windows: [] }),
  );
  const { outcome, because } = ask(policy, ['social-media'], { profile: 'staff', person: 'person-1' });
  assert.deepEqual([outcome, because.rule], ['block', 'UAR-19']);
});

test('COM-12 UAR-19 certain times with no window, selected staff with no list, and permission with none recorded deny', () => {
  const policy = under(
    forAll('UAR-19', ['games'], { value: 'times', windows: [] }),
    forAll('COM-09', ['social-media'], { value: 'selected', people: [] }),
    forAll('COM-10', ['blogs'], { value: 'permission' }),
  );
  for (const category of ['games', 'social-media', 'blogs']) {
    for (const person of [null, 'person-1', '']) {
      const { outcome, because } = ask(policy, [category], { profile: 'staff', person });
      assert.deepEqual([outcome, because.remedy], ['block', 'ask'], category);
    }
  }
});

test('COM-09 selected staff: on the list allowed, not on it denied, and nobody unidentified is on any list', () => {
  const policy = under(forAll('COM-09', ['social-media'], { value: 'selected', people: ['person-1'] }));
  const outcome = (profile: string, person: string | null) =>
    ask(policy, ['social-media'], { profile, person }).outcome;
  assert.equal(outcome('staff', 'person-1'), 'allow');
  assert.equal(outcome('staff', 'person-2'), 'block');
  assert.equal(outcome('staff', null), 'block');
  assert.equal(outcome('unidentified', 'person-1'), 'block');
});

test('UAR-19 a window opens and closes at its minute, and until then the answer says when', () => {
  const windows = [{ days: [1, 2, 3, 4, 5], from: '12:20', to: '13:05' }];
  const policy = under(forAll('UAR-19', ['games'], { value: 'times', windows }));
  const opens = Date.UTC(2026, 10, 23, 12, 20);
  const before = ask(policy, ['games'], { at: opens - 1 });
  assert.equal(before.outcome, 'block');
  assert.equal(before.because.remedy, 'wait');
  assert.equal(
    before.because.text,
    'Sites listed under “Games” are closed just now; they open on Monday 23 November at 12:20.',
  );
  assert.equal(ask(policy, ['games'], { at: opens }).outcome, 'allow');
  assert.equal(ask(policy, ['games'], { at: opens + 45 * MINUTE - 1 }).outcome, 'allow');
  const after = ask(policy, ['games'], { at: opens + 45 * MINUTE });
  assert.equal(after.outcome, 'block');
  assert.match(after.because.text, /on Tuesday 24 November at 12:20/);
  assert.deepEqual(ask(policy, ['games'], { at: opens - 1 }), before, 'asking out of order changes nothing');
});

test('nextChange is the next minute at which an answer can change, or never', () => {
  const day = (from: string, to: string): Cell => ({ value: 'times', windows: [{ days: [1], from, to }] });
  const policy = under(
    forAll('UAR-19', ['games'], day('12:20', '13:05')),
    forAll('UAR-21', ['shopping'], day('13:00', '14:00')),
  );
  const edges = [NOON, 1220, 1300, 1305, 1400].map((t) =>
    t === NOON ? NOON : Date.UTC(2026, 10, 23, Math.floor(t / 100), t % 100),
  );
  for (const [i, edge] of edges.slice(1).entries()) assert.equal(nextChange(policy, edges[i] ?? 0), edge);
  assert.equal(
    nextChange(under(forAll('UAR-20', ['gambling'], { value: 'not-allowed' })), NOON),
    Number.POSITIVE_INFINITY,
  );
});

test('a category the policy has never heard of is closed, an address in none is as the profile says', () => {
  assert.deepEqual([ask(under(), ['constructor']).outcome, ask(under(), ['__proto__']).outcome], ['block', 'block']);
  assert.equal(ask(under(), []).outcome, 'allow');
  const unidentified = ask(under(), [], { profile: 'unidentified' });
  assert.deepEqual([unidentified.outcome, unidentified.because.remedy], ['block', 'sign-in']);
});

test('FIL-01 every question has an answer with its reason, the same each time, and never throws', () => {
  const policy = under(
    forAll('UAR-19', ['games'], { value: 'times', windows: [{ days: [1, 7], from: '00:30', to: '24:00' }] }),
    forAll('COM-09', ['social-media'], { value: 'selected', people: ['person-1'] }),
  );
  const category = fc.oneof(fc.constantFrom(...taxonomy.map((c) => c.id)), fc.string());
  fc.assert(
    fc.property(
      fc.oneof(fc.constantFrom('pupil', 'staff', 'unidentified'), fc.string()),
      fc.array(category, { maxLength: 6 }),
      fc.oneof(fc.integer(), fc.double(), fc.constant(NOON)),
      fc.option(fc.string()),
      (profile, categories, at, person) => {
        const question = { categories, at, person };
        const answer = decide(policy, profile, question);
        assert.match(answer.outcome, /^(allow|warn|block)$/);
        assert.ok(answer.because.rule !== '' && answer.because.text !== '');
        assert.deepEqual(decide(policy, profile, question), answer);
      },
    ),
    { numRuns: 500 },
  );
});

test('one more category never opens what was closed, unless it is help', () => {
  const policy = under(
    forAll('UAR-20', ['gambling'], { value: 'not-allowed' }),
    forAll('UAR-18', ['educational-games'], { value: 'allowed' }),
    forAll('COM-10', ['blogs'], { value: 'permission' }),
  );
  const category = fc.constantFrom(...taxonomy.filter((c) => c.nature !== 'help').map((c) => c.id));
  fc.assert(
    fc.property(fc.array(category, { minLength: 1, maxLength: 4 }), category, (categories, more) => {
      if (ask(policy, categories).outcome !== 'block') return;
      assert.equal(ask(policy, [...categories, more]).outcome, 'block');
    }),
  );
});
