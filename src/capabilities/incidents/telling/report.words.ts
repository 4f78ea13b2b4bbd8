import type { RecipientAction } from './report.service.ts';
import type { ReportState } from './report.workflow.ts';

/** Words of a state: `name` for those it goes to, `teller` for whoever told. */
export const STATES: Readonly<Record<ReportState, { name: string; tone: 'amber' | 'calm' | 'quiet'; teller: string }>> =
  {
    received: { name: 'Waits for somebody', tone: 'amber', teller: 'We have it. Somebody will take it up.' },
    acknowledged: { name: 'Taken up', tone: 'calm', teller: 'Somebody has read it and is dealing with it.' },
    answered: { name: 'Answered', tone: 'calm', teller: 'There is an answer for you below.' },
    fixed: { name: 'Put right', tone: 'quiet', teller: 'It has been put right.' },
    closed: { name: 'Ended', tone: 'quiet', teller: 'It has been dealt with. You can still write to us here.' },
  };

export interface StepWords {
  readonly action: RecipientAction;
  readonly heading: string;
  readonly label: string | null;
  readonly hint: string;
  readonly button: string;
  readonly done: string;
}

/** The steps as the page offers them, the next one first. */
export const STEPS: readonly StepWords[] = [
  {
    action: 'acknowledge',
    heading: 'Take it up',
    label: null,
    hint: 'Say that you have it, and nobody further is told.',
    button: 'I have it',
    done: 'You have it.',
  },
  {
    action: 'answer',
    heading: 'Answer whoever told',
    label: 'Your answer',
    hint: 'They read it with their code. It stands there without your name. Write nothing that another person should not read.',
    button: 'Send the answer',
    done: 'The answer stands there for whoever told.',
  },
  {
    action: 'children',
    heading: 'Children are affected',
    label: 'Their names, one to a line',
    hint: 'A safeguarding case is opened with the names. They do not stay with this report.',
    button: 'Open a safeguarding case',
    done: 'A safeguarding case was opened.',
  },
  {
    action: 'fix',
    heading: 'It is put right',
    label: 'What was wrong, and what was done',
    hint: 'Whoever told reads this with their code.',
    button: 'It is put right',
    done: 'The report is ended.',
  },
  {
    action: 'note',
    heading: 'Add a note',
    label: 'Note',
    hint: 'For those to whom this report goes. Whoever told does not see it.',
    button: 'Add the note',
    done: 'The note is added.',
  },
  {
    action: 'close',
    heading: 'End it',
    label: 'What came of it',
    hint: 'Whoever told reads this with their code.',
    button: 'End it',
    done: 'The report is ended.',
  },
];
