import { type Guard, type Transition, Workflow } from '#core/workflow.ts';

/** Where a case stands. The whole procedure of the policy (INC-01..22) puts its own states between `triage` and `actions`. */
export type CaseState = 'reported' | 'triage' | 'actions' | 'closed';
export type CaseAction = 'report' | 'assign' | 'involve' | 'note' | 'act' | 'close' | 'reopen';
/**
 * What somebody is to one case; a person the case is about is nothing to it (INC-05, cases.rules.ts). `told`: the alert that
 * it comes from was brought to them.
 */
export type CaseActor = 'lead' | 'deputy' | 'head' | 'assignee' | 'reporter' | 'ict-manager' | 'told';

/** How a case may end. `no-further-action` is the only one that needs no recorded action. */
export const OUTCOMES = {
  supported: 'Support is in place',
  behaviour: 'Dealt with under the behaviour policy',
  conduct: 'Dealt with under the staff code of conduct',
  referred: 'Passed to another service',
  technical: 'Put right in the filter or the systems',
  'no-further-action': 'No further action',
} as const;
export type CaseOutcome = keyof typeof OUTCOMES;
export const isOutcome = (text: string | undefined): text is CaseOutcome =>
  text !== undefined && Object.hasOwn(OUTCOMES, text);

/** What the guards look at: the case as it is, and what is being asked. */
export interface CaseFacts {
  readonly by: string;
  /** What the person acting is to this case. */
  readonly parts: readonly CaseActor[];
  readonly urgency: 'urgent' | 'soon';
  /** Its category can never be opened by anybody (EVI, FIL-02). */
  readonly illegal: boolean;
  readonly subjects: readonly string[];
  readonly assignee: string | null;
  readonly actionsTaken: number;
  readonly text: string;
  readonly outcome?: string;
  /** The person who is to have the case, or whom it is also about. */
  readonly person?: string | undefined;
  /** That person works here and has not left. */
  readonly personIsStaff?: boolean;
}

const REASONS = 20;
const guard = (name: string, check: (f: CaseFacts) => string | null): Guard<CaseFacts> => ({ name, check });

export const GUARDS = {
  said: guard('said', (f) => (f.text.trim().length >= 3 ? null : 'Write down what there is to say.')),
  reasoned: guard('reasoned', (f) =>
    f.text.trim().length >= 10 ? null : 'Say why, in a sentence: whoever reads this later must understand it.',
  ),
  fitToHandle: guard('fitToHandle', (f) => {
    if (!f.person || !f.personIsStaff) return 'Choose a member of staff who is to have the case.';
    return f.subjects.includes(f.person) ? 'The case is about this person, who can have no part in it.' : null;
  }),
  newSubject: guard('newSubject', (f) => {
    if (!f.person) return 'Choose the person whom the case is also about.';
    if (f.subjects.includes(f.person)) return 'The case is already about this person.';
    if (f.person === f.by)
      return 'Ask another of those who keep children safe to name you: from then on you have no part in it.';
    return f.person === f.assignee
      ? 'This person has the case. Give it to somebody else first, then name this person.'
      : null;
  }),
  assigned: guard('assigned', (f) => (f.assignee ? null : 'Nobody has this case yet. Give it to somebody first.')),
  outcome: guard('outcome', (f) => (isOutcome(f.outcome) ? null : 'Choose how the case ends.')),
  answered: guard('answered', (f) => {
    if (f.outcome !== 'no-further-action') {
      return f.actionsTaken > 0 ? null : 'Record what was done first, or close it with no further action.';
    }
    if (!f.parts.includes('lead')) return 'Only the safeguarding lead may decide that nothing further is done.';
    return f.text.trim().length >= REASONS
      ? null
      : `Say why nothing further is done, in at least ${REASONS} characters.`;
  }),
  gravestByLead: guard('gravestByLead', (f) =>
    (f.urgency === 'urgent' || f.illegal) && !f.parts.includes('lead')
      ? 'Only the safeguarding lead closes a case that was urgent or about illegal content.'
      : null,
  ),
} as const;

const { said, reasoned, fitToHandle, newSubject, assigned, outcome, answered, gravestByLead } = GUARDS;
const safeguarding = ['lead', 'deputy', 'head'] as const;
const handlers = [...safeguarding, 'assignee'] as const;

type Row = Transition<CaseState, CaseAction, CaseActor, CaseFacts>;
const open: readonly CaseState[] = ['reported', 'triage', 'actions'];
/** A row for each of several states that keeps the case where it is. */
const staying = (states: readonly CaseState[], row: Pick<Row, 'action' | 'who' | 'guards' | 'proves'>): Row[] =>
  states.map((state) => ({ ...row, from: state, to: state }));

/** The table. Pages, permissions, `docs/workflows.md` and tests are made from it; what is not here is refused. */
export const caseWorkflow = new Workflow<CaseState, CaseAction, CaseActor, CaseFacts>('case', [
  {
    from: 'new',
    action: 'report',
    to: 'reported',
    who: [...safeguarding, 'ict-manager', 'reporter', 'told'],
    guards: [said],
    proves: ['INC-23'],
  },
  { from: 'reported', action: 'assign', to: 'triage', who: safeguarding, guards: [fitToHandle], proves: ['INC-05'] },
  ...staying(['triage', 'actions'], { action: 'assign', who: safeguarding, guards: [fitToHandle], proves: ['INC-05'] }),
  ...staying(open, { action: 'involve', who: safeguarding, guards: [newSubject], proves: ['INC-05'] }),
  ...staying(open, { action: 'note', who: handlers, guards: [said] }),
  { from: 'triage', action: 'act', to: 'actions', who: handlers, guards: [assigned, said] },
  ...staying(['actions'], { action: 'act', who: handlers, guards: [assigned, said] }),
  ...(['triage', 'actions'] as const).map(
    (from): Row => ({
      from,
      action: 'close',
      to: 'closed',
      who: handlers,
      guards: [assigned, outcome, answered, gravestByLead],
      proves: ['INC-23'],
    }),
  ),
  { from: 'closed', action: 'reopen', to: 'triage', who: safeguarding, guards: [reasoned] },
]);
