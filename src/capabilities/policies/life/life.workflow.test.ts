import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Draft } from './drafts.store.ts';
import {
  GUARDS,
  type LifeAction,
  type LifeActor,
  type LifeFacts,
  lifeWorkflow,
  NOTHING,
  walkedBy,
} from './life.workflow.ts';
import { startOfDay, stateOf } from './version.state.ts';

const STATES = [
  'new',
  'draft',
  'consulting',
  'consulted',
  'approved',
  'in-force',
  'review-due',
  'superseded',
  'withdrawn',
] as const;
const ACTIONS: readonly LifeAction[] = [
  'start',
  'edit',
  'consult',
  'sign',
  'return',
  'approve',
  'withdraw',
  'take-force',
  'fall-due',
  'give-way',
];
const ACTORS: readonly LifeActor[] = ['editor', 'reviewer', 'approver', 'clock'];

/** Facts under which every guard holds but those that ask for the opposite. */
const fine = (more: Partial<LifeFacts> = {}): LifeFacts => ({
  ...NOTHING,
  now: 1000,
  authors: ['author'],
  person: 'somebody',
  duties: ['dsl'],
  signAs: 'dsl',
  reason: 'The section on phones is not ready.',
  minute: 'Governing body 2 November 2026, item 7',
  effective: 2000,
  dates: { from: 0, reviewFrom: 0, supersededFrom: 0 },
  ...more,
});
/** Signing and the rest want different drafts: one that this role has still to sign, one that everybody signed. */
const factsFor = (action: LifeAction, more: Partial<LifeFacts> = {}): LifeFacts =>
  fine(action === 'sign' ? { unsigned: ['dsl'], ...more } : more);

/** What each actor may do where, written out once more by hand: this is what the school is promised. */
type Promised = Partial<Record<(typeof STATES)[number], readonly LifeAction[]>>;
const promised: Record<LifeActor, Promised> = {
  editor: {
    new: ['start'],
    draft: ['edit', 'consult', 'withdraw'],
    consulting: ['return', 'withdraw'],
    consulted: ['return', 'withdraw'],
  },
  reviewer: { consulting: ['sign', 'return'], consulted: ['return'] },
  approver: { consulted: ['return', 'approve'], approved: ['withdraw'] },
  clock: { approved: ['take-force'], 'in-force': ['give-way', 'fall-due'], 'review-due': ['give-way'] },
};

test('GOV-05 GOV-33 the table lets each actor do in each state exactly what is written here, and nothing else', () => {
  let cells = 0;
  for (const actor of ACTORS) {
    for (const state of STATES) {
      const mine = promised[actor][state] ?? [];
      assert.deepEqual([...lifeWorkflow.offered(state, [actor])].sort(), [...mine].sort(), `${actor} in ${state}`);
      for (const action of ACTIONS) {
        const verdict = lifeWorkflow.judge(state, action, [actor], factsFor(action));
        assert.equal(verdict.ok, mine.includes(action), `${actor}: ${action} in ${state}`);
        if (!verdict.ok) assert.match(verdict.code, /^not-(listed|yours)$/);
        cells++;
      }
    }
  }
  assert.equal(cells, ACTORS.length * STATES.length * ACTIONS.length);
  assert.deepEqual([...lifeWorkflow.actions].sort(), [...ACTIONS].sort());
});

test('somebody who is nothing to a draft may do nothing in any state', () => {
  for (const state of STATES) {
    assert.deepEqual(lifeWorkflow.offered(state, []), []);
    for (const action of ACTIONS) assert.equal(lifeWorkflow.judge(state, action, [], factsFor(action)).ok, false);
  }
});

const to = (from: Draft['state'], action: LifeAction, actor: LifeActor, more: Partial<LifeFacts> = {}) => {
  const v = lifeWorkflow.judge(from, action, [actor], factsFor(action, more));
  return v.ok ? v.to : v.guard;
};
const approval = (more: Partial<LifeFacts>) => to('consulted', 'approve', 'approver', more);

test('GOV-08 a draft is consulted upon until the last of its reviewers has signed, and only then may be approved', () => {
  assert.equal(to('draft', 'consult', 'editor', { unsigned: ['dsl', 'ict-manager'] }), 'consulting');
  assert.equal(to('draft', 'consult', 'editor', { unsigned: [] }), 'consulted');
  assert.equal(to('consulting', 'sign', 'reviewer', { unsigned: ['dsl', 'ict-manager'] }), 'consulting');
  assert.equal(to('consulting', 'sign', 'reviewer', { unsigned: ['dsl'] }), 'consulted');
  assert.equal(approval({ unsigned: ['ict-manager'] }), 'signed');
});

test('GOV-08 nobody signs for a role they do not hold, that does not sign, or that signed already', () => {
  for (const signAs of [undefined, 'ict-manager', 'head']) {
    assert.equal(to('consulting', 'sign', 'reviewer', { signAs, unsigned: ['dsl', 'ict-manager'] }), 'maySign');
  }
  assert.equal(to('consulting', 'sign', 'reviewer', { unsigned: ['ict-manager'] }), 'maySign');
});

test('ROL-20 GOV-33 nobody approves what they wrote in or signed', () => {
  assert.equal(approval({}), 'approved');
  assert.equal(approval({ authors: ['author', 'somebody'] }), 'secondPerson');
  assert.equal(approval({ signers: ['somebody'] }), 'secondPerson');
});

test('GOV-04 an incomplete cover goes neither to reviewers nor into force, and what is missing is named', () => {
  const missing = ['the author', 'the next review'];
  assert.equal(to('draft', 'consult', 'editor', { missing, unsigned: ['dsl'] }), 'cover');
  assert.equal(approval({ missing }), 'cover');
  assert.match(GUARDS.cover.check(fine({ missing })) ?? '', /Still missing: the author, the next review\./);
});

test('GOV-05 no approval without its minute', () => {
  assert.equal(approval({ minute: '' }), 'minute');
  assert.equal(approval({ minute: '    7   ' }), 'minute');
});

test('RSK-07 no approval without a risk assessment in date where the policy rests on one', () => {
  assert.equal(approval({ riskAssessment: 'missing' }), 'riskAssessment');
  assert.equal(approval({ riskAssessment: 'out-of-date' }), 'riskAssessment');
  assert.equal(approval({ riskAssessment: 'in-date' }), 'approved');
});

test('ROL-19 a policy whose nominated person nobody is does not come into force', () => {
  assert.equal(approval({ vacant: 'Nobody is named yet.' }), 'rolesHeld');
});

test('a document that nobody could keep, a day that is over and a day before another version are refused', () => {
  assert.equal(approval({ unsound: 'Clause 4 is gone.' }), 'sound');
  assert.equal(to('draft', 'consult', 'editor', { unsound: 'Clause 4 is gone.', unsigned: ['dsl'] }), 'sound');
  assert.equal(approval({ effective: 'This day is over.' }), 'effective');
  assert.equal(approval({ newestFrom: 2001 }), 'inOrder');
  assert.equal(approval({ newestFrom: 2000 }), 'approved');
  assert.equal(approval({ reviewFault: 'Too late.' }), 'reviewAhead');
});

test('whoever sends a draft back or withdraws it says why', () => {
  for (const action of ['return', 'withdraw'] as const) {
    assert.equal(to('consulted', action, 'editor', { reason: 'no' }), 'reasoned');
  }
  assert.equal(to('approved', 'withdraw', 'approver', { reason: ' ' }), 'reasoned');
});

test('every guard of the table is one of those tested here', () => {
  const used = new Set(lifeWorkflow.rows.flatMap((r) => r.guards.map((g) => g.name)));
  assert.deepEqual([...used].sort(), Object.keys(GUARDS).sort());
});

const LONDON = 'Europe/London';
const at = (iso: string) => Date.parse(iso);
const version = (
  number: number,
  from: string,
  more: { nextReview?: string; periodEnds?: string; withdrawn?: object } = {},
) => ({
  number,
  from: new Date(from),
  nextReview: more.nextReview ?? null,
  periodEnds: more.periodEnds ?? null,
  withdrawn: more.withdrawn ?? null,
});

test('GOV-02 GOV-04 a version waits, holds, falls due and gives way at the exact moments of the school’s clock', () => {
  const first = version(1, '2026-09-01T00:00:00+01:00', { nextReview: '2027-06-01' });
  const next = version(2, '2027-09-01T00:00:00+01:00');
  const all = [first, next];
  const state = (v: typeof first, iso: string) => stateOf(v, all, at(iso), LONDON);
  assert.equal(state(first, '2026-08-31T23:59:59.999+01:00'), 'approved');
  assert.equal(state(first, '2026-09-01T00:00:00+01:00'), 'in-force');
  assert.equal(state(first, '2027-05-31T23:59:59.999+01:00'), 'in-force');
  assert.equal(state(first, '2027-06-01T00:00:00+01:00'), 'review-due');
  assert.equal(state(next, '2027-08-31T23:59:59.999+01:00'), 'approved');
  assert.equal(state(first, '2027-09-01T00:00:00+01:00'), 'superseded');
  assert.equal(state(next, '2027-09-01T00:00:00+01:00'), 'in-force');
});

test('GOV-02 a policy whose period is over is due for review, whatever its cover says of the next one', () => {
  const old = version(1, '2024-09-01T00:00:00Z', { nextReview: '2027-09-01', periodEnds: '2026-08-31' });
  assert.equal(stateOf(old, [old], at('2026-08-31T22:59:00Z'), LONDON), 'in-force');
  assert.equal(stateOf(old, [old], at('2026-08-31T23:00:00Z'), LONDON), 'review-due');
});

test('a version that was called off takes nobody’s place', () => {
  const first = version(1, '2026-09-01T00:00:00Z');
  const off = version(2, '2026-10-01T00:00:00Z', { withdrawn: {} });
  assert.equal(stateOf(first, [first, off], at('2026-11-01T00:00:00Z'), LONDON), 'in-force');
  assert.equal(stateOf(off, [first, off], at('2026-11-01T00:00:00Z'), LONDON), 'withdrawn');
});

test('a day begins by the school’s clock, also when the clocks change in the night', () => {
  assert.equal(startOfDay(LONDON, '2027-03-28'), at('2027-03-28T00:00:00Z'));
  assert.equal(startOfDay(LONDON, '2027-03-29'), at('2027-03-28T23:00:00Z'));
});

test('the clock stops where the dates end', () => {
  const never = Number.POSITIVE_INFINITY;
  assert.equal(walkedBy({ from: never, reviewFrom: 0, supersededFrom: 0 }, 1), 'approved');
  assert.equal(walkedBy({ from: 0, reviewFrom: never, supersededFrom: never }, 1), 'in-force');
});
