import { type Transition, Workflow } from '#core/workflow.ts';
import type { SearchAction, SearchActor, SearchFacts, SearchState } from './search.facts.ts';
import { GUARDS as G } from './search.guards.ts';

export const SEARCH_STATES = [
  'grounds',
  'advice',
  'ready',
  'searched',
  'confiscated',
  'examined',
  'deleted',
  'returned',
  'police',
  'dsl-decision',
  'called-off',
] as const satisfies readonly SearchState[];

type Row = Transition<SearchState, SearchAction, SearchActor, SearchFacts>;
type Rest = Omit<Row, 'from' | 'to'>;
const from = (states: readonly SearchState[], to: SearchState, row: Rest): Row[] =>
  states.map((state) => ({ ...row, from: state, to }));
/** A row for each of several states that leaves the search where it is. */
const staying = (states: readonly SearchState[], row: Rest): Row[] =>
  states.map((state) => ({ ...row, from: state, to: state }));

const searcher = ['searcher'] as const;
const senior = ['dsl', 'head'] as const;
const all = ['searcher', ...senior] as const;
const BEFORE: readonly SearchState[] = ['grounds', 'advice', 'ready'];
/** Not over, and not with the DSL. */
const OPEN: readonly SearchState[] = [...BEFORE, 'searched', 'confiscated', 'examined'];
const HELD: readonly SearchState[] = ['confiscated', 'examined', 'deleted', 'dsl-decision'];
const CO_OPERATION = [G.authorisedNow, G.hasGround, G.urgentOrAdvised, G.explainedBefore, G.cooperation, G.afterSaid];
const TAKING = [G.notTakenYet, G.item, G.place, G.holder, G.when];
const POLICE = [G.takenBefore, G.described, G.officer, G.police, G.policeReference, G.when];
const GIVING_BACK = [G.responded, G.mayGoBack, G.to, G.when];

/** The table (Part 3b). Pages, permissions, the drawings and the tests are made from it; what is not here is refused. */
export const searchWorkflow = new Workflow<SearchState, SearchAction, SearchActor, SearchFacts>('device search', [
  {
    from: 'new',
    action: 'start',
    to: 'grounds',
    who: ['authorised'],
    guards: [G.pupil, G.notLocked, G.device, G.urgencyJudged, G.urgencySaid, G.riskJudged],
    proves: ['SRC-01', 'SRC-05'],
  },
  ...staying(['grounds', 'advice'], {
    action: 'reassess',
    who: searcher,
    guards: [G.urgencyJudged, G.urgencySaid, G.riskJudged],
    proves: ['SRC-05'],
  }),
  ...staying(OPEN, {
    action: 'ground',
    who: searcher,
    guards: [G.groundChosen, G.itemChosen, G.factsSaid],
    proves: ['SRC-02', 'SRC-03', 'SRC-04'],
  }),
  ...from(['grounds', 'advice'], 'advice', {
    action: 'advise',
    who: all,
    guards: [G.hasGround, G.adviser, G.adviceSaid],
    proves: ['SRC-06'],
  }),
  ...staying(['grounds', 'advice'], {
    action: 'explain',
    who: searcher,
    guards: [G.hasGround, G.urgentOrAdvised, G.explained, G.questions],
    proves: ['SRC-06', 'SRC-07'],
  }),
  ...from(['grounds', 'advice'], 'ready', {
    action: 'cooperate',
    who: searcher,
    guards: CO_OPERATION,
    proves: ['SRC-06', 'SRC-08'],
  }),
  {
    from: 'ready',
    action: 'search',
    to: 'searched',
    who: searcher,
    guards: [G.authorisedNow, G.hasGround, G.foundSaid],
    proves: ['SRC-01', 'SRC-02'],
  },
  {
    from: 'searched',
    action: 'confiscate',
    to: 'confiscated',
    who: searcher,
    guards: [G.authorisedNow, ...TAKING],
    proves: ['SRC-22', 'DEV-12'],
  },
  ...from(['confiscated', 'examined'], 'examined', {
    action: 'examine',
    who: searcher,
    guards: [G.authorisedNow, G.takenBefore, G.notSuspected, G.reason, G.factsSaid, G.evidenceAsked],
    proves: ['SRC-09', 'SRC-11', 'SRC-12', 'SRC-13'],
  }),
  ...staying(['examined'], { action: 'finding', who: searcher, guards: [G.notSuspected, G.finding, G.findingSaid] }),
  ...staying(['searched', 'confiscated', 'examined'], {
    action: 'evidence',
    who: all,
    guards: [G.evidenceAnswer, G.loweredBySenior, G.whySaid],
    proves: ['SRC-16'],
  }),
  ...staying(['examined'], { action: 'consider', who: all, guards: [G.atRisk, G.considered], proves: ['SRC-15'] }),
  ...staying(['examined'], {
    action: 'respond',
    who: all,
    guards: [G.somethingFound, G.response, G.safeguardingFirst, G.second, G.whySaid],
    proves: ['SRC-14', 'SRC-15'],
  }),
  ...staying(['examined'], { action: 'refusal', who: all, guards: [G.refuser, G.when, G.said], proves: ['SRC-18'] }),
  {
    from: 'examined',
    action: 'delete',
    to: 'deleted',
    who: searcher,
    guards: [
      G.authorisedNow,
      G.notSuspected,
      G.noOffenceGround,
      G.notEvidence,
      G.responded,
      G.basis,
      G.refusalRecorded,
      G.exceptional,
      G.deleted,
      G.witness,
      G.noCopy,
    ],
    proves: ['SRC-10', 'SRC-16', 'SRC-17', 'SRC-18'],
  },
  ...from(['confiscated', 'examined'], 'police', {
    action: 'hand-over',
    who: all,
    guards: POLICE,
    proves: ['SRC-16', 'EVI-05'],
  }),
  { from: 'searched', action: 'return', to: 'returned', who: all, guards: [G.notTakenYet, G.mayGoBack, G.to, G.when] },
  { from: 'confiscated', action: 'return', to: 'returned', who: all, guards: GIVING_BACK, proves: ['SRC-22'] },
  {
    from: 'examined',
    action: 'return',
    to: 'returned',
    who: all,
    guards: [G.nothingFound, ...GIVING_BACK],
    proves: ['SRC-14', 'SRC-22'],
  },
  { from: 'deleted', action: 'return', to: 'returned', who: all, guards: GIVING_BACK, proves: ['SRC-22'] },
  ...from(BEFORE, 'called-off', { action: 'call-off', who: searcher, guards: [G.said] }),

  // From anywhere, at once, with nothing asked: whoever presses this must not have to find words first.
  ...from(
    SEARCH_STATES.filter((s) => s !== 'dsl-decision'),
    'dsl-decision',
    { action: 'suspect', who: all, guards: [], proves: ['SRC-19', 'SRC-20', 'EVI-03'] },
  ),
  // Whoever has it in hand says where it is, on the list or not.
  ...staying(['dsl-decision'], { action: 'confiscate', who: all, guards: TAKING, proves: ['SRC-20', 'SRC-22'] }),
  ...staying(['dsl-decision'], {
    action: 'decide',
    who: ['dsl'],
    guards: [G.decision, G.whySaid, G.guidanceNamed],
    proves: ['SRC-20', 'SRC-21'],
  }),
  {
    from: 'dsl-decision',
    action: 'hand-over',
    to: 'police',
    who: ['dsl'],
    guards: POLICE,
    proves: ['SRC-16', 'EVI-05'],
  },
  {
    from: 'dsl-decision',
    action: 'return',
    to: 'returned',
    who: ['dsl'],
    guards: [G.released, G.takenBefore, G.mayGoBack, G.to, G.when],
    proves: ['SRC-20'],
  },

  ...staying(HELD, {
    action: 'move',
    who: all,
    guards: [G.takenBefore, G.from, G.holder, G.place, G.when],
    proves: ['EVI-08'],
  }),
  ...staying(OPEN, { action: 'bring-in', who: all, guards: [G.broughtIn] }),
  ...staying(SEARCH_STATES, { action: 'involve', who: senior, guards: [G.named], proves: ['INC-05'] }),
  ...staying(SEARCH_STATES, { action: 'note', who: all, guards: [G.said] }),
  ...staying(['searched', 'confiscated', 'examined', 'deleted', 'dsl-decision'], {
    action: 'remind',
    who: ['clock'],
    guards: [G.handOverDue],
    proves: ['SRC-16'],
  }),
]);
