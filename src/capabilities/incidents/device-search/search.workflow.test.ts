import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR, MINUTE } from '#core/clock.ts';
import { shippedPolicy } from '#policy/index.ts';
import { flowSvg } from './flow.ts';
import type { PersonFacts, SearchAction, SearchActor, SearchFacts, SearchState, Standing } from './search.facts.ts';
import { STEP_FORMS } from './search.forms.ts';
import { partsOf } from './search.rules.ts';
import { standingOf } from './search.standing.ts';
import { ENTRY, STATES } from './search.words.ts';
import { SEARCH_STATES, searchWorkflow } from './search.workflow.ts';

const policy = shippedPolicy('secondary-school').deviceSearch;
assert.ok(policy);
const NOW = Date.UTC(2026, 10, 3, 10);
const person = (id: string, more: Partial<PersonFacts> = {}): PersonFacts => ({
  id,
  kind: 'staff',
  left: false,
  authorised: false,
  roles: [],
  ...more,
});

const standing = (more: Partial<Standing> = {}): Standing => ({
  ...standingOf([]),
  startedAt: NOW - HOUR,
  urgent: true,
  grounds: 1,
  explained: true,
  ...more,
});

/** Facts under which every guard of this row holds. */
function fine(action: SearchAction, from: SearchState | 'new', more: Partial<SearchFacts> = {}): SearchFacts {
  const taken = { item: 'Phone', at: NOW - MINUTE };
  const free = ['search', 'grounds', 'advice', 'ready', 'searched'].includes(from) || action === 'confiscate';
  const at = standing({
    taken: free ? null : taken,
    finding: 'unsuitable',
    evidence: action === 'remind' ? 'yes' : 'no',
    considered: true,
    responded: true,
    refused: true,
    decision: 'in-school',
    handOverSince: action === 'remind' ? NOW - 24 * HOUR : null,
  });
  return {
    now: NOW,
    by: 'actor',
    byRoles: ['staff', 'dsl'],
    authorised: true,
    policy: policy as NonNullable<typeof policy>,
    about: ['pupil'],
    searchers: ['searcher'],
    standing: at,
    typed: {
      device: 'Black phone',
      urgent: 'yes',
      why: 'There is good reason for this.',
      risk: 'Another pupil could be.',
      ground: 'risk',
      facts: 'Two pupils said that they saw it.',
      advice: 'Go ahead with a colleague.',
      explained: 'yes',
      questions: 'None',
      cooperated: 'yes',
      after: 'Gave it.',
      found: 'The phone.',
      item: 'Black phone',
      place: 'Safe',
      reason: 'harm',
      finding: 'unsuitable',
      what: 'A film.',
      evidence: 'no',
      atRisk: 'yes',
      considered: 'The DSL speaks with her.',
      response: 'behaviour',
      who: 'pupil',
      text: 'Said no.',
      basis: 'harm',
      exceptional: 'It would be sent on tonight.',
      noCopy: 'yes',
      officer: 'PC 4711',
      force: 'Exampleshire',
      policeReference: 'EX/1',
      to: 'His mother',
      decision: 'police',
      'edition-searching-screening': '2022',
    },
    people: {
      pupil: person('pupil-2', { kind: 'pupil' }),
      adviser: person('dsl', { roles: ['dsl'] }),
      holder: person('holder'),
      from: person('holder'),
      second: person('head', { roles: ['head'] }),
      witness: person('witness'),
      person: person('colleague', { authorised: true }),
    },
    when: NOW - MINUTE,
    lockedElsewhere: false,
    guidance: ['searching-screening'],
    ...more,
  };
}

/** What each may do where, written out once more by hand: this is what the school is promised. */
const END = ['suspect', 'note'];
const OPEN = ['ground', 'bring-in', 'suspect', 'note'];
const searcher: Record<SearchState | 'new', readonly string[]> = {
  new: [],
  grounds: [...OPEN, 'reassess', 'advise', 'explain', 'cooperate', 'call-off'],
  advice: [...OPEN, 'reassess', 'advise', 'explain', 'cooperate', 'call-off'],
  ready: [...OPEN, 'search', 'call-off'],
  searched: [...OPEN, 'confiscate', 'evidence', 'return'],
  confiscated: [...OPEN, 'examine', 'evidence', 'hand-over', 'return', 'move'],
  examined: [
    ...OPEN,
    'examine',
    'finding',
    'evidence',
    'consider',
    'respond',
    'refusal',
    'delete',
    'hand-over',
    'return',
    'move',
  ],
  deleted: [...END, 'return', 'move'],
  returned: END,
  police: END,
  'called-off': END,
  'dsl-decision': ['confiscate', 'move', 'note'],
};
const SENIOR = ['bring-in', 'suspect', 'note', 'involve'];
const SENIOR_END = [...END, 'involve'];
const head: typeof searcher = {
  new: [],
  grounds: [...SENIOR, 'advise'],
  advice: [...SENIOR, 'advise'],
  ready: SENIOR,
  searched: [...SENIOR, 'evidence', 'return'],
  confiscated: [...SENIOR, 'evidence', 'hand-over', 'return', 'move'],
  examined: [...SENIOR, 'evidence', 'consider', 'respond', 'refusal', 'hand-over', 'return', 'move'],
  deleted: [...SENIOR_END, 'return', 'move'],
  returned: SENIOR_END,
  police: SENIOR_END,
  'called-off': SENIOR_END,
  'dsl-decision': ['confiscate', 'move', 'note', 'involve'],
};
const nothing = Object.fromEntries(['new', ...SEARCH_STATES].map((s) => [s, []])) as unknown as typeof searcher;
const REMINDED = {
  searched: ['remind'],
  confiscated: ['remind'],
  examined: ['remind'],
  deleted: ['remind'],
  'dsl-decision': ['remind'],
};
const promised: Record<SearchActor, typeof searcher> = {
  authorised: { ...nothing, new: ['start'] },
  searcher,
  head,
  dsl: { ...head, 'dsl-decision': [...head['dsl-decision'], 'decide', 'hand-over', 'return'] },
  clock: { ...nothing, ...REMINDED },
};
const FROM = ['new', ...SEARCH_STATES] as const;

test('SRC-01 SRC-20 the table lets each part do in each state exactly what is written here, and nothing else', () => {
  let cells = 0;
  for (const [actor, states] of Object.entries(promised) as [SearchActor, typeof searcher][]) {
    for (const from of FROM) {
      assert.deepEqual(
        [...searchWorkflow.offered(from, [actor])].sort(),
        [...states[from]].sort(),
        `${actor} in ${from}`,
      );
      for (const action of searchWorkflow.actions) {
        const verdict = searchWorkflow.judge(from, action, [actor], fine(action, from));
        const may = states[from].includes(action);
        assert.equal(
          verdict.ok,
          may,
          `${actor} may ${may ? '' : 'not '}${action} in ${from}: ${JSON.stringify(verdict)}`,
        );
        if (!verdict.ok) assert.match(verdict.code, /^not-(listed|yours)$/);
        cells++;
      }
    }
  }
  assert.equal(cells, 5 * 12 * 25);
  for (const from of FROM) assert.deepEqual(searchWorkflow.offered(from, []), []);
});

test('every action leads where Part 3b says', () => {
  const leads = new Map(searchWorkflow.rows.filter((r) => r.from !== r.to).map((r) => [`${r.from} ${r.action}`, r.to]));
  const suspected = SEARCH_STATES.filter((s) => s !== 'dsl-decision').map((s) => [`${s} suspect`, 'dsl-decision']);
  assert.deepEqual(
    Object.fromEntries([...leads].sort()),
    Object.fromEntries(
      [
        ['new start', 'grounds'],
        ['grounds advise', 'advice'],
        ['grounds cooperate', 'ready'],
        ['advice cooperate', 'ready'],
        ['grounds call-off', 'called-off'],
        ['advice call-off', 'called-off'],
        ['ready call-off', 'called-off'],
        ['ready search', 'searched'],
        ['searched confiscate', 'confiscated'],
        ['searched return', 'returned'],
        ['confiscated examine', 'examined'],
        ['confiscated hand-over', 'police'],
        ['confiscated return', 'returned'],
        ['examined delete', 'deleted'],
        ['examined hand-over', 'police'],
        ['examined return', 'returned'],
        ['deleted return', 'returned'],
        ['dsl-decision hand-over', 'police'],
        ['dsl-decision return', 'returned'],
        ...suspected,
      ].sort(),
    ),
  );
});

/** The guard that refuses this, or null where it goes through. */
const refused = (
  action: SearchAction,
  from: SearchState | 'new',
  actor: SearchActor,
  more: {
    typed?: Record<string, string>;
    standing?: Partial<Standing>;
    people?: Record<string, PersonFacts>;
  } & Partial<Omit<SearchFacts, 'typed' | 'standing' | 'people'>> = {},
) => {
  const base = fine(action, from);
  const { typed, standing: s, people, ...rest } = more;
  const facts: SearchFacts = {
    ...base,
    ...rest,
    typed: { ...base.typed, ...typed },
    standing: { ...base.standing, ...s },
    people: { ...base.people, ...people },
  };
  const verdict = searchWorkflow.judge(from, action, [actor], facts);
  return verdict.ok ? null : verdict.guard;
};

test('SRC-05 a search is not begun before urgency and risk were judged', () => {
  for (const [typed, guard] of [
    [{ urgent: '' }, 'urgencyJudged'],
    [{ urgent: 'perhaps' }, 'urgencyJudged'],
    [{ why: 'short' }, 'urgencySaid'],
    [{ risk: '   ' }, 'riskJudged'],
    [{ device: '' }, 'device'],
  ] as const) {
    assert.equal(refused('start', 'new', 'authorised', { typed }), guard);
  }
  assert.equal(refused('start', 'new', 'authorised', { people: { pupil: person('x') } }), 'pupil');
  assert.equal(
    refused('start', 'new', 'authorised', { people: { pupil: person('x', { kind: 'pupil', left: true }) } }),
    'pupil',
  );
  assert.equal(refused('reassess', 'grounds', 'searcher', { typed: { risk: '' } }), 'riskJudged');
});

test('SRC-19 no other device of the pupil is searched while the DSL has one', () => {
  assert.equal(refused('start', 'new', 'authorised', { lockedElsewhere: true }), 'notLocked');
});

test('SRC-02 SRC-03 a ground needs its facts, and a banned item comes from the school’s own list', () => {
  assert.equal(refused('ground', 'grounds', 'searcher', { typed: { ground: 'because' } }), 'groundChosen');
  assert.equal(refused('ground', 'grounds', 'searcher', { typed: { facts: 'he did' } }), 'factsSaid');
  assert.equal(refused('ground', 'grounds', 'searcher', { typed: { ground: 'banned', item: '' } }), 'itemChosen');
  assert.equal(
    refused('ground', 'grounds', 'searcher', { typed: { ground: 'banned', item: 'chewing-gum' } }),
    'itemChosen',
  );
  assert.equal(refused('ground', 'grounds', 'searcher', { typed: { ground: 'banned', item: 'vape' } }), null);
  const none = { standing: { grounds: 0 } };
  for (const [action, from] of [
    ['advise', 'grounds'],
    ['explain', 'grounds'],
    ['cooperate', 'grounds'],
    ['search', 'ready'],
  ] as const)
    assert.equal(refused(action, from, 'searcher', none), 'hasGround', action);
});

test('SRC-06 what can wait goes no further without advice of the principal or the DSL', () => {
  const waits = { standing: { urgent: false, advised: false } };
  assert.equal(refused('explain', 'grounds', 'searcher', waits), 'urgentOrAdvised');
  assert.equal(refused('cooperate', 'grounds', 'searcher', waits), 'urgentOrAdvised');
  assert.equal(refused('explain', 'advice', 'searcher', { standing: { urgent: false, advised: true } }), null);
  const adviser = (p: PersonFacts) => refused('advise', 'grounds', 'searcher', { people: { adviser: p } });
  assert.equal(adviser(person('x', { roles: ['ict-manager'] })), 'adviser');
  assert.equal(adviser(person('searcher', { roles: ['dsl'] })), 'adviser', 'not whoever searches');
  assert.equal(adviser(person('pupil', { roles: ['dsl'] })), 'adviser', 'nobody whom it is about');
  assert.equal(adviser(person('x', { roles: ['dsl'], left: true })), 'adviser');
  assert.equal(adviser(person('x', { roles: ['head'] })), null);
  assert.equal(refused('advise', 'grounds', 'searcher', { typed: { advice: 'ok' } }), 'adviceSaid');
});

test('SRC-07 SRC-08 nothing is searched before the pupil was told why and how, could ask, and was asked to help', () => {
  assert.equal(refused('explain', 'grounds', 'searcher', { typed: { explained: '' } }), 'explained');
  assert.equal(refused('explain', 'grounds', 'searcher', { typed: { questions: '' } }), 'questions');
  assert.equal(refused('cooperate', 'grounds', 'searcher', { standing: { explained: false } }), 'explainedBefore');
  assert.equal(refused('cooperate', 'grounds', 'searcher', { typed: { cooperated: '' } }), 'cooperation');
  assert.equal(refused('cooperate', 'grounds', 'searcher', { typed: { after: '' } }), 'afterSaid');
  assert.equal(searchWorkflow.judge('grounds', 'search', ['searcher'], fine('search', 'grounds')).ok, false);
});

test('SRC-01 whose authorisation has ended searches, takes, examines and deletes nothing, and can still raise the alarm', () => {
  const ended = { authorised: false };
  for (const [action, from] of [
    ['cooperate', 'grounds'],
    ['search', 'ready'],
    ['confiscate', 'searched'],
    ['examine', 'confiscated'],
    ['delete', 'examined'],
  ] as const)
    assert.equal(refused(action, from, 'searcher', ended), 'authorisedNow', action);
  assert.equal(refused('suspect', 'examined', 'searcher', ended), null);
  assert.equal(refused('confiscate', 'dsl-decision', 'searcher', ended), null);
});

test('SRC-09 SRC-11 SRC-12 SRC-13 a device is examined only after it was taken, for one of three good reasons with its facts', () => {
  assert.deepEqual(
    policy.reasons.map((r) => r.row),
    ['SRC-11', 'SRC-12', 'SRC-13'],
  );
  assert.equal(refused('examine', 'confiscated', 'searcher', { standing: { taken: null } }), 'takenBefore');
  assert.equal(refused('examine', 'confiscated', 'searcher', { typed: { reason: 'curiosity' } }), 'reason');
  assert.equal(refused('examine', 'confiscated', 'searcher', { typed: { facts: '' } }), 'factsSaid');
  for (const reason of ['harm', 'disturbance'])
    assert.equal(refused('examine', 'confiscated', 'searcher', { typed: { reason } }), null);
  assert.equal(
    refused('examine', 'confiscated', 'searcher', { typed: { reason: 'offence', evidence: '' } }),
    'evidenceAsked',
    'an offence turns on the question of evidence',
  );
  assert.equal(
    refused('examine', 'confiscated', 'searcher', { typed: { reason: 'offence', evidence: 'unsure' } }),
    null,
  );
  for (const from of SEARCH_STATES.filter((s) => s !== 'confiscated' && s !== 'examined')) {
    assert.equal(
      searchWorkflow.judge(from, 'examine', ['searcher', 'dsl', 'head'], fine('examine', from)).ok,
      false,
      from,
    );
  }
});

test('SRC-14 a response takes two people, one of them from the roles that the policy lists', () => {
  const second = (p: PersonFacts, byRoles = ['staff']) =>
    refused('respond', 'examined', 'searcher', { people: { second: p }, byRoles });
  assert.equal(second(person('x')), 'second', 'neither holds a role');
  assert.equal(second(person('actor', { roles: ['dsl'] })), 'second', 'two different people');
  assert.equal(second(person('pupil', { roles: ['dsl'] })), 'second', 'nobody whom it is about');
  assert.equal(second(person('x', { roles: ['ict-manager'] })), 'second');
  assert.equal(second(person('x', { roles: ['dsl'] })), null);
  assert.equal(second(person('x'), ['staff', 'dsl']), null);
  assert.equal(refused('respond', 'examined', 'searcher', { standing: { finding: 'nothing' } }), 'somethingFound');
  assert.equal(refused('return', 'examined', 'searcher', { standing: { responded: false } }), 'responded');
  assert.equal(refused('delete', 'examined', 'searcher', { standing: { responded: false } }), 'responded');
});

test('SRC-15 discipline is locked until it was considered who is at risk; help is not', () => {
  for (const response of ['behaviour', 'sanction'])
    assert.equal(
      refused('respond', 'examined', 'searcher', { typed: { response }, standing: { considered: false } }),
      'safeguardingFirst',
    );
  for (const response of ['support', 'parents'])
    assert.equal(
      refused('respond', 'examined', 'searcher', { typed: { response }, standing: { considered: false } }),
      null,
    );
  assert.equal(refused('consider', 'examined', 'searcher', { typed: { atRisk: '' } }), 'atRisk');
  assert.equal(refused('consider', 'examined', 'searcher', { typed: { considered: 'fine' } }), 'considered');
});

test('SRC-04 SRC-10 SRC-16 nothing is deleted that is or may be evidence, and nothing ever from a device searched as evidence', () => {
  for (const evidence of ['yes', 'unsure', null] as const)
    assert.equal(
      refused('delete', 'examined', 'searcher', { standing: { evidence } }),
      'notEvidence',
      String(evidence),
    );
  assert.equal(
    refused('delete', 'examined', 'searcher', { standing: { offence: true, evidence: 'no' } }),
    'noOffenceGround',
  );
  assert.equal(refused('delete', 'examined', 'searcher', { typed: { exceptional: 'why not' } }), 'exceptional');
  for (const from of SEARCH_STATES.filter((s) => s !== 'examined'))
    assert.equal(
      searchWorkflow.judge(from, 'delete', ['searcher', 'dsl', 'head'], fine('delete', from)).ok,
      false,
      from,
    );
  for (const evidence of ['yes', 'unsure'] as const)
    for (const from of ['searched', 'confiscated', 'examined', 'deleted'] as const)
      assert.equal(refused('return', from, 'searcher', { standing: { evidence } }), 'mayGoBack', 'nor given back');
});

test('SRC-16 only the DSL or the principal says that what was held to be evidence is none', () => {
  const lower = (byRoles: string[]) =>
    refused('evidence', 'examined', 'searcher', {
      typed: { evidence: 'no' },
      standing: { evidence: 'unsure' },
      byRoles,
    });
  assert.equal(lower(['staff']), 'loweredBySenior');
  assert.equal(lower(['staff', 'dsl']), null);
  assert.equal(refused('evidence', 'examined', 'searcher', { typed: { evidence: 'yes' }, byRoles: ['staff'] }), null);
});

test('SRC-17 SRC-18 a deletion says why, has a witness, leaves no copy, and a refusal is on record before it counts', () => {
  assert.equal(refused('delete', 'examined', 'searcher', { typed: { basis: 'tidy' } }), 'basis');
  assert.equal(
    refused('delete', 'examined', 'searcher', { typed: { basis: 'refused' }, standing: { refused: false } }),
    'refusalRecorded',
  );
  assert.equal(refused('delete', 'examined', 'searcher', { typed: { basis: 'refused' } }), null);
  assert.equal(refused('delete', 'examined', 'searcher', { typed: { what: '' } }), 'deleted');
  assert.equal(refused('delete', 'examined', 'searcher', { people: { witness: person('actor') } }), 'witness');
  assert.equal(refused('delete', 'examined', 'searcher', { people: { witness: person('pupil') } }), 'witness');
  assert.equal(refused('delete', 'examined', 'searcher', { typed: { noCopy: '' } }), 'noCopy');
  assert.equal(refused('refusal', 'examined', 'searcher', { typed: { who: '' } }), 'refuser');
  assert.equal(refused('refusal', 'examined', 'searcher', { when: NOW + HOUR }), 'when');
});

test('EVI-05 EVI-08 a hand-over names thing, officer, force and reference, and every change of hands its holder, place and time', () => {
  for (const [field, guard] of [
    ['item', 'described'],
    ['officer', 'officer'],
    ['force', 'police'],
    ['policeReference', 'policeReference'],
  ] as const)
    assert.equal(refused('hand-over', 'confiscated', 'searcher', { typed: { [field]: '' } }), guard);
  for (const action of ['hand-over', 'move'] as const)
    assert.equal(refused(action, 'confiscated', 'searcher', { standing: { taken: null } }), 'takenBefore');
  assert.equal(
    refused('move', 'confiscated', 'searcher', { people: { from: person('x', { kind: 'pupil' }) } }),
    'from',
  );
  assert.equal(
    refused('move', 'confiscated', 'searcher', { people: { holder: person('x', { left: true }) } }),
    'holder',
  );
  assert.equal(refused('move', 'confiscated', 'searcher', { typed: { place: '' } }), 'place');
  assert.equal(
    refused('confiscate', 'searched', 'searcher', { standing: { taken: { item: 'x', at: NOW } } }),
    'notTakenYet',
  );
  for (const when of [null, NOW + HOUR, NOW - 48 * HOUR])
    assert.equal(refused('confiscate', 'searched', 'searcher', { when }), 'when');
});

test('SRC-20 SRC-21 the DSL’s decision says what, why and which edition of each guidance, and only it lets the device go back', () => {
  assert.equal(refused('decide', 'dsl-decision', 'dsl', { typed: { decision: '' } }), 'decision');
  assert.equal(refused('decide', 'dsl-decision', 'dsl', { typed: { why: '' } }), 'whySaid');
  assert.equal(
    refused('decide', 'dsl-decision', 'dsl', { typed: { 'edition-searching-screening': ' ' } }),
    'guidanceNamed',
  );
  for (const decision of [null, 'police', 'childrens-services'])
    assert.equal(refused('return', 'dsl-decision', 'dsl', { standing: { decision } }), 'released');
  for (const decision of ['in-school', 'not-imagery'])
    assert.equal(refused('return', 'dsl-decision', 'dsl', { standing: { decision } }), null);
});

test('SRC-19 from every state one press locks, asks nothing, and nothing leads back to looking', () => {
  for (const from of SEARCH_STATES.filter((s) => s !== 'dsl-decision')) {
    for (const actor of ['searcher', 'dsl', 'head'] as const) {
      const bare = fine('suspect', from, { typed: {}, people: {}, authorised: false });
      const verdict = searchWorkflow.judge(from, 'suspect', [actor], bare);
      assert.ok(verdict.ok && verdict.to === 'dsl-decision', `${actor} from ${from}`);
    }
  }
  const reach = new Set<SearchState>(['dsl-decision']);
  for (const state of reach) for (const r of searchWorkflow.rows) if (r.from === state) reach.add(r.to);
  assert.deepEqual([...reach].sort(), ['dsl-decision', 'police', 'returned']);
  const after = [...reach].flatMap((s) => searchWorkflow.offered(s, ['searcher', 'dsl', 'head']));
  for (const action of ['examine', 'finding', 'delete', 'search', 'respond'] as const)
    assert.ok(!after.includes(action), action);
});

test('the other guards: calling off and notes need words, a colleague must be on the list, nobody names themselves', () => {
  assert.equal(refused('call-off', 'ready', 'searcher', { typed: { text: '' } }), 'said');
  assert.equal(refused('note', 'ready', 'searcher', { typed: { text: ' ' } }), 'said');
  assert.equal(refused('search', 'ready', 'searcher', { typed: { found: '' } }), 'foundSaid');
  assert.equal(refused('confiscate', 'searched', 'searcher', { typed: { item: '' } }), 'item');
  assert.equal(refused('finding', 'examined', 'searcher', { typed: { finding: '' } }), 'finding');
  assert.equal(refused('finding', 'examined', 'searcher', { typed: { what: '' } }), 'findingSaid');
  assert.equal(refused('evidence', 'examined', 'searcher', { typed: { evidence: 'maybe' } }), 'evidenceAnswer');
  assert.equal(refused('return', 'confiscated', 'searcher', { typed: { to: '' } }), 'to');
  assert.equal(refused('return', 'examined', 'searcher', { standing: { finding: null } }), 'nothingFound');
  assert.equal(refused('respond', 'examined', 'searcher', { typed: { response: 'flog' } }), 'response');
  const brought = (p: PersonFacts) => refused('bring-in', 'ready', 'searcher', { people: { person: p } });
  assert.equal(brought(person('x')), 'broughtIn');
  assert.equal(brought(person('searcher', { authorised: true })), 'broughtIn');
  assert.equal(refused('involve', 'ready', 'dsl', { people: { person: person('actor') } }), 'named');
  assert.equal(refused('involve', 'ready', 'dsl', { people: { person: person('pupil') } }), 'named');
  assert.equal(
    refused('remind', 'confiscated', 'clock', { standing: { handOverSince: NOW - HOUR, reminders: [] } }),
    'handOverDue',
  );
});

test('INC-05 whom a search is about is nothing to it, and where it is about every DSL the principal decides', () => {
  const search = { about: ['pupil', 'named'], searchers: ['named', 'searcher'] };
  const parts = (id: string, ...duties: string[]) => partsOf({ id, duties }, search, policy, ['dsl-1']);
  assert.deepEqual(parts('named', 'dsl', 'head'), []);
  assert.deepEqual(parts('searcher', 'staff'), ['searcher']);
  assert.deepEqual(parts('dsl-1', 'dsl'), ['dsl']);
  assert.deepEqual(parts('head', 'head'), ['head']);
  assert.deepEqual(parts('other', 'staff', 'ict-manager', 'administrator'), []);
  assert.deepEqual(partsOf({ id: 'head', duties: ['head'] }, search, policy, ['named']), ['dsl', 'head']);
});

test('every state, action and step has its words, and the drawing shows every state', () => {
  assert.deepEqual(Object.keys(STATES).sort(), [...SEARCH_STATES].sort());
  assert.deepEqual([...searchWorkflow.states].sort(), [...SEARCH_STATES].sort());
  assert.deepEqual(Object.keys(ENTRY).sort(), [...searchWorkflow.actions].sort());
  const forms = STEP_FORMS.map((f) => f.action);
  assert.deepEqual([...forms, 'suspect', 'remind'].sort(), [...searchWorkflow.actions].sort());
  const svg = flowSvg(searchWorkflow, SEARCH_STATES, (s) => STATES[s].name);
  for (const s of SEARCH_STATES) assert.ok(svg.includes(STATES[s].name), s);
  assert.equal(svg.split('from anywhere').length, 2);
  assert.doesNotMatch(svg, /style=|<script/);
});
