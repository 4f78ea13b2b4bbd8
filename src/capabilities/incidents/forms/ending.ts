import { choice, type StepForm, staff, text } from './form.ts';

/** How a case ends: its outcome, appeals, signatures, and what is to be learned. */
export const ENDING: readonly StepForm[] = [
  {
    action: 'resolve',
    heading: 'Everything is done',
    hint: 'The people entitled to know are told that it was dealt with, without names of others.',
    fields: [
      { name: 'outcome', kind: 'choice', label: 'How the case ends', from: 'outcomes' },
      {
        name: 'outcomeAffected',
        kind: 'text',
        label: 'What it came to for whoever was hurt (needed where it was bullying)',
        optional: true,
      },
      {
        name: 'outcomeSubject',
        kind: 'text',
        label: 'What it came to for whoever did it (needed where it was bullying)',
        optional: true,
      },
      text('In your words (needed where nothing further is done)', { optional: true }),
    ],
    button: 'Everything is done',
    done: 'Everything is done. The case is closed once it is signed.',
    line: 'Everything is done: {outcome}',
  },
  {
    action: 'appeal-made',
    heading: 'Record an appeal or a complaint',
    hint: 'Against something that was decided here. What the policy lists is paused while an appeal is heard.',
    fields: [
      { name: 'sanction', kind: 'choice', label: 'What it is about', from: 'sanctions' },
      choice('by', 'It comes from', { person: 'whom it answers', parent: 'a parent or carer', other: 'somebody else' }),
      choice('kind', 'It is', { appeal: 'an appeal', complaint: 'a complaint; nothing is paused' }),
      text('What they say, in their own words'),
    ],
    button: 'Record it',
    done: 'It is recorded.',
    line: 'Against what was decided: {kind}, from {by}',
  },
  {
    action: 'appeal',
    heading: 'Appeal',
    hint: 'The time for an appeal is over, nobody wants one, or it was decided.',
    fields: [
      choice('decision', 'The appeal', {
        over: 'The time for it is over',
        waived: 'Nobody wants one',
        upheld: 'It was made and changed the outcome',
        dismissed: 'It was made and changed nothing',
      }),
      { name: 'sanction', kind: 'select', label: 'Which (where several are open)', from: 'appeals', optional: true },
      text('In your words'),
    ],
    button: 'Record it',
    done: 'It is recorded.',
    line: 'Appeal: {decision}',
  },
  {
    action: 'close',
    heading: 'Sign and close the case',
    hint: 'The form is fixed as it stands and kept for the time that the policy sets. It can be opened again if something new comes to light; this form stays untouched.',
    fields: [text('A word on it (optional)', { optional: true })],
    button: 'Sign and close',
    done: 'Signed.',
    line: 'Signed for closing',
  },
  {
    action: 'lessons',
    heading: 'What is to be learned from it',
    hint: 'One thing each, for as many as there are. Whoever does it sees these words and nothing of the case, so name nobody.',
    fields: [
      choice('lesson', 'Where something has to change', {
        filter: 'The filter',
        curriculum: 'What we teach',
        risk: 'The risk assessment',
        training: 'Training of adults',
        none: 'Nowhere: there is nothing to change',
      }),
      { ...staff('Who does it'), optional: true },
      { name: 'due', kind: 'when', label: 'By when', optional: true },
      text('What is to be done, or why nothing has to change'),
    ],
    button: 'Record it',
    done: 'It is recorded. Is there more to be learned? Record it in the same way.',
    line: 'To be learned: {lesson}',
  },
  {
    action: 'more',
    heading: 'More is to be done',
    hint: 'Back to the actions.',
    fields: [text('What is to be done')],
    button: 'Back to the actions',
    done: 'The case is back with its actions.',
    line: 'More is to be done',
  },
];
