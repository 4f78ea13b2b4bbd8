import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTION_KINDS, MARK_TASKS } from './actions.ts';
import { EVENT_WORDS, TASK_FORMS, TASK_WORDS } from './task.words.ts';
import { TASK_ACTIONS, TASK_STATES, type TaskActor, type TaskFacts, taskWorkflow } from './task.workflow.ts';

const ACTORS: readonly TaskActor[] = ['doer', 'handler', 'program'];

/** What is promised, written out once more by hand. */
const PROMISED: Readonly<Record<(typeof TASK_STATES)[number], Readonly<Record<TaskActor, string>>>> = {
  given: { doer: 'accept return', handler: 'hand-on cancel', program: 'pause read overturn' },
  accepted: { doer: 'finish return', handler: 'hand-on cancel', program: 'pause read overturn' },
  returned: { doer: '', handler: 'hand-on cancel', program: 'pause read overturn' },
  paused: { doer: '', handler: 'cancel', program: 'resume start end read overturn' },
  running: { doer: '', handler: 'cancel', program: 'pause end overturn' },
  finished: { doer: '', handler: '', program: '' },
  cancelled: { doer: '', handler: '', program: '' },
};
const words = (text: string) => text.split(' ').filter(Boolean).sort();

const facts = (more: Partial<TaskFacts> = {}): TaskFacts => ({
  kind: 'refer-tutor',
  frozen: false,
  policeTold: false,
  parentsSettled: false,
  needs: null,
  text: 'Talked with them about it.',
  next: 'somebody',
  parts: ['doer'],
  ...more,
});

test('SAN-25 the table of a task lets each do in each state exactly what is written here', () => {
  for (const state of TASK_STATES)
    for (const actor of ACTORS)
      assert.deepEqual(
        taskWorkflow.offered(state, [actor]).sort(),
        words(PROMISED[state][actor]),
        `${actor} in ${state}`,
      );
  assert.deepEqual(taskWorkflow.offered('new', ['program']).sort(), ['give', 'start']);
  assert.deepEqual(taskWorkflow.offered('new', ['doer', 'handler']), []);
});

test('SAN-25 whatever is not in the table is refused to everybody', () => {
  let refusals = 0;
  for (const state of TASK_STATES)
    for (const actor of ACTORS)
      for (const action of TASK_ACTIONS.filter((a) => !words(PROMISED[state][actor]).includes(a))) {
        assert.equal(
          taskWorkflow.judge(state, action, [actor], facts({ parts: [actor] })).ok,
          false,
          `${actor} ${action} in ${state}`,
        );
        refusals++;
      }
  assert.ok(refusals > 180, String(refusals));
});

const refusedBy = (
  state: (typeof TASK_STATES)[number],
  action: (typeof TASK_ACTIONS)[number],
  parts: TaskActor[],
  more: Partial<TaskFacts>,
) => {
  const verdict = taskWorkflow.judge(state, action, parts, facts({ parts, ...more }));
  return verdict.ok ? null : verdict.guard;
};

test('SAN-28 SAN-30 telling the police or parents is done only once the case has it on record', () => {
  assert.equal(refusedBy('accepted', 'finish', ['doer'], { needs: 'police' }), 'settled');
  assert.equal(refusedBy('accepted', 'finish', ['doer'], { needs: 'police', policeTold: true }), null);
  assert.equal(refusedBy('accepted', 'finish', ['doer'], { needs: 'parents', policeTold: true }), 'settled');
  assert.equal(refusedBy('accepted', 'finish', ['doer'], { needs: 'parents', parentsSettled: true }), null);
});

test('SAN-27 what was given to the head is passed on by the head alone, with a reason', () => {
  const head = { kind: 'refer-head' };
  assert.equal(refusedBy('given', 'hand-on', ['handler'], head), 'keptByHead');
  assert.equal(refusedBy('given', 'hand-on', ['handler', 'doer'], { ...head, text: '' }), 'reasoned');
  assert.equal(refusedBy('given', 'hand-on', ['handler', 'doer'], head), null);
  assert.equal(refusedBy('given', 'hand-on', ['handler'], {}), null, 'other tasks whoever handles the case passes on');
  assert.equal(refusedBy('given', 'hand-on', ['handler'], { next: null }), 'fitNext');
});

test('while the police have the case nothing of it is accepted or finished', () => {
  assert.equal(refusedBy('given', 'accept', ['doer'], { frozen: true }), 'notFrozen');
  assert.equal(refusedBy('accepted', 'finish', ['doer'], { frozen: true }), 'notFrozen');
});

test('a reason stands with every cancelling and giving back, and words with every end', () => {
  for (const [state, action, actor] of [
    ['given', 'cancel', 'handler'],
    ['running', 'cancel', 'handler'],
    ['given', 'return', 'doer'],
  ] as const)
    assert.equal(refusedBy(state, action, [actor], { text: 'no' }), 'reasoned');
  assert.equal(refusedBy('accepted', 'finish', ['doer'], { text: ' ' }), 'said');
});

test('every state and step has its words, every step of a person its form, every kind of task its text', () => {
  assert.deepEqual(Object.keys(TASK_WORDS).sort(), [...TASK_STATES].sort());
  assert.deepEqual(Object.keys(EVENT_WORDS).sort(), [...TASK_ACTIONS].sort());
  const people = TASK_STATES.flatMap((s) => taskWorkflow.offered(s, ['doer', 'handler']));
  assert.deepEqual([...new Set(people)].sort(), TASK_FORMS.map((f) => f.action).sort());
  for (const [id, kind] of Object.entries({ ...ACTION_KINDS, ...MARK_TASKS }))
    assert.ok(id === 'remove-access' || kind.text.includes('{'), id);
});
