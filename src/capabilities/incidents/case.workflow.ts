import { type Transition, Workflow } from '#core/workflow.ts';
import type { CaseActor, CaseFacts } from './case.facts.ts';
import { FORM_GUARDS as form, CASE_GUARDS as is } from './case.guards.ts';

/** Where a case stands (Part 3a). */
export const CASE_STATES = [
  'reported',
  'triage',
  'contain',
  'team',
  'examine',
  'halted',
  'judge',
  'actions',
  'police-hold',
  'resolved',
  'closed',
  'referred-out',
] as const;
export type CaseState = (typeof CASE_STATES)[number];

export const CASE_ACTIONS = [
  'report',
  'assign',
  'classify',
  'support',
  'refer-out',
  'contain',
  'contain-item',
  'contain-done',
  'isolate',
  'release-device',
  'not-needed',
  'form-team',
  'join',
  'leave',
  'task',
  'designate',
  'attend',
  'examine',
  'renew-access',
  'finding',
  'suspect',
  'police-reference',
  'not-imagery',
  'finish',
  'skip-examination',
  'judge',
  'police-decision',
  'to-police',
  'police-release',
  'sanction',
  'act',
  'help',
  'inform',
  'record',
  'bullying-test',
  'contact',
  'involve',
  'touch',
  'conflict',
  'link',
  'note',
  'resolve',
  'more',
  'appeal-made',
  'appeal',
  'close',
  'lessons',
  'reopen',
] as const;
export type CaseAction = (typeof CASE_ACTIONS)[number];

const safeguarding: readonly CaseActor[] = ['lead', 'deputy', 'head'];
const handlers: readonly CaseActor[] = [...safeguarding, 'manager', 'senior'];
const team: readonly CaseActor[] = [...handlers, 'member'];

const OPEN: readonly CaseState[] = CASE_STATES.filter((s) => s !== 'closed' && s !== 'referred-out');
const TAKEN_UP = OPEN.filter((s) => s !== 'reported');
/** Somebody may go on with it: nothing halts it and no police have it. */
const AT_WORK = TAKEN_UP.filter((s) => s !== 'halted' && s !== 'police-hold');
const BEFORE_VERDICT: readonly CaseState[] = ['contain', 'team', 'examine', 'judge'];

type Row = Transition<CaseState, CaseAction, CaseActor, CaseFacts>;
type Rule = Pick<Row, 'action' | 'who' | 'guards' | 'proves'>;
/** A row for each of several states that keeps the case where it is. */
const staying = (states: readonly CaseState[], rule: Rule): Row[] =>
  states.map((state) => ({ ...rule, from: state, to: state }));
const moving = (states: readonly CaseState[], to: CaseState, rule: Rule): Row[] =>
  states.map((from) => ({ ...rule, from, to }));

/**
 * The procedure of Part 3a. Pages, permissions, `docs/workflows.md`, the flow chart (INC-33) and tests are made from it; what
 * is not here is refused. Of several rows for one action the first whose guards all hold is taken: where two people must say
 * the same, the second's word moves the case and the first's is kept.
 */
export const caseWorkflow = new Workflow<CaseState, CaseAction, CaseActor, CaseFacts>('case', [
  {
    from: 'new',
    action: 'report',
    to: 'reported',
    who: [...safeguarding, 'ict-manager', 'reporter', 'told'],
    guards: [form.said],
    proves: ['INC-23'],
  },
  ...moving(['reported'], 'triage', { action: 'assign', who: safeguarding, guards: [form.fitToHandle] }),
  ...staying(TAKEN_UP, { action: 'assign', who: safeguarding, guards: [form.fitToHandle], proves: ['INC-05'] }),

  ...staying(AT_WORK, {
    action: 'classify',
    who: handlers,
    guards: [form.whole, form.pictureAnswered, form.noPicture],
    proves: ['INC-02'],
  }),
  ...moving(AT_WORK, 'halted', {
    action: 'classify',
    who: handlers,
    guards: [form.whole, form.pictureHere],
    proves: ['AIG-02', 'EVI-03'],
  }),
  ...moving(['triage'], 'actions', {
    action: 'support',
    who: handlers,
    guards: [is.assigned, is.ledByRight, is.wellbeingOnly, form.said],
  }),
  ...moving(['triage'], 'referred-out', {
    action: 'refer-out',
    who: handlers,
    guards: [is.assigned, is.ledByRight, is.tasksDone, form.reasoned, is.secondAgrees],
    proves: ['INC-25'],
  }),
  ...staying(['triage'], { action: 'refer-out', who: handlers, guards: [is.assigned, form.reasoned] }),
  ...moving(['triage'], 'contain', {
    action: 'contain',
    who: handlers,
    guards: [is.assigned, is.ledByRight, is.classified],
    proves: ['INC-25'],
  }),

  ...staying([...BEFORE_VERDICT, 'halted', 'actions', 'police-hold'], {
    action: 'contain-item',
    who: team,
    guards: [form.said],
    proves: ['EVI-06'],
  }),
  ...staying([...BEFORE_VERDICT, 'halted', 'actions', 'police-hold', 'resolved'], {
    action: 'contain-done',
    who: team,
    guards: [form.openItem, form.said],
    proves: ['EVI-06'],
  }),
  ...staying(['triage', ...BEFORE_VERDICT, 'halted'], {
    action: 'isolate',
    who: team,
    guards: [form.said],
    proves: ['INC-19'],
  }),
  ...staying(TAKEN_UP, {
    action: 'release-device',
    who: handlers,
    guards: [form.isolationChosen, form.reasoned],
    proves: ['INC-19'],
  }),
  ...staying(['contain', 'team'], {
    action: 'not-needed',
    who: team,
    guards: [form.reasoned],
    proves: ['INC-03'],
  }),
  ...moving(['contain'], 'team', {
    action: 'form-team',
    who: handlers,
    guards: [is.isolated, is.containmentBegun],
    proves: ['INC-03'],
  }),

  ...staying(TAKEN_UP, { action: 'join', who: handlers, guards: [form.fitToJoin], proves: ['INC-05', 'INC-26'] }),
  ...staying(AT_WORK, {
    action: 'task',
    who: handlers,
    guards: [form.doer, form.byDay, form.toDo],
    proves: ['INC-26'],
  }),
  ...staying(['team', 'judge', 'actions'], { action: 'leave', who: handlers, guards: [form.newPerson, form.reasoned] }),
  ...staying(['team', 'examine', 'judge'], {
    action: 'attend',
    who: ['manager', 'senior'],
    guards: [],
    proves: ['INC-04'],
  }),
  ...staying(['team'], { action: 'designate', who: handlers, guards: [form.computerChosen], proves: ['INC-06'] }),
  ...moving(['team'], 'examine', {
    action: 'examine',
    who: handlers,
    guards: [is.notSuspected, is.enoughSeniors, is.computerNamed, is.onTheComputer],
    proves: ['INC-04', 'INC-06'],
  }),
  ...moving(['team'], 'judge', {
    action: 'skip-examination',
    who: handlers,
    guards: [is.examinationNotNeeded, is.conductKnown],
    proves: ['INC-03'],
  }),
  ...staying(['examine'], {
    action: 'renew-access',
    who: handlers,
    guards: [is.enoughSeniors, is.onTheComputer],
    proves: ['INC-07'],
  }),
  ...staying(['examine'], {
    action: 'finding',
    who: team,
    guards: [is.onTheComputer, form.address, form.said],
    proves: ['INC-08'],
  }),
  ...moving(['examine'], 'judge', {
    action: 'finish',
    who: handlers,
    guards: [is.found, is.conductKnown],
    proves: ['INC-08', 'INC-02'],
  }),

  ...moving(
    CASE_STATES.filter((s) => s !== 'halted' && s !== 'police-hold'),
    'halted',
    {
      action: 'suspect',
      who: team,
      guards: [],
      proves: ['EVI-03', 'EVI-04'],
    },
  ),
  ...staying(['police-hold'], { action: 'suspect', who: team, guards: [], proves: ['EVI-03'] }),
  ...moving(['halted'], 'police-hold', {
    action: 'police-reference',
    who: team,
    guards: [is.policeByRight, form.policeReference],
    proves: ['EVI-04'],
  }),
  ...moving(['halted'], 'team', {
    action: 'not-imagery',
    who: handlers,
    guards: [form.releasedByRight, form.written, form.reasoned],
    proves: ['EVI-04'],
  }),
  ...moving(['police-hold'], 'team', {
    action: 'not-imagery',
    who: handlers,
    guards: [is.suspected, form.releasedByPolice, form.written, form.reasoned],
    proves: ['EVI-04'],
  }),

  ...moving(['judge'], 'closed', {
    action: 'judge',
    who: handlers,
    guards: [
      form.verdict,
      form.reasoned,
      is.present,
      is.noSubstance,
      is.judgedAlike,
      is.policeSettled,
      is.contained,
      is.tasksDone,
      is.ledByRight,
    ],
    proves: ['INC-09', 'EVI-06', 'INC-25', 'INC-28'],
  }),
  ...moving(['judge'], 'actions', {
    action: 'judge',
    who: handlers,
    guards: [form.verdict, form.reasoned, is.present, is.substance, is.judgedAlike],
    proves: ['INC-09', 'INC-10'],
  }),
  ...staying(['judge'], {
    action: 'judge',
    who: handlers,
    guards: [form.verdict, form.reasoned, is.present],
    proves: ['INC-09'],
  }),

  ...staying(TAKEN_UP, {
    action: 'police-decision',
    who: handlers,
    guards: [form.policeChoice],
    proves: ['INC-13', 'INC-14', 'INC-15', 'INC-16', 'INC-17', 'INC-18', 'INC-31'],
  }),
  ...moving(['examine', 'judge', 'actions'], 'police-hold', {
    action: 'to-police',
    who: handlers,
    guards: [is.policeTold],
    proves: ['INC-12'],
  }),
  ...moving(['police-hold'], 'actions', {
    action: 'police-release',
    who: handlers,
    guards: [form.written, form.reasoned, is.judged],
    proves: ['INC-12'],
  }),
  ...moving(['police-hold'], 'team', {
    action: 'police-release',
    who: handlers,
    guards: [form.written, form.reasoned],
    proves: ['INC-12'],
  }),

  ...staying(['actions'], {
    action: 'sanction',
    who: handlers,
    guards: [is.assigned, is.proven, form.aboutSubject, form.factors, form.reasoned],
    proves: ['INC-29', 'INC-30', 'SAN-02', 'SAN-04'],
  }),
  ...staying(['actions'], { action: 'act', who: handlers, guards: [is.assigned, form.said] }),
  ...staying(['halted', 'police-hold'], { action: 'act', who: handlers, guards: [is.safeguardingOnly, form.said] }),
  ...staying(TAKEN_UP, {
    action: 'help',
    who: team,
    guards: [form.forAffected, form.said],
    proves: ['INC-28', 'CYB-02'],
  }),
  ...staying(TAKEN_UP, {
    action: 'inform',
    who: handlers,
    guards: [form.leadWithholds, form.reasoned],
    proves: ['SAN-30'],
  }),
  ...staying(TAKEN_UP, { action: 'record', who: handlers, guards: [form.written], proves: ['INC-24'] }),
  ...staying(AT_WORK, { action: 'bullying-test', who: handlers, guards: [], proves: ['CYB-01'] }),
  ...staying(TAKEN_UP, {
    action: 'contact',
    who: handlers,
    guards: [form.said],
    proves: ['INC-11', 'INC-32', 'CYB-10'],
  }),

  ...staying(OPEN, { action: 'involve', who: safeguarding, guards: [form.newSubject], proves: ['INC-05'] }),
  ...staying(OPEN, { action: 'touch', who: handlers, guards: [form.newPerson] }),
  ...staying(OPEN, { action: 'conflict', who: team, guards: [form.reasoned], proves: ['INC-05'] }),
  ...staying(OPEN, { action: 'link', who: handlers, guards: [form.written] }),
  ...staying(OPEN, { action: 'note', who: team, guards: [form.said] }),

  ...moving(['actions'], 'resolved', {
    action: 'resolve',
    who: handlers,
    guards: [
      is.assigned,
      form.outcome,
      form.answered,
      is.gravestByLead,
      is.tasksDone,
      is.contained,
      is.policeSettled,
      is.bullyingTested,
      is.supportGiven,
      is.informed,
      is.recorded,
      form.bothOutcomes,
    ],
    proves: ['INC-23', 'INC-31', 'INC-24', 'EVI-06'],
  }),
  ...moving(['resolved'], 'actions', { action: 'more', who: handlers, guards: [form.reasoned] }),
  ...staying(['actions', 'police-hold', 'resolved'], {
    action: 'appeal-made',
    who: handlers,
    guards: [form.standing, form.reasoned],
    proves: ['SAN-35'],
  }),
  ...staying(['actions', 'resolved'], {
    action: 'appeal',
    who: handlers,
    guards: [form.appealAnswered, form.reasoned],
    proves: ['SAN-35'],
  }),
  ...moving(['resolved'], 'closed', {
    action: 'close',
    who: handlers,
    guards: [is.closer, is.appealSettled, is.contained, is.tasksDone, is.signedByAll],
    proves: ['INC-20'],
  }),
  ...staying(['resolved'], {
    action: 'close',
    who: handlers,
    guards: [is.closer, is.appealSettled, is.contained, is.tasksDone],
  }),
  ...staying(['resolved', 'closed'], {
    action: 'lessons',
    who: handlers,
    guards: [form.doer, form.byDay, form.reasoned],
    proves: ['INC-20'],
  }),
  ...moving(['closed', 'referred-out'], 'triage', { action: 'reopen', who: safeguarding, guards: [form.reasoned] }),
]);
