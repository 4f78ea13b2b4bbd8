import { type Guard, type Transition, Workflow } from '#core/workflow.ts';
import { KIND, type Kind } from './kinds.ts';

export const REPORT_STATES = ['received', 'acknowledged', 'answered', 'fixed', 'closed'] as const;
export type ReportState = (typeof REPORT_STATES)[number];
export const REPORT_ACTIONS = [
  'tell',
  'acknowledge',
  'answer',
  'children',
  'note',
  'fix',
  'close',
  'add',
  'escalate',
] as const;
export type ReportAction = (typeof REPORT_ACTIONS)[number];

/** `recipient`: the policy has this kind go to them, or they were told since. Whom it is kept from is nothing to it (ALR-10). */
export type ReportActor = 'teller' | 'recipient' | 'system';

export interface ReportFacts {
  readonly kind: Kind;
  readonly text: string;
  readonly now: number;
  readonly dueAt: number | null;
  /** FIL-16: children are affected, and there is a safeguarding case about it. */
  readonly children: boolean;
  readonly hasCase: boolean;
}

type Rule = Guard<ReportFacts>;
const guard = (name: string, check: Rule['check']): Rule => ({ name, check });
const isFault = (f: ReportFacts) => KIND[f.kind].form === 'fault';

const said = guard('said', (f) => (f.text.trim().length >= 2 ? null : 'Write a few words.'));
const reasoned = guard('reasoned', (f) =>
  f.text.trim().length >= 10 ? null : 'Say why, in a sentence: whoever reads this later must understand it.',
);
const named = guard('named', (f) =>
  f.text.trim().length >= 2 ? null : 'Write the names of the children, one to a line.',
);
const fault = guard('fault', (f) => (isFault(f) ? null : 'This is not about a fault.'));
const people = guard('people', (f) => (isFault(f) ? 'A fault ends by being put right.' : null));
const childrenLogged = guard('childrenLogged', (f) =>
  !f.children || f.hasCase ? null : 'Children are affected: name them first, so that a safeguarding case is opened.',
);
const due = guard('due', (f) => (f.dueAt !== null && f.dueAt <= f.now ? null : 'The time to acknowledge is not over.'));

type Row = Transition<ReportState, ReportAction, ReportActor, ReportFacts>;
const each = (states: readonly ReportState[], rule: Omit<Row, 'from' | 'to'>, to?: ReportState): Row[] =>
  states.map((from) => ({ ...rule, from, to: to ?? from }));
const recipient: readonly ReportActor[] = ['recipient'];

/** Where a report may go, and by whom. What is not listed is refused. */
export const reportWorkflow = new Workflow<ReportState, ReportAction, ReportActor, ReportFacts>('report', [
  {
    from: 'new',
    action: 'tell',
    to: 'received',
    who: ['teller'],
    guards: [said],
    proves: ['ALR-03', 'ALR-04', 'ALR-09'],
  },
  ...each(['received'], { action: 'escalate', who: ['system'], guards: [due], proves: ['ALR-10'] }),
  ...each(['received'], { action: 'acknowledge', who: recipient, guards: [], proves: ['ALR-02'] }, 'acknowledged'),
  ...each(['acknowledged', 'answered'], { action: 'answer', who: recipient, guards: [people, said] }, 'answered'),
  ...each(['acknowledged'], { action: 'answer', who: recipient, guards: [fault, said] }),
  ...each(['received', 'acknowledged', 'answered'], { action: 'note', who: recipient, guards: [said] }),
  ...each(['received', 'acknowledged'], {
    action: 'children',
    who: recipient,
    guards: [fault, named],
    proves: ['FIL-16'],
  }),
  ...each(
    ['acknowledged'],
    { action: 'fix', who: recipient, guards: [fault, said, childrenLogged], proves: ['FIL-16'] },
    'fixed',
  ),
  ...each(['acknowledged', 'answered'], { action: 'close', who: recipient, guards: [people, reasoned] }, 'closed'),
  ...each(['received', 'acknowledged'], { action: 'add', who: ['teller'], guards: [said] }),
  // Whoever comes back after an answer or an end begins the clock again: nobody is told that it is too late.
  ...each(['answered', 'fixed', 'closed'], { action: 'add', who: ['teller'], guards: [said] }, 'received'),
]);
