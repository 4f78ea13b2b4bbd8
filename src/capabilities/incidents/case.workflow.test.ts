import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  type CaseAction,
  type CaseActor,
  type CaseFacts,
  type CaseState,
  caseWorkflow,
  GUARDS,
} from './case.workflow.ts';
import { WORKFLOWS_FILE, workflowsPage } from './write-workflows.ts';

const STATES = ['new', 'reported', 'triage', 'actions', 'closed'] as const;
const ACTIONS: readonly CaseAction[] = ['report', 'assign', 'involve', 'note', 'act', 'close', 'reopen'];
const ACTORS: readonly CaseActor[] = ['lead', 'deputy', 'head', 'assignee', 'reporter', 'ict-manager', 'told'];

/** Facts under which every guard holds for everyone. */
const fine = (more: Partial<CaseFacts> = {}): CaseFacts => ({
  by: 'actor',
  parts: [],
  urgency: 'soon',
  illegal: false,
  subjects: ['subject'],
  assignee: 'assignee',
  actionsTaken: 1,
  text: 'Spoke with her; her mother is coming in today.',
  outcome: 'supported',
  person: 'somebody',
  personIsStaff: true,
  ...more,
});

/** What each actor may do where, written out once more by hand: this is what the school is promised. */
const lead = {
  new: ['report'],
  reported: ['assign', 'involve', 'note'],
  triage: ['assign', 'involve', 'note', 'act', 'close'],
  actions: ['assign', 'involve', 'note', 'act', 'close'],
  closed: ['reopen'],
};
const promised: Record<CaseActor, Record<(typeof STATES)[number], readonly string[]>> = {
  lead,
  deputy: lead,
  head: lead,
  assignee: {
    new: [],
    reported: ['note'],
    triage: ['note', 'act', 'close'],
    actions: ['note', 'act', 'close'],
    closed: [],
  },
  reporter: { new: ['report'], reported: [], triage: [], actions: [], closed: [] },
  'ict-manager': { new: ['report'], reported: [], triage: [], actions: [], closed: [] },
  told: { new: ['report'], reported: [], triage: [], actions: [], closed: [] },
};

test('INC-23 the case table lets each actor do in each state exactly what is written here, and nothing else', () => {
  let cells = 0;
  for (const actor of ACTORS) {
    for (const state of STATES) {
      assert.deepEqual(
        [...caseWorkflow.offered(state, [actor])].sort(),
        [...promised[actor][state]].sort(),
        `${actor} in ${state}`,
      );
      for (const action of ACTIONS) {
        const verdict = caseWorkflow.judge(state, action, [actor], fine({ parts: [actor] }));
        const may = promised[actor][state].includes(action);
        assert.equal(verdict.ok, may, `${actor} may ${may ? '' : 'not '}${action} in ${state}`);
        if (!verdict.ok) assert.match(verdict.code, /^not-(listed|yours)$/);
        cells++;
      }
    }
  }
  assert.equal(cells, ACTORS.length * STATES.length * ACTIONS.length);
  assert.deepEqual([...caseWorkflow.actions].sort(), [...ACTIONS].sort());
});

test('INC-05 somebody who is nothing to a case may do nothing in any state', () => {
  for (const state of STATES) {
    assert.deepEqual(caseWorkflow.offered(state, []), []);
    for (const action of ACTIONS) assert.equal(caseWorkflow.judge(state, action, [], fine()).ok, false);
  }
});

test('every action leads where the table says', () => {
  const to = (from: CaseState | 'new', action: CaseAction) => {
    const v = caseWorkflow.judge(from, action, ['lead'], fine({ parts: ['lead'] }));
    return v.ok && v.to;
  };
  assert.equal(to('new', 'report'), 'reported');
  assert.equal(to('reported', 'assign'), 'triage');
  assert.equal(to('triage', 'act'), 'actions');
  assert.equal(to('actions', 'act'), 'actions');
  assert.equal(to('triage', 'close'), 'closed');
  assert.equal(to('actions', 'close'), 'closed');
  assert.equal(to('closed', 'reopen'), 'triage');
  assert.equal(to('actions', 'assign'), 'actions');
});

const refused = (from: CaseState | 'new', action: CaseAction, actor: CaseActor, more: Partial<CaseFacts>) => {
  const v = caseWorkflow.judge(from, action, [actor], fine({ parts: [actor], ...more }));
  return v.ok ? null : v.guard;
};

test('INC-23 a case is not closed without an outcome', () => {
  assert.equal(refused('actions', 'close', 'lead', { outcome: undefined }), 'outcome');
  assert.equal(refused('actions', 'close', 'lead', { outcome: 'something else' }), 'outcome');
  assert.equal(refused('actions', 'close', 'lead', { outcome: 'toString' }), 'outcome');
  assert.equal(refused('actions', 'close', 'lead', {}), null);
});

test('a case closes without an action only when the safeguarding lead says why', () => {
  const none = { actionsTaken: 0 };
  const nothing = { ...none, outcome: 'no-further-action' };
  assert.equal(refused('triage', 'close', 'lead', none), 'answered');
  assert.equal(refused('triage', 'close', 'lead', { ...nothing, text: 'Too short a reason' }), 'answered');
  assert.equal(refused('triage', 'close', 'deputy', nothing), 'answered');
  assert.equal(refused('triage', 'close', 'assignee', nothing), 'answered');
  assert.equal(refused('triage', 'close', 'lead', nothing), null);
});

test('only the safeguarding lead closes a case that was urgent or about illegal content', () => {
  for (const grave of [{ urgency: 'urgent' as const }, { illegal: true }]) {
    for (const actor of ['deputy', 'head', 'assignee'] as const) {
      assert.equal(refused('actions', 'close', actor, grave), 'gravestByLead', actor);
    }
    assert.equal(refused('actions', 'close', 'lead', grave), null);
  }
});

test('INC-05 a case is given only to a member of staff whom it is not about', () => {
  assert.equal(refused('reported', 'assign', 'lead', { person: undefined }), 'fitToHandle');
  assert.equal(refused('reported', 'assign', 'lead', { personIsStaff: false }), 'fitToHandle');
  assert.equal(refused('reported', 'assign', 'lead', { person: 'subject' }), 'fitToHandle');
  assert.equal(refused('reported', 'assign', 'lead', { person: 'somebody' }), null);
});

test('INC-05 nobody names themselves, the one who has the case, or somebody named already', () => {
  for (const person of ['actor', 'assignee', 'subject', undefined]) {
    assert.equal(refused('triage', 'involve', 'head', { person }), 'newSubject', String(person));
  }
  assert.equal(refused('triage', 'involve', 'head', { person: 'somebody' }), null);
});

test('a case is acted in and closed only while somebody has it; notes, actions and reasons are not empty', () => {
  assert.equal(refused('triage', 'act', 'lead', { assignee: null }), 'assigned');
  assert.equal(refused('actions', 'close', 'lead', { assignee: null }), 'assigned');
  assert.equal(refused('triage', 'act', 'lead', { text: '  ' }), 'said');
  assert.equal(refused('triage', 'note', 'assignee', { text: 'a' }), 'said');
  assert.equal(refused('new', 'report', 'reporter', { text: '' }), 'said');
  assert.equal(refused('closed', 'reopen', 'head', { text: 'new' }), 'reasoned');
});

test('every guard of the table is one of those tested here', () => {
  const used = new Set(caseWorkflow.rows.flatMap((r) => r.guards.map((g) => g.name)));
  assert.deepEqual([...used].sort(), Object.keys(GUARDS).sort());
});

test('docs/workflows.md shows the table as it is', () => {
  assert.equal(readFileSync(WORKFLOWS_FILE, 'utf8'), workflowsPage());
});
