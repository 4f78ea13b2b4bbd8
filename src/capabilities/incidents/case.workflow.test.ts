import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { CaseActor, CaseFacts } from './case.facts.ts';
import { STEP_FORMS } from './case.forms.ts';
import { GUARDS } from './case.guards.ts';
import { type Story, storyOf } from './case.story.ts';
import { CASE_ACTIONS, CASE_STATES, type CaseAction, type CaseState, caseWorkflow } from './case.workflow.ts';
import { WORKFLOWS_FILE, workflowsPage } from './write-workflows.ts';

const ACTORS: readonly CaseActor[] = [
  'lead',
  'deputy',
  'head',
  'manager',
  'senior',
  'member',
  'reporter',
  'ict-manager',
  'told',
];

/**
 * What is promised, written out once more by hand: for each state, what whoever leads may do; what whoever has the case or
 * is a senior of its team may do less; and what another member of the team may do.
 */
const words = (text: string) => text.trim().split(/\s+/).filter(Boolean);
const PROMISED: Readonly<Record<CaseState, { leading: string; handling?: string; member: string }>> = {
  reported: {
    leading: 'assign suspect involve touch conflict link note',
    member: 'suspect conflict note',
  },
  triage: {
    leading:
      'task assign release-device classify support refer-out contain isolate join suspect police-decision help inform record bullying-test contact involve touch conflict link note',
    member: 'isolate suspect help conflict note',
  },
  contain: {
    leading:
      'task assign release-device classify contain-item contain-done isolate not-needed form-team join suspect police-decision help inform record bullying-test contact involve touch conflict link note',
    member: 'contain-item contain-done isolate not-needed suspect help conflict note',
  },
  team: {
    leading:
      'task assign release-device classify contain-item contain-done isolate not-needed join leave designate examine skip-examination suspect police-decision help inform record bullying-test contact involve touch conflict link note',
    handling: 'attend',
    member: 'contain-item contain-done isolate not-needed suspect help conflict note',
  },
  examine: {
    leading:
      'task assign release-device classify contain-item contain-done isolate join finding renew-access finish suspect police-decision to-police help inform record bullying-test contact involve touch conflict link note',
    handling: 'attend',
    member: 'contain-item contain-done isolate finding suspect help conflict note',
  },
  halted: {
    leading:
      'assign release-device contain-item contain-done isolate join police-reference not-imagery police-decision act help inform record contact involve touch conflict link note',
    member: 'contain-item contain-done isolate police-reference help conflict note',
  },
  judge: {
    leading:
      'task assign release-device classify contain-item contain-done isolate join leave judge suspect police-decision to-police help inform record bullying-test contact involve touch conflict link note',
    handling: 'attend',
    member: 'contain-item contain-done isolate suspect help conflict note',
  },
  actions: {
    leading:
      'task assign release-device classify contain-item contain-done join leave sanction appeal-made appeal act resolve suspect police-decision to-police help inform record bullying-test contact involve touch conflict link note',
    member: 'contain-item contain-done suspect help conflict note',
  },
  'police-hold': {
    leading:
      'assign release-device contain-item contain-done join suspect police-release not-imagery police-decision appeal-made act help inform record contact involve touch conflict link note',
    member: 'contain-item contain-done suspect help conflict note',
  },
  resolved: {
    leading:
      'task assign release-device classify contain-done join more appeal-made appeal close lessons suspect police-decision help inform record bullying-test contact involve touch conflict link note',
    member: 'contain-done suspect help conflict note',
  },
  closed: { leading: 'reopen suspect lessons', member: 'suspect' },
  'referred-out': { leading: 'reopen suspect', member: 'suspect' },
};
/** Only those who lead name a manager, name whom a case is about, and open it again. */
const LEADING_ONLY = new Set(['assign', 'involve', 'reopen']);

function promised(actor: CaseActor, state: CaseState): string[] {
  const p = PROMISED[state];
  if (actor === 'lead' || actor === 'deputy' || actor === 'head') return words(p.leading);
  if (actor === 'manager' || actor === 'senior')
    return [...words(p.leading).filter((a) => !LEADING_ONLY.has(a)), ...words(p.handling ?? '')];
  return actor === 'member' ? words(p.member) : [];
}

test('INC-01 INC-03 the table of a case lets each actor do in each state exactly what is written here, and nothing else', () => {
  for (const state of CASE_STATES) {
    for (const actor of ACTORS) {
      assert.deepEqual(
        [...caseWorkflow.offered(state, [actor])].sort(),
        promised(actor, state).sort(),
        `${actor} in ${state}`,
      );
    }
  }
  for (const actor of ACTORS) {
    const may = actor !== 'manager' && actor !== 'senior' && actor !== 'member';
    assert.deepEqual(caseWorkflow.offered('new', [actor]), may ? ['report'] : [], actor);
  }
  assert.deepEqual([...caseWorkflow.actions].sort(), [...CASE_ACTIONS].sort());
  assert.deepEqual([...caseWorkflow.states].sort(), [...CASE_STATES].sort());
});

test('INC-03 whatever is not in the table is refused: every action in every state by everybody it is not promised to', () => {
  let refusals = 0;
  for (const state of CASE_STATES) {
    for (const actor of ACTORS) {
      const may = promised(actor, state);
      for (const action of CASE_ACTIONS.filter((a) => !may.includes(a))) {
        const verdict = caseWorkflow.judge(state, action, [actor], facts({ parts: [actor] }));
        assert.equal(verdict.ok, false, `${actor} ${action} in ${state}`);
        assert.match(verdict.ok ? '' : verdict.code, /^not-(listed|yours)$/);
        refusals++;
      }
    }
  }
  assert.ok(refusals > 3000, String(refusals));
});

test('INC-05 somebody who is nothing to a case may do nothing in any state', () => {
  for (const state of CASE_STATES) assert.deepEqual(caseWorkflow.offered(state, []), []);
});

test('every step has its form, and every form its step', () => {
  assert.deepEqual(STEP_FORMS.map((f) => f.action).sort(), CASE_ACTIONS.filter((a) => a !== 'report').sort());
});

const story = (more: Partial<Story> = {}): Story => ({ ...storyOf([]), ...more });
const conduct = { types: ['misuse'], culpability: 'deliberate', content: 'inappropriate', row: 'none' };

/** Facts under which a lead may do whatever the state allows. */
const facts = (more: Partial<CaseFacts> = {}): CaseFacts => ({
  now: 0,
  by: 'actor',
  parts: ['lead'],
  duties: ['dsl'],
  procedure: {
    lead: 'dsl',
    seniors: 1,
    designatedComputer: false,
    abuseImageFirst: 'dsl',
    closedBy: ['dsl'],
    externalRecord: null,
  },
  story: story({ acted: 1, classification: conduct, appealSettled: true }),
  urgency: 'soon',
  severity: 'routine',
  illegal: false,
  imagery: false,
  subjects: ['subject'],
  conflicted: ['friend'],
  team: [],
  manager: 'manager',
  managerLeads: true,
  seniors: ['actor'],
  pupils: false,
  affected: [],
  computer: null,
  fromComputer: null,
  standing: [],
  openTasks: 0,
  text: 'Spoke with her; her mother is coming in today.',
  outcome: 'supported',
  person: { id: 'somebody', staff: true, senior: true },
  detail: {},
  ...more,
});
const judged = (from: CaseState, action: CaseAction, more: Partial<CaseFacts> = {}) => {
  const f = facts(more);
  const v = caseWorkflow.judge(from, action, f.parts, f);
  return v.ok ? v.to : (v.guard ?? v.code);
};
const told = (detail: Record<string, unknown>) => ({ detail });

type Verdict = readonly [from: CaseState, action: CaseAction, more: Partial<CaseFacts>, expected: string];

/** The test that each of these steps ends where it is written to: in a state, or refused by a guard. */
const verdicts = (rows: readonly Verdict[]) => () => {
  for (const [from, action, more, expected] of rows)
    assert.equal(judged(from, action, more), expected, `${action} in ${from}: ${JSON.stringify(more)}`);
};

const POLICE_TYPES = [
  'grooming',
  'obscene-to-child',
  'obscene',
  'racist',
  'extremism',
  'other-crime',
  'violence',
  'sexual-deepfake',
];

/** The actor is signed in to the case; another senior said this already. */
function here(other?: string): { story: Story } {
  const voices = other ? new Map([['judge', new Map([['other', other]])]]) : new Map();
  return { story: story({ present: new Map([['actor', 0]]), voices, classification: conduct }) };
}

test(
  'INC-23 a case ends with an outcome, and without an action only where the lead says why',
  verdicts([
    ['actions', 'resolve', {}, 'resolved'],
    ['actions', 'resolve', { outcome: undefined }, 'outcome'],
    ['actions', 'resolve', { outcome: 'toString' }, 'outcome'],
    ['actions', 'resolve', { story: story() }, 'answered'],
    ['actions', 'resolve', { story: story(), outcome: 'no-further-action', text: 'Too short' }, 'answered'],
    ['actions', 'resolve', { story: story(), outcome: 'no-further-action', parts: ['manager'] }, 'answered'],
    ['actions', 'resolve', { story: story(), outcome: 'no-further-action', parts: ['head'] }, 'resolved'],
    ['actions', 'resolve', { story: story(), outcome: 'no-further-action' }, 'resolved'],
  ]),
);

test(
  'only the safeguarding lead ends a case that was urgent or about illegal content',
  verdicts([
    ['actions', 'resolve', { urgency: 'urgent', parts: ['head'] }, 'gravestByLead'],
    ['actions', 'resolve', { illegal: true, parts: ['manager'] }, 'gravestByLead'],
    ['actions', 'resolve', { urgency: 'urgent' }, 'resolved'],
  ]),
);

test(
  'INC-05 a case is given to, and joined by, only those who work here and from whom it is not kept',
  verdicts([
    ['reported', 'assign', { person: undefined }, 'fitToHandle'],
    ['reported', 'assign', { person: { id: 'pupil', staff: false, senior: false } }, 'fitToHandle'],
    ['reported', 'assign', { person: { id: 'subject', staff: true, senior: true } }, 'fitToHandle'],
    ['reported', 'assign', { person: { id: 'friend', staff: true, senior: true } }, 'fitToHandle'],
    ['reported', 'assign', {}, 'triage'],
    ['team', 'join', { person: { id: 'subject', staff: true, senior: true } }, 'fitToJoin'],
    ['team', 'join', { person: { id: 'friend', staff: true, senior: true } }, 'fitToJoin'],
    ['team', 'join', { team: ['somebody'] }, 'fitToJoin'],
    ['team', 'join', {}, 'team'],
    ['triage', 'involve', { person: { id: 'actor', staff: true, senior: true } }, 'newSubject'],
    ['triage', 'involve', { person: { id: 'manager', staff: true, senior: true } }, 'newSubject'],
    ['triage', 'involve', { person: { id: 'subject', staff: true, senior: true } }, 'newSubject'],
    ['triage', 'involve', {}, 'triage'],
  ]),
);

test(
  'INC-02 INC-25 nothing goes on from triage before it has somebody by right and a classification',
  verdicts([
    ['triage', 'contain', { manager: null }, 'assigned'],
    ['triage', 'contain', { managerLeads: false }, 'ledByRight'],
    ['triage', 'contain', { story: story() }, 'classified'],
    ['triage', 'contain', {}, 'contain'],
    ['triage', 'support', {}, 'wellbeingOnly'],
    ['triage', 'support', { story: story(), illegal: true }, 'wellbeingOnly'],
    ['triage', 'support', { story: story() }, 'actions'],
    ['triage', 'classify', told({ types: [] }), 'whole'],
    ['triage', 'classify', { ...told({ types: ['other-crime'] }), text: 'short' }, 'whole'],
    ['triage', 'classify', told({ types: ['other-crime'] }), 'triage'],
  ]),
);

test(
  'INC-03 INC-19 EVI-06 no step is left out in silence: isolation and containment come first, or two people say why not',
  verdicts([
    ['contain', 'form-team', {}, 'isolated'],
    ['contain', 'form-team', { story: story({ isolated: true }) }, 'containmentBegun'],
    ['contain', 'form-team', { story: story({ notNeeded: new Set(['isolation', 'containment']) }) }, 'team'],
    ['contain', 'not-needed', { text: '' }, 'reasoned'],
    ['team', 'skip-examination', {}, 'examinationNotNeeded'],
    ['team', 'skip-examination', { story: story({ notNeeded: new Set(['examination']) }) }, 'conductKnown'],
  ]),
);

test(
  'INC-04 INC-06 no examination without the seniors it takes, nor away from the one computer',
  verdicts([
    ['team', 'examine', {}, 'enoughSeniors'],
    ['team', 'examine', { story: story({ present: new Map([['actor', -61 * 60_000]]) }) }, 'enoughSeniors'],
    ['team', 'examine', { story: story({ present: new Map([['actor', 0]]) }) }, 'examine'],
    ['team', 'examine', { story: story({ present: new Map([['actor', 0]]) }), computer: 'one' }, 'onTheComputer'],
    [
      'team',
      'examine',
      { story: story({ present: new Map([['actor', 0]]) }), computer: 'one', fromComputer: 'other' },
      'onTheComputer',
    ],
    [
      'team',
      'examine',
      { story: story({ present: new Map([['actor', 0]]) }), computer: 'one', fromComputer: 'one' },
      'examine',
    ],
    ['team', 'designate', { ...told({ computer: 'two' }), computer: 'one' }, 'computerChosen'],
    ['examine', 'finding', { ...told({ url: 'x.example' }), computer: 'one', fromComputer: null }, 'onTheComputer'],
  ]),
);

test(
  'INC-08 an address or the reason why there is none, with a description, before judgement',
  verdicts([
    ['examine', 'finding', told({}), 'address'],
    ['examine', 'finding', { ...told({ url: 'x.example' }), text: '' }, 'said'],
    ['examine', 'finding', told({ noUrl: 'It was shown on a phone.' }), 'examine'],
    ['examine', 'finish', {}, 'found'],
    ['examine', 'finish', { story: story({ findings: 1 }) }, 'conductKnown'],
    ['examine', 'finish', { story: story({ findings: 1, classification: conduct }) }, 'judge'],
    [
      'examine',
      'finish',
      { story: story({ findings: 1, classification: { ...conduct, culpability: 'unknown' } }) },
      'conductKnown',
    ],
  ]),
);

test(
  'INC-09 the seniors judge each alone; the case moves once all say the same',
  verdicts([
    ['judge', 'judge', told({ verdict: 'substance' }), 'present'],
    ['judge', 'judge', { ...told({ verdict: 'maybe' }) }, 'verdict'],
    ['judge', 'judge', { ...told({ verdict: 'substance' }), ...here() }, 'actions'],
    ['judge', 'judge', { ...told({ verdict: 'no-substance' }), ...here() }, 'closed'],
    ['judge', 'judge', { ...told({ verdict: 'no-substance' }), ...here(), managerLeads: false }, 'judge'],
    ['judge', 'judge', { ...told({ verdict: 'substance' }), ...here(), seniors: ['actor', 'other'] }, 'judge'],
    [
      'judge',
      'judge',
      { ...told({ verdict: 'substance' }), ...here('substance'), seniors: ['actor', 'other'] },
      'actions',
    ],
    [
      'judge',
      'judge',
      { ...told({ verdict: 'no-substance' }), ...here('substance'), seniors: ['actor', 'other'] },
      'judge',
    ],
  ]),
);

test(
  'INC-13 INC-14 INC-15 INC-16 INC-17 INC-18 INC-31 whether the police are told is decided by two people before a case ends',
  verdicts([
    ['actions', 'police-decision', told({}), 'policeChoice'],
    ['actions', 'police-decision', told({ decision: 'reported' }), 'policeChoice'],
    ['actions', 'police-decision', { ...told({ decision: 'not-reported' }), text: 'No.' }, 'policeChoice'],
    ['actions', 'police-decision', told({ decision: 'reported', force: 'Example', reference: '7' }), 'actions'],
    ...POLICE_TYPES.flatMap((type): Verdict[] => {
      const about = { ...conduct, types: [type] };
      const none = { ...here(), ...told({ verdict: 'no-substance' }) };
      return [
        ['actions', 'resolve', { story: story({ acted: 1, classification: about }) }, 'policeSettled'],
        ['judge', 'judge', { ...none, story: { ...none.story, classification: about } }, 'judge'],
        ['judge', 'judge', { ...none, story: { ...none.story, classification: about, police: 'reported' } }, 'closed'],
      ];
    }),
    [
      'actions',
      'resolve',
      { story: story({ acted: 1, classification: { ...conduct, content: 'illegal' } }) },
      'policeSettled',
    ],
    ['actions', 'resolve', { severity: 'serious' }, 'policeSettled'],
    ['actions', 'resolve', { imagery: true }, 'policeSettled'],
    [
      'actions',
      'resolve',
      { severity: 'serious', story: story({ acted: 1, classification: conduct, police: 'not-reported' }) },
      'resolved',
    ],
    ['actions', 'to-police', {}, 'policeTold'],
    ['actions', 'to-police', { story: story({ police: 'reported' }) }, 'police-hold'],
  ]),
);

test(
  'EVI-04 a stopped case goes to the police, or on by a written decision of whom the policy trusts with it',
  verdicts([
    ['halted', 'police-reference', told({ force: 'Example' }), 'policeReference'],
    [
      'halted',
      'police-reference',
      { ...told({ force: 'Example', reference: '7' }), parts: ['member'] },
      'policeByRight',
    ],
    ['halted', 'police-reference', told({ force: 'Example', reference: '7' }), 'police-hold'],
    ['halted', 'not-imagery', told({ decision: 'lead' }), 'written'],
    ['halted', 'not-imagery', told({ decision: 'lead', reference: 'Guidance' }), 'team'],
    [
      'halted',
      'not-imagery',
      { ...told({ decision: 'lead', reference: 'Guidance' }), parts: ['head'] },
      'releasedByRight',
    ],
    ['halted', 'act', {}, 'safeguardingOnly'],
    ['police-hold', 'act', told({ purpose: 'safeguarding' }), 'police-hold'],
    ['police-hold', 'police-release', told({}), 'written'],
    ['police-hold', 'police-release', told({ reference: 'L' }), 'team'],
    ['police-hold', 'police-release', { ...told({ reference: 'L' }), story: story({ judged: true }) }, 'actions'],
  ]),
);

test(
  'INC-24 INC-28 SAN-30 CYB-01 EVI-06 what must be done before everything is done',
  verdicts([
    ['actions', 'resolve', { openTasks: 1 }, 'tasksDone'],
    [
      'actions',
      'resolve',
      { story: story({ acted: 1, items: [{ id: 'i', kind: '', text: '', done: null }] }) },
      'contained',
    ],
    [
      'actions',
      'resolve',
      { story: story({ acted: 1, classification: { ...conduct, types: ['cyber-bullying'] } }) },
      'bullyingTested',
    ],
    [
      'actions',
      'resolve',
      { story: story({ acted: 1, classification: { ...conduct, types: ['harassment'] } }) },
      'supportGiven',
    ],
    [
      'actions',
      'resolve',
      {
        story: story({ acted: 1, classification: { ...conduct, types: ['harassment'] }, supported: true }),
        outcome: 'no-further-action',
        parts: ['head'],
      },
      'answered',
    ],
    [
      'judge',
      'judge',
      {
        ...told({ verdict: 'no-substance' }),
        story: story({ present: new Map([['actor', 0]]), items: [{ id: 'i', kind: '', text: '', done: null }] }),
      },
      'judge',
    ],
    ['actions', 'resolve', { pupils: true }, 'informed'],
    [
      'actions',
      'resolve',
      { procedure: { ...facts().procedure, externalRecord: { system: 'Records', withinDays: 2 } } },
      'recorded',
    ],
    ['triage', 'inform', { ...told({ decision: 'withheld' }), parts: ['manager'] }, 'leadWithholds'],
    ['triage', 'inform', told({ decision: 'withheld' }), 'triage'],
  ]),
);

test(
  'INC-20 a case is signed by whom the policy names, by as many as it names, after the time for an appeal',
  verdicts([
    ['resolved', 'close', { parts: ['manager'], duties: ['staff'] }, 'closer'],
    ['resolved', 'close', { story: story({ classification: conduct }) }, 'appealSettled'],
    ['resolved', 'close', {}, 'closed'],
    ['resolved', 'close', { procedure: { ...facts().procedure, seniors: 2 } }, 'resolved'],
    [
      'resolved',
      'close',
      {
        procedure: { ...facts().procedure, seniors: 2 },
        story: story({
          classification: conduct,
          appealSettled: true,
          voices: new Map([['close', new Map([['other', '']])]]),
        }),
      },
      'closed',
    ],
  ]),
);

test(
  'INC-25 what is out of scope is referred out where whoever leads has it, and by two where it is about a person',
  verdicts([
    ['triage', 'refer-out', {}, 'triage'],
    ['triage', 'refer-out', { subjects: [] }, 'referred-out'],
    ['triage', 'refer-out', { subjects: [], managerLeads: false }, 'triage'],
    [
      'triage',
      'refer-out',
      { story: story({ voices: new Map([['refer-out', new Map([['other', '']])]]) }) },
      'referred-out',
    ],
  ]),
);

const entry = (by: string, action: string, from: string, to: string, detail = {}) => ({
  id: `${by}${action}`,
  at: new Date(0),
  by_person: by,
  action,
  from_state: from,
  to_state: to,
  text: '',
  detail,
});

test('a case keeps its story: what was said before a move counts no more as a second voice', () => {
  const before = [entry('a', 'judge', 'judge', 'judge', { verdict: 'substance' })];
  assert.equal(storyOf(before).voices.get('judge')?.get('a'), 'substance');
  assert.equal(storyOf([...before, entry('b', 'suspect', 'judge', 'halted')]).voices.size, 0);
  const said = (by: string, step: string) => entry(by, 'not-needed', 'contain', 'contain', { step });
  assert.equal(storyOf([said('a', 'isolation'), said('a', 'isolation')]).notNeeded.size, 0, 'one person twice is one');
  assert.ok(storyOf([said('a', 'isolation'), said('b', 'isolation')]).notNeeded.has('isolation'));
});

test('INC-13 INC-14 INC-15 INC-16 INC-17 INC-18 INC-31 the police are decided on by two people who say the same, and anew for each new type', () => {
  const police = (by: string, decision: string) => entry(by, 'police-decision', 'judge', 'judge', { decision });
  assert.equal(storyOf([police('a', 'reported'), police('b', 'not-reported')]).police, null);
  assert.equal(storyOf([police('a', 'reported'), police('a', 'reported')]).police, null, 'one person twice is one');
  const both = [police('a', 'reported'), police('b', 'reported')];
  assert.equal(storyOf(both).police, 'reported');
  for (const type of POLICE_TYPES) {
    const known = entry('a', 'classify', 'judge', 'judge', { types: [type] });
    assert.equal(storyOf([...both, known]).police, null, `${type}, a new type, asks anew`);
    assert.equal(storyOf([known, ...both]).police, 'reported', type);
  }
});

test('every guard of the table is one of those that have a sentence', () => {
  const used = new Set(caseWorkflow.rows.flatMap((r) => r.guards.map((g) => g.name)));
  assert.deepEqual([...used].sort(), Object.keys(GUARDS).sort());
});

test('docs/workflows.md shows the table as it is', () => {
  assert.equal(readFileSync(WORKFLOWS_FILE, 'utf8'), workflowsPage());
});
