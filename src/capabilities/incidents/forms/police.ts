import { choice, line, reference, type StepForm, text } from './form.ts';

/** Whether the police are told, what they have, and what comes back from them. */
export const POLICE: readonly StepForm[] = [
  {
    action: 'police-decision',
    heading: 'Record whether the police are told',
    hint: 'Two people record the same decision. It can be changed in the same way.',
    fields: [
      choice('decision', 'The police', { reported: 'have been told', 'not-reported': 'are not told' }),
      line('force', 'Police force', { optional: true }),
      reference('Their reference', { optional: true }),
      text('When and what they were told, or why they are not', { optional: true }),
    ],
    button: 'Record the decision',
    done: 'Your decision is kept. It holds once a second person has recorded the same.',
    line: 'Police {decision} {force} {reference}',
  },
  {
    action: 'police-reference',
    heading: 'Hand it to the police',
    hint: 'Ring them, describe it in words, and keep the device as it is until they have it. A device goes with its seal and a receipt; nothing is copied for them.',
    fields: [
      line('force', 'Police force'),
      reference('Their reference'),
      text('Whom you spoke to, and what is handed over (optional)', { optional: true }),
    ],
    button: 'Record the hand-over',
    done: 'The police have it. The case waits for them.',
    line: 'With the police: {force} {reference}',
  },
  {
    action: 'not-imagery',
    heading: 'A written decision says that it is no such image',
    hint: 'Only then does the case go on. What was locked stays locked; a new examination needs new access.',
    fields: [
      choice('decision', 'Who decided', { police: 'The police', lead: 'The safeguarding lead, by the guidance' }),
      reference('Reference of the written decision, or the edition of the guidance'),
      text('The decision, in their words'),
    ],
    button: 'Record the decision',
    done: 'The case can go on.',
    line: 'Not such an image, decided by the {decision} ({reference})',
  },
  {
    action: 'to-police',
    heading: 'Leave it to the police',
    hint: 'Everything but keeping people safe stops until they release it in writing.',
    fields: [text('What was handed over, and to whom (optional)', { optional: true })],
    button: 'Leave it to the police',
    done: 'The police have it.',
    line: 'With the police',
  },
  {
    action: 'police-release',
    heading: 'The police have released it',
    hint: 'In writing.',
    fields: [reference('Reference of the letter'), text('What they say')],
    button: 'Record the release',
    done: 'The case goes on.',
    line: 'Released by the police ({reference})',
  },
];
