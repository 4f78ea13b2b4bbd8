import type { TaskState } from '#platform/schema.ts';
import type { TaskAction } from './task.workflow.ts';

/** What stands for each state of a task. */
export const TASK_WORDS: Readonly<
  Record<TaskState, { readonly name: string; readonly tone: 'amber' | 'calm' | 'quiet' }>
> = {
  given: { name: 'Given', tone: 'amber' },
  accepted: { name: 'Accepted', tone: 'calm' },
  returned: { name: 'Given back', tone: 'amber' },
  paused: { name: 'Paused: an appeal', tone: 'amber' },
  running: { name: 'Running by itself', tone: 'calm' },
  finished: { name: 'Done', tone: 'quiet' },
  cancelled: { name: 'Cancelled', tone: 'quiet' },
};

export const EVENT_WORDS: Readonly<Record<string, string>> = {
  give: 'Given',
  start: 'Begun',
  accept: 'Accepted',
  finish: 'Done',
  return: 'Given back',
  'hand-on': 'Handed on',
  cancel: 'Cancelled',
  pause: 'Paused',
  resume: 'Goes on',
  end: 'Ended by itself',
  read: 'Read by whom it warns',
  overturn: 'Fell away',
} satisfies Record<TaskAction, string>;

/** The form of each step that a person takes with a task. */
export const TASK_FORMS: readonly {
  readonly action: TaskAction;
  readonly heading: string;
  readonly hint: string;
  readonly label: string | null;
  readonly person?: true;
  readonly button: string;
  readonly done: string;
}[] = [
  {
    action: 'accept',
    heading: 'Accept it',
    hint: 'You say that you do it. Where it is a sanction that only a head gives, you give it by this.',
    label: null,
    button: 'I accept this task',
    done: 'You have accepted the task.',
  },
  {
    action: 'finish',
    heading: 'It is done',
    hint: 'In a sentence or two: what was done, when, and what came of it.',
    label: 'What was done',
    button: 'It is done',
    done: 'The task is done. Thank you.',
  },
  {
    action: 'return',
    heading: 'Give it back',
    hint: 'If it is not for you, or you cannot do it in time. Whoever has the case finds somebody else.',
    label: 'Why',
    button: 'Give it back',
    done: 'You have given the task back.',
  },
  {
    action: 'hand-on',
    heading: 'Hand it to somebody else',
    hint: 'They are told by e-mail.',
    label: 'Why',
    person: true,
    button: 'Hand it on',
    done: 'The task is with somebody else now.',
  },
  {
    action: 'cancel',
    heading: 'Cancel it',
    hint: 'It is no longer to be done. Access that was taken away is open again at once.',
    label: 'Why',
    button: 'Cancel the task',
    done: 'The task is cancelled.',
  },
];
