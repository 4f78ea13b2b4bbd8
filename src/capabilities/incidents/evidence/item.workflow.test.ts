import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GUARDS,
  type ItemAction,
  type ItemActor,
  type ItemFacts,
  type ItemState,
  itemWorkflow,
} from './item.workflow.ts';

const STATES = ['new', 'held', 'on-hold', 'sealed', 'disposed', 'destroyed'] as const;
const ACTIONS: readonly ItemAction[] = [
  'take',
  'open',
  'export',
  'custody',
  'sign',
  'hold',
  'release',
  'seal',
  'hand-over',
  'dispose',
  'destroy',
];
const fine: ItemFacts = {
  kind: 'file',
  reason: 'Needed for the meeting',
  infected: false,
  holdsLeft: 0,
  due: true,
  agreed: true,
};

/** What the school is promised, written out once more by hand. */
const promised: Record<ItemActor, Record<(typeof STATES)[number], readonly ItemAction[]>> = {
  team: {
    new: ['take'],
    held: ['open', 'export', 'custody', 'sign', 'hold', 'dispose'],
    'on-hold': ['open', 'export', 'custody', 'sign', 'hold', 'release'],
    sealed: ['hand-over', 'destroy'],
    disposed: [],
    destroyed: [],
  },
  system: { new: [], held: ['seal'], 'on-hold': ['seal'], sealed: [], disposed: [], destroyed: [] },
};

test('EVI-07 EVI-09 EVI-10 in each state exactly these actions are possible, and nothing leads out of sealed but destruction', () => {
  for (const actor of ['team', 'system'] as const) {
    for (const state of STATES) {
      assert.deepEqual(
        itemWorkflow.offered(state, [actor]).sort(),
        [...promised[actor][state]].sort(),
        `${actor} in ${state}`,
      );
      for (const action of ACTIONS) {
        const verdict = itemWorkflow.judge(state, action, [actor], fine);
        assert.equal(verdict.ok, promised[actor][state].includes(action), `${actor}, ${action} in ${state}`);
      }
      assert.deepEqual(itemWorkflow.offered(state, []), []);
    }
  }
  assert.deepEqual([...itemWorkflow.actions].sort(), [...ACTIONS].sort());
});

const refused = (from: ItemState, action: ItemAction, more: Partial<ItemFacts>, actor: ItemActor = 'team') => {
  const verdict = itemWorkflow.judge(from, action, [actor], { ...fine, ...more });
  return verdict.ok ? verdict.to : verdict.guard;
};

test('EVI-09 a file is opened only with a reason, and never when the scanner found something', () => {
  assert.equal(refused('held', 'open', { reason: 'because' }), 'reasoned');
  assert.equal(refused('held', 'open', { reason: '              ' }), 'reasoned');
  assert.equal(refused('on-hold', 'open', { infected: true }), 'notInfected');
  assert.equal(refused('held', 'open', { kind: 'device' }), 'isFile');
  assert.equal(refused('held', 'export', { infected: true }), 'held');
});

test('EVI-10 disposal takes the end of retention and two people; holds win', () => {
  assert.equal(refused('held', 'dispose', {}), 'disposed');
  assert.equal(refused('held', 'dispose', { due: false }), 'due');
  assert.equal(refused('held', 'dispose', { agreed: false }), 'twoPeople');
  assert.equal(itemWorkflow.judge('on-hold', 'dispose', ['team'], fine).ok, false);
  assert.equal(refused('on-hold', 'release', { holdsLeft: 1 }), 'on-hold');
  assert.equal(refused('on-hold', 'release', { holdsLeft: 0 }), 'held');
});

test('EVI-07 what is sealed is destroyed or handed over only when two people have recorded the instruction', () => {
  assert.equal(refused('sealed', 'destroy', { agreed: false }), 'twoPeople');
  assert.equal(refused('sealed', 'hand-over', { agreed: false }), 'twoPeople');
  assert.equal(refused('sealed', 'destroy', {}), 'destroyed');
});

test('every guard of the table is a named one, and every one is used', () => {
  const used = new Set(itemWorkflow.rows.flatMap((r) => r.guards.map((g) => g.name)));
  assert.deepEqual([...used].sort(), Object.keys(GUARDS).sort());
});
