import { type Guard, type Transition, Workflow } from '#core/workflow.ts';
import type { TaskState } from '#platform/schema.ts';

export const TASK_STATES = [
  'given',
  'accepted',
  'returned',
  'paused',
  'running',
  'finished',
  'cancelled',
] as const satisfies readonly TaskState[];

export const TASK_ACTIONS = [
  'give',
  'start',
  'accept',
  'finish',
  'return',
  'hand-on',
  'cancel',
  'pause',
  'resume',
  'end',
  'read',
  'overturn',
] as const;
export type TaskAction = (typeof TASK_ACTIONS)[number];

/** `doer` has the task; `handler` handles its case; `program` acts by itself: a decision, an appeal, the clock. */
export type TaskActor = 'doer' | 'handler' | 'program';

export interface TaskFacts {
  readonly kind: string;
  /** The police have the case, or it is halted. */
  readonly frozen: boolean;
  /** What the case has recorded: that the police were told, and what became of telling parents. */
  readonly policeTold: boolean;
  readonly parentsSettled: boolean;
  readonly needs: 'police' | 'parents' | null;
  readonly text: string;
  /** Whoever it is handed on to, where that is somebody who works here and whom the case is not kept from. */
  readonly next: string | null;
  readonly parts: readonly TaskActor[];
}

const guard = (name: string, check: (f: TaskFacts) => string | null): Guard<TaskFacts> => ({ name, check });
export const TASK_GUARDS = {
  said: guard('said', (f) => (f.text.trim().length >= 3 ? null : 'Write down what was done.')),
  reasoned: guard('reasoned', (f) =>
    f.text.trim().length >= 10 ? null : 'Say why, in a sentence: whoever reads this later must understand it.',
  ),
  notFrozen: guard('notFrozen', (f) =>
    f.frozen ? 'The case is with the police or stopped: only what keeps somebody safe is done until it goes on.' : null,
  ),
  settled: guard('settled', (f) => {
    if (f.needs === 'police' && !f.policeTold)
      return 'Two people first record in the case that the police were told, with force and reference.';
    return f.needs === 'parents' && !f.parentsSettled
      ? 'Send the letter, or record in the case that they were told or why they are not.'
      : null;
  }),
  fitNext: guard('fitNext', (f) =>
    f.next ? null : 'Choose somebody who works here, may do this, and whom the case is not about.',
  ),
  /** SAN-27: what goes to the head stays with the head, unless the head passes it on and says why. */
  keptByHead: guard('keptByHead', (f) =>
    f.kind !== 'refer-head' || f.parts.includes('doer') ? null : 'Only the head passes on what was given to the head.',
  ),
} as const;
const is = TASK_GUARDS;

const OPEN = ['given', 'accepted', 'returned'] as const;
type Row = Transition<TaskState, TaskAction, TaskActor, TaskFacts>;
const moving = (
  from: readonly TaskState[],
  to: TaskState,
  rule: Pick<Row, 'action' | 'who' | 'guards' | 'proves'>,
): Row[] => from.map((f) => ({ ...rule, from: f, to }));

/** The way of a task (SAN-25..33, SAN-35). What is not here is refused. */
export const taskWorkflow = new Workflow<TaskState, TaskAction, TaskActor, TaskFacts>('task', [
  { from: 'new', action: 'give', to: 'given', who: ['program'], guards: [] },
  { from: 'new', action: 'start', to: 'running', who: ['program'], guards: [], proves: ['SAN-31'] },
  ...moving(['given'], 'accepted', { action: 'accept', who: ['doer'], guards: [is.notFrozen], proves: ['SAN-25'] }),
  ...moving(['accepted'], 'finished', {
    action: 'finish',
    who: ['doer'],
    guards: [is.notFrozen, is.settled, is.said],
    proves: ['SAN-25', 'SAN-28', 'SAN-30'],
  }),
  ...moving(['given', 'accepted'], 'returned', { action: 'return', who: ['doer'], guards: [is.reasoned] }),
  ...moving(OPEN, 'given', {
    action: 'hand-on',
    who: ['handler'],
    guards: [is.keptByHead, is.fitNext, is.reasoned],
    proves: ['SAN-27'],
  }),
  ...moving([...OPEN, 'paused', 'running'], 'cancelled', {
    action: 'cancel',
    who: ['handler'],
    guards: [is.reasoned],
    proves: ['SAN-35'],
  }),
  ...moving(['given', 'accepted', 'returned', 'running'], 'paused', {
    action: 'pause',
    who: ['program'],
    guards: [],
    proves: ['SAN-35'],
  }),
  ...moving(['paused'], 'given', { action: 'resume', who: ['program'], guards: [], proves: ['SAN-35'] }),
  ...moving(['paused'], 'running', { action: 'start', who: ['program'], guards: [], proves: ['SAN-35'] }),
  ...moving(['running', 'paused'], 'finished', { action: 'end', who: ['program'], guards: [], proves: ['SAN-31'] }),
  ...moving([...OPEN, 'paused'], 'finished', { action: 'read', who: ['program'], guards: [], proves: ['SAN-32'] }),
  ...moving([...OPEN, 'paused', 'running'], 'cancelled', {
    action: 'overturn',
    who: ['program'],
    guards: [],
    proves: ['SAN-35'],
  }),
]);
