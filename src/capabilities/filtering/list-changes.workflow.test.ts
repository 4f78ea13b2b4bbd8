import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bareSchool, compilePolicy, shippedPolicy } from '#policy/index.ts';
import { taxonomy } from '#rooms/policies/index.ts';
import { effectOf, OPENS, type OpeningFacts, type SourceState, standsSo, whyOpens } from './list-changes.rules.ts';
import {
  GUARDS,
  type ListChangeAction,
  type ListChangeActor,
  type ListChangeFacts,
  listChangeWorkflow,
} from './list-changes.workflow.ts';

type From = Parameters<typeof listChangeWorkflow.judge>[0];
const STATES: readonly From[] = [
  'new',
  'proposed',
  'applied',
  'refused',
  'withdrawn',
  'to-review',
  'reviewed',
  'undone',
];
const ACTIONS: readonly ListChangeAction[] = [
  'propose',
  'apply-now',
  'approve',
  'refuse',
  'withdraw',
  'review',
  'undo',
];
const ACTORS: readonly ListChangeActor[] = ['keeper', 'approver', 'requester'];

const fine = (more: Partial<ListChangeFacts> = {}): ListChangeFacts => ({
  opens: null,
  person: 'second',
  requester: 'first',
  reason: 'It was agreed at the meeting.',
  impossible: null,
  waiting: false,
  current: true,
  ...more,
});
/** What is asked for may open, what is done at once may not; so each row's guards hold. */
const factsFor = (action: ListChangeAction, more: Partial<ListChangeFacts> = {}) =>
  fine({ opens: action === 'propose' ? 'It opens.' : null, ...more });

/** What each part may do where, written out once more by hand: this is what the school is promised. */
const promised: Record<ListChangeActor, Partial<Record<From, readonly ListChangeAction[]>>> = {
  keeper: { new: ['propose', 'apply-now'], 'to-review': ['review', 'undo'] },
  approver: { new: ['propose', 'apply-now'], proposed: ['approve', 'refuse'], 'to-review': ['review', 'undo'] },
  requester: { proposed: ['withdraw'] },
};

test('FIL-04 each part may do in each state of a list change exactly what is written here, and nothing else', () => {
  let cells = 0;
  for (const actor of ACTORS) {
    for (const state of STATES) {
      const mine = promised[actor][state] ?? [];
      assert.deepEqual(
        [...listChangeWorkflow.offered(state, [actor])].sort(),
        [...mine].sort(),
        `${actor} in ${state}`,
      );
      for (const action of ACTIONS) {
        const verdict = listChangeWorkflow.judge(state, action, [actor], factsFor(action));
        assert.equal(verdict.ok, mine.includes(action), `${actor}: ${action} in ${state}`);
        if (!verdict.ok) assert.match(verdict.code, /^not-(listed|yours)$/, `${actor}: ${action} in ${state}`);
        cells++;
      }
    }
  }
  assert.equal(cells, ACTORS.length * STATES.length * ACTIONS.length);
  assert.deepEqual([...listChangeWorkflow.actions].sort(), [...ACTIONS].sort());
  for (const state of STATES) assert.deepEqual(listChangeWorkflow.offered(state, []), [], `nobody in ${state}`);
});

const outcome = (from: From, action: ListChangeAction, more: Partial<ListChangeFacts>) => {
  const v = listChangeWorkflow.judge(from, action, ACTORS, factsFor(action, more));
  return v.ok ? v.to : v.guard;
};

test('FIL-04 what opens cannot be done at once, and what closes need not wait, whoever it is', () => {
  assert.equal(outcome('new', 'apply-now', { opens: 'It opens.' }), 'closes');
  assert.equal(outcome('new', 'apply-now', {}), 'to-review');
  assert.equal(outcome('new', 'propose', { opens: null }), 'opens');
  assert.equal(outcome('new', 'propose', {}), 'proposed');
});

test('FIL-04 nobody agrees to, refuses, reviews or undoes what they did themselves, be they all three parts at once', () => {
  for (const [from, action] of [
    ['proposed', 'approve'],
    ['proposed', 'refuse'],
    ['to-review', 'review'],
    ['to-review', 'undo'],
  ] as const) {
    assert.equal(outcome(from, action, { person: 'first' }), 'secondPerson', action);
    assert.notEqual(outcome(from, action, {}), 'secondPerson', action);
  }
});

test('FCR-02 a list change that opens says why, and so does whoever refuses or undoes one', () => {
  assert.equal(outcome('new', 'propose', { reason: 'because' }), 'reasoned');
  assert.equal(outcome('proposed', 'refuse', { reason: ' ' }), 'reasoned');
  assert.equal(outcome('to-review', 'undo', { reason: '' }), 'reasoned');
  assert.equal(outcome('proposed', 'approve', { reason: '' }), 'applied');
});

test('FIL-04 what was agreed is what was asked: not if the source changed, nor what is impossible, nor twice at once', () => {
  assert.equal(outcome('proposed', 'approve', { current: false }), 'current');
  assert.equal(outcome('to-review', 'undo', { current: false }), 'current');
  assert.equal(outcome('proposed', 'approve', { impossible: 'It is gone.' }), 'possible');
  assert.equal(outcome('new', 'propose', { impossible: 'It is gone.' }), 'possible');
  assert.equal(outcome('new', 'propose', { waiting: true }), 'alone');
  assert.equal(outcome('new', 'apply-now', { waiting: true }), 'to-review');
});

test('every guard of the table of list changes is one of those of its file', () => {
  const used = new Set(listChangeWorkflow.rows.flatMap((r) => r.guards.map((g) => g.name)));
  assert.deepEqual([...used].sort(), Object.keys(GUARDS).sort());
});

const BASE: SourceState = {
  enabled: true,
  retired: false,
  location: '/srv/lists',
  mirrors: ['https://a.example/x'],
  every_hours: 24,
  max_age_hours: 48,
  checksum: 'beside',
  public_key: 'key',
  words: {},
  trust: 100,
  most_bytes: null,
  most_names: null,
  least_kept: 50,
  most_growth: 10,
};
const reads = (word: string, words: Readonly<Record<string, string | null>>) => {
  const category = Object.hasOwn(words, word) ? (words[word] ?? null) : word;
  return { category, closes: category === 'games', opens: category === 'education' };
};
const facts: OpeningFacts = { reads, canOpen: false };

test('FIL-04 each way in which a source can let more through is known as opening, and its opposite as closing', () => {
  const opening: readonly [Partial<SourceState>, Partial<SourceState>][] = [
    [{}, { enabled: false }],
    [{}, { enabled: false, retired: true }],
    [{}, { location: '/srv/others' }],
    [{}, { mirrors: ['https://a.example/x', 'https://b.example/x'] }],
    [{}, { every_hours: 25 }],
    [{}, { max_age_hours: 49 }],
    [{}, { checksum: null }],
    [{}, { checksum: '0'.repeat(64) }],
    [{}, { public_key: null }],
    [{}, { public_key: 'another' }],
    [{}, { trust: 99 }],
    [{}, { least_kept: 49 }],
    [{}, { most_growth: 11 }],
    [{}, { words: { games: null } }],
    [{}, { words: { games: 'shopping' } }],
    [{}, { words: { games: 'education' } }],
    [{}, { words: { sums: 'education' } }],
    [{ words: { sums: 'games' } }, { words: {} }],
  ];
  for (const [before, patch] of opening) {
    assert.ok(whyOpens({ ...BASE, ...before }, patch, facts), JSON.stringify(patch));
  }
  const closing: readonly [Partial<SourceState>, Partial<SourceState>][] = [
    [{ enabled: false }, { enabled: true }],
    [{ enabled: false }, { retired: true }],
    [{}, { mirrors: [] }],
    [{}, { every_hours: 1 }],
    [{}, { max_age_hours: 1 }],
    [{ checksum: null }, { checksum: 'beside' }],
    [{ public_key: null }, { public_key: 'key' }],
    [{ trust: 50 }, { trust: 100 }],
    [{}, { least_kept: 51 }],
    [{}, { most_growth: 9 }],
    [{}, { most_bytes: 1 }],
    [{ most_names: 5 }, { most_names: 9 }],
    [{}, { words: { sums: 'games' } }],
    [{ words: { sums: 'education' } }, { words: { sums: null } }],
  ];
  for (const [before, patch] of closing) {
    assert.equal(whyOpens({ ...BASE, ...before }, patch, facts), null, JSON.stringify(patch));
  }
  assert.ok(whyOpens({ ...BASE, enabled: false }, { enabled: true }, { ...facts, canOpen: true }));
  const spoken = new Set([...opening, ...closing].flatMap(([, patch]) => Object.keys(patch)));
  assert.deepEqual([...spoken].sort(), Object.keys(OPENS).sort(), 'a new thing to change must say whether it opens');
});

test('FIL-04 for every change of a source, going there and back again opens on at least one of the two ways, or on none', () => {
  const state = fc.record({
    enabled: fc.boolean(),
    every_hours: fc.integer({ min: 1, max: 168 }),
    max_age_hours: fc.integer({ min: 1, max: 720 }),
    trust: fc.integer({ min: 10, max: 100 }),
    least_kept: fc.integer({ min: 1, max: 99 }),
    most_growth: fc.integer({ min: 2, max: 1000 }),
    words: fc.dictionary(fc.constantFrom('games', 'sums'), fc.constantFrom('games', 'education', null)),
  });
  fc.assert(
    fc.property(state, state, (a, b) => {
      const [from, to] = [
        { ...BASE, ...a },
        { ...BASE, ...b },
      ];
      const ways = [whyOpens(from, b, facts), whyOpens(to, a, facts)];
      const same = standsSo(from, b);
      const harmless = (w: string | null | undefined) => w !== 'games' && w !== 'education';
      const onlyHarmless =
        standsSo(from, { ...b, words: a.words }) &&
        ['games', 'sums'].every((w) => harmless(reads(w, a.words).category) && harmless(reads(w, b.words).category));
      assert.equal(
        ways.some((w) => w !== null),
        !same && !onlyHarmless && !sameReading(a.words, b.words, from, b),
      );
    }),
  );
});
/** Words may be written differently and read alike. */
const sameReading = (
  a: Readonly<Record<string, string | null>>,
  b: Readonly<Record<string, string | null>>,
  from: SourceState,
  to: Partial<SourceState>,
) =>
  standsSo(from, { ...to, words: a }) && ['games', 'sums'].every((w) => reads(w, a).category === reads(w, b).category);

test('FIL-04 by both shipped policies good words open, and what the policy closes for everybody only closes', () => {
  for (const id of ['secondary-school', 'tuition-centre'] as const) {
    const policy = compilePolicy(shippedPolicy(id), taxonomy().categories, bareSchool('Europe/London'));
    const effect = (category: string) => {
      const known = taxonomy().byId.get(category);
      assert.ok(known);
      return effectOf(policy, known);
    };
    for (const good of ['education', 'health', 'schools', 'government']) assert.equal(effect(good).opens, true, good);
    for (const bad of ['pornography', 'child-abuse', 'phishing', 'gambling', 'terrorism']) {
      assert.deepEqual(effect(bad), { closes: true, opens: false }, `${bad} in ${id}`);
    }
  }
});
