import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GUARDS,
  type PrivateTargetAction,
  type PrivateTargetActor,
  type PrivateTargetFacts,
  privateTargetWorkflow,
} from './private.workflow.ts';

type From = Parameters<typeof privateTargetWorkflow.judge>[0];
const STATES: readonly From[] = ['new', 'proposed', 'agreed', 'refused', 'withdrawn'];
const ACTIONS: readonly PrivateTargetAction[] = ['propose', 'agree', 'refuse', 'withdraw'];
const ACTORS: readonly PrivateTargetActor[] = ['administrator', 'decider', 'requester'];

const facts = (more: Partial<PrivateTargetFacts> = {}): PrivateTargetFacts => ({
  person: 'second',
  requester: 'first',
  reason: 'The library’s server stands there.',
  waiting: false,
  open: 1,
  ...more,
});

/** What each part may do where, written out once more by hand: this is what the school is promised. */
const promised: Record<PrivateTargetActor, Partial<Record<From, readonly PrivateTargetAction[]>>> = {
  administrator: { new: ['propose'] },
  decider: { proposed: ['agree', 'refuse'] },
  requester: { proposed: ['withdraw'] },
};

test('FIL-04 each part may do in each state of an opening of private addresses exactly what is written here, and nothing else', () => {
  let cells = 0;
  for (const actor of ACTORS) {
    for (const state of STATES) {
      const mine = promised[actor][state] ?? [];
      assert.deepEqual(
        [...privateTargetWorkflow.offered(state, [actor])].sort(),
        [...mine].sort(),
        `${actor} in ${state}`,
      );
      for (const action of ACTIONS) {
        const verdict = privateTargetWorkflow.judge(state, action, [actor], facts());
        assert.equal(verdict.ok, mine.includes(action), `${actor}: ${action} in ${state}`);
        if (!verdict.ok) assert.match(verdict.code, /^not-(listed|yours)$/, `${actor}: ${action} in ${state}`);
        cells++;
      }
    }
  }
  assert.equal(cells, ACTORS.length * STATES.length * ACTIONS.length);
  assert.deepEqual([...privateTargetWorkflow.actions].sort(), [...ACTIONS].sort());
  assert.deepEqual(['new', ...privateTargetWorkflow.states].sort(), [...STATES].sort());
  for (const state of STATES) assert.deepEqual(privateTargetWorkflow.offered(state, []), [], `nobody in ${state}`);
});

const outcome = (from: From, action: PrivateTargetAction, more: Partial<PrivateTargetFacts>) => {
  const v = privateTargetWorkflow.judge(from, action, ACTORS, facts(more));
  return v.ok ? v.to : v.guard;
};

test('FIL-04 nobody agrees to or refuses an opening that they asked for, be they all three parts at once', () => {
  for (const action of ['agree', 'refuse'] as const) {
    assert.equal(outcome('proposed', action, { person: 'first' }), 'secondPerson', action);
    assert.notEqual(outcome('proposed', action, {}), 'secondPerson', action);
  }
});

test('FCR-02 an opening of private addresses says why, and so does whoever refuses one', () => {
  assert.equal(outcome('new', 'propose', { reason: ' because ' }), 'reasoned');
  assert.equal(outcome('proposed', 'refuse', { reason: 'no' }), 'reasoned');
  assert.equal(outcome('proposed', 'agree', { reason: '' }), 'agreed');
  assert.equal(outcome('proposed', 'withdraw', { reason: '' }), 'withdrawn');
});

test('one opening waits at a time, and no more is open than a person can look over', () => {
  assert.equal(outcome('new', 'propose', { waiting: true }), 'alone');
  assert.equal(outcome('new', 'propose', { open: 51 }), 'fits');
  assert.equal(outcome('proposed', 'agree', { open: 51 }), 'fits');
  assert.equal(outcome('new', 'propose', { open: 50 }), 'proposed');
});

test('every guard of the table of openings is one of those of its file', () => {
  const used = new Set(privateTargetWorkflow.rows.flatMap((r) => r.guards.map((g) => g.name)));
  assert.deepEqual([...used].sort(), Object.keys(GUARDS).sort());
});
