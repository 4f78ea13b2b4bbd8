import { type CaseAction, type CaseState, isOutcome, OUTCOMES } from './case.workflow.ts';
import type { CaseEntry } from './cases.store.ts';

/** Words of the pages, a row each: the code holds no sentences of its own. */
export const STATES: Readonly<Record<CaseState, { name: string; tag: 'amber' | 'calm' | 'quiet'; now: string }>> = {
  reported: { name: 'Reported', tag: 'amber', now: 'Nobody has this case yet. It waits to be given to somebody.' },
  triage: { name: 'Triage', tag: 'calm', now: 'Somebody is finding out what happened and who needs help.' },
  actions: { name: 'Actions', tag: 'calm', now: 'Something has been done. More may follow before the case is closed.' },
  closed: { name: 'Closed', tag: 'quiet', now: 'Nothing more is to be done.' },
};

export type StepAction = Exclude<CaseAction, 'report'>;
export interface StepForm {
  readonly action: StepAction;
  readonly heading: string;
  readonly hint: string;
  readonly fields: readonly ('person' | 'outcome' | 'text')[];
  readonly textLabel: string;
  readonly button: string;
  readonly done: string;
}

/** The form of each step, in the order in which a page offers them. */
export const STEP_FORMS: readonly StepForm[] = [
  {
    action: 'assign',
    heading: 'Give the case to somebody',
    hint: 'They can read it and act in it from now on, and are told by e-mail. Who had it before can no longer read it.',
    fields: ['person', 'text'],
    textLabel: 'A word to go with it (optional)',
    button: 'Give the case',
    done: 'The case has been given.',
  },
  {
    action: 'act',
    heading: 'Record what was done',
    hint: 'Who did what, when, and what came of it.',
    fields: ['text'],
    textLabel: 'What was done',
    button: 'Record the action',
    done: 'The action is recorded.',
  },
  {
    action: 'close',
    heading: 'Close the case',
    hint: 'It can be opened again if something new comes to light.',
    fields: ['outcome', 'text'],
    textLabel: 'In your words (needed where nothing further is done)',
    button: 'Close the case',
    done: 'The case is closed.',
  },
  {
    action: 'note',
    heading: 'Add a note',
    hint: 'Facts, what people said in their own words, what you are waiting for. Notes are never changed or deleted.',
    fields: ['text'],
    textLabel: 'Note',
    button: 'Add the note',
    done: 'The note is added.',
  },
  {
    action: 'involve',
    heading: 'Name somebody the case is also about',
    hint: 'From then on they see nothing of it and can have no part in it, whoever they are.',
    fields: ['person', 'text'],
    textLabel: 'Why (optional)',
    button: 'Name this person',
    done: 'The person is named.',
  },
  {
    action: 'reopen',
    heading: 'Open the case again',
    hint: 'What was written stays as it is.',
    fields: ['text'],
    textLabel: 'What has come to light',
    button: 'Open again',
    done: 'The case is open again.',
  },
];

/** The step a page puts first in each state, where this person may take it. */
export const FIRST_STEP: Readonly<Record<CaseState, StepAction | null>> = {
  reported: 'assign',
  triage: 'act',
  actions: 'close',
  closed: null,
};

const name = (names: ReadonlyMap<string, string>, id: unknown) =>
  (typeof id === 'string' && names.get(id)) || 'somebody';

/** What happened, as a line of the timeline. */
export function entryLine(entry: CaseEntry, names: ReadonlyMap<string, string>): string {
  const { detail } = entry;
  switch (entry.action as CaseAction) {
    case 'report':
      return detail.source === 'alert' ? 'Opened from an alert' : 'Logged';
    case 'assign':
      return `Given to ${name(names, detail.person)}`;
    case 'involve':
      return `Also about ${name(names, detail.person)}`;
    case 'note':
      return 'Note';
    case 'act':
      return 'Action taken';
    case 'close': {
      const outcome = typeof detail.outcome === 'string' ? detail.outcome : undefined;
      return `Closed: ${isOutcome(outcome) ? OUTCOMES[outcome] : 'no outcome recorded'}`;
    }
    case 'reopen':
      return 'Opened again';
  }
}
