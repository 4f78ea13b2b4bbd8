import type { SearchAction } from './search.facts.ts';
import { DECISIONS, RESPONSES } from './search.guards.ts';

/** Where a field's choices come from: said here, the policy's own lists, or people. */
export type Options =
  | Readonly<Record<string, string>>
  | 'grounds'
  | 'banned'
  | 'reasons'
  | 'advisers'
  | 'seconds'
  | 'staff'
  | 'authorised';

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  /** `find`: a person looked for by name, on this very page. `editions`: one line for each guidance. */
  readonly kind: 'line' | 'text' | 'choice' | 'person' | 'find' | 'tick' | 'time' | 'editions';
  readonly options?: Options;
  readonly optional?: true;
  /** Among whom a `find` looks. */
  readonly among?: 'pupil';
}

export interface StepForm {
  readonly action: SearchAction;
  readonly heading: string;
  readonly about: string;
  readonly fields: readonly Field[];
  readonly button: string;
  readonly done: string;
}

const YES_NO = { yes: 'Yes', no: 'No' };
const EVIDENCE = { yes: 'Yes', unsure: 'Not sure', no: 'No' };
const line = (name: string, label: string, hint?: string): Field => ({
  name,
  label,
  kind: 'line',
  ...(hint && { hint }),
});
const text = (name: string, label: string, hint?: string): Field => ({
  name,
  label,
  kind: 'text',
  ...(hint && { hint }),
});
const choice = (name: string, label: string, options: Options, more: Partial<Field> = {}): Field => ({
  name,
  label,
  kind: 'choice',
  options,
  ...more,
});
const person = (name: string, label: string, options: Options, hint?: string): Field => ({
  name,
  label,
  kind: 'person',
  options,
  ...(hint && { hint }),
});
const when = (label: string): Field => ({ name: 'when', label, kind: 'time' });
const urgency = [
  choice('urgent', 'Is it urgent?', YES_NO, { hint: 'Urgent: somebody could come to harm if you wait for advice.' }),
  text('why', 'What makes it urgent, or why it can wait'),
  text('risk', 'Who else could be at risk', 'Other pupils, staff, the pupil. Write “nobody” and why, if so.'),
];
const custody = [
  line('place', 'Where it is kept', 'Such as: safe in the main office.'),
  { ...line('seal', 'Number of the seal or bag (if there is one)'), optional: true } satisfies Field,
];

/** The form of every step, one a screen, in the order in which a search goes. */
export const STEP_FORMS: readonly StepForm[] = [
  {
    action: 'start',
    heading: 'Whose device, and can it wait?',
    about: 'Judge this before anything else.',
    fields: [
      { name: 'pupil', label: 'Whose device is it?', kind: 'find', among: 'pupil' },
      line('device', 'Which device', 'Such as: black phone in a blue case.'),
      ...urgency,
    ],
    button: 'Save and go on',
    done: 'The search is begun. Nothing has been searched yet.',
  },
  {
    action: 'reassess',
    heading: 'Judge again whether it can wait',
    about: 'What you judged before stays in the record.',
    fields: urgency,
    button: 'Save',
    done: 'Saved.',
  },
  {
    action: 'ground',
    heading: 'On which ground?',
    about: 'At least one, with the facts. You can add another afterwards.',
    fields: [
      choice('ground', 'Ground', 'grounds'),
      choice('item', 'What the school rules name', 'banned', {
        optional: true,
        hint: 'Only where school rules name it among the things that may be searched for.',
      }),
      text('facts', 'The facts', 'What you saw or were told, and by whom.'),
    ],
    button: 'Save this ground',
    done: 'The ground is saved.',
  },
  {
    action: 'advise',
    heading: 'Ask for advice',
    about: 'It can wait, so speak with the principal or the safeguarding lead before you go on.',
    fields: [
      person('adviser', 'Whom you asked', 'advisers', 'They are told that you named them.'),
      text('advice', 'What they advised'),
    ],
    button: 'Save the advice',
    done: 'The advice is saved.',
  },
  {
    action: 'explain',
    heading: 'Explain to the pupil',
    about: 'Say why and how you will search, in words they understand, and let them ask.',
    fields: [
      { name: 'explained', label: 'I have explained why and how, and answered questions', kind: 'tick' },
      text('questions', 'What the pupil asked', 'Write “nothing” if they asked nothing.'),
    ],
    button: 'Save and go on',
    done: 'Saved, with the time.',
  },
  {
    action: 'cooperate',
    heading: 'Ask the pupil to help',
    about: 'Ask them to hand the device over or show you themselves.',
    fields: [
      choice('cooperated', 'Did they co-operate?', { yes: 'Yes', no: 'No, they refused' }),
      text('after', 'What happened then'),
    ],
    button: 'Save and go on',
    done: 'Saved. You may search for the device now.',
  },
  {
    action: 'search',
    heading: 'Record the search',
    about: 'The search is for the device. What is on it is looked at only after it was taken and with a good reason.',
    fields: [text('found', 'What was searched, who was there, what was found')],
    button: 'Save the search',
    done: 'The search is recorded.',
  },
  {
    action: 'confiscate',
    heading: 'Take the device',
    about: 'This makes the receipt for the pupil.',
    fields: [
      line('item', 'What is taken', 'Make, colour, case, damage: so that its owner would know it.'),
      when('When it was taken'),
      ...custody,
      person('holder', 'Who keeps it', 'staff'),
    ],
    button: 'Record that it was taken',
    done: 'It is recorded. Print the receipt or show it to the pupil.',
  },
  {
    action: 'examine',
    heading: 'A good reason to look at what is on it',
    about: 'Record the reason before you look, and look only as far as it goes.',
    fields: [
      choice('reason', 'The good reason', 'reasons'),
      text('facts', 'The facts behind it'),
      choice('evidence', 'Could it be evidence of an offence?', EVIDENCE, {
        optional: true,
        hint: 'Must be answered where an offence is the reason.',
      }),
    ],
    button: 'Record the reason',
    done: 'The reason is recorded. Stop at once if you suspect an indecent picture of a child.',
  },
  {
    action: 'finding',
    heading: 'What was found on it',
    about: 'In words. Take no picture of the screen, send nothing on, print nothing.',
    fields: [
      choice('finding', 'Was something unsuitable found?', { nothing: 'No', unsuitable: 'Yes' }),
      text('what', 'What it was'),
    ],
    button: 'Save what was found',
    done: 'Saved.',
  },
  {
    action: 'evidence',
    heading: 'Could it be evidence of an offence?',
    about: 'Yes or not sure: nothing is deleted, and the device goes to the police as soon as can be.',
    fields: [choice('evidence', 'Could it be evidence of an offence?', EVIDENCE), text('why', 'Why you think so')],
    button: 'Save the answer',
    done: 'The answer is saved.',
  },
  {
    action: 'consider',
    heading: 'Who could be at risk?',
    about: 'Keeping people safe comes before discipline.',
    fields: [
      choice('atRisk', 'Could what was found put somebody at risk?', YES_NO),
      text('considered', 'What keeps them safe, and who sees to it'),
    ],
    button: 'Save what was considered',
    done: 'Saved.',
  },
  {
    action: 'respond',
    heading: 'Decide what is done about it',
    about: 'Two people decide. One of them is the safeguarding lead or the principal.',
    fields: [
      choice('response', 'What is done', RESPONSES),
      person('second', 'Who decides it with you', 'seconds', 'They are told that you named them.'),
      text('why', 'Why this is right'),
    ],
    button: 'Save the decision',
    done: 'The decision is saved under both names.',
  },
  {
    action: 'refusal',
    heading: 'They will not delete it themselves',
    about: 'Ask first. This is kept before anything may be deleted for them.',
    fields: [
      choice('who', 'Who refused', { pupil: 'The pupil', parent: 'A parent or carer' }),
      when('When they refused'),
      text('text', 'What they were asked and what they said'),
    ],
    button: 'Save the refusal',
    done: 'The refusal is saved.',
  },
  {
    action: 'delete',
    heading: 'Delete something',
    about: 'The exception. Never what could be evidence. It cannot be undone, and no copy is kept.',
    fields: [
      choice('basis', 'Why it may be deleted', {
        harm: 'Leaving it there would probably hurt somebody',
        refused: 'Pupil or parent refused to delete it',
      }),
      text('exceptional', 'What makes this an exception'),
      text('what', 'What is deleted, in words'),
      person('witness', 'Who was there as a witness', 'staff', 'They are told that you named them.'),
      { name: 'noCopy', label: 'No copy was kept, by anybody', kind: 'tick' },
    ],
    button: 'Record the deletion',
    done: 'The deletion is recorded.',
  },
  {
    action: 'hand-over',
    heading: 'Hand it to the police',
    about: 'The thing itself. Nothing on it is copied, shown or described in detail.',
    fields: [
      line('item', 'What is handed over', 'Such as: the phone as it was taken, switched off, in its bag.'),
      line('officer', 'Who took it', 'Name or number of the officer.'),
      line('force', 'Force'),
      line('policeReference', 'Police reference'),
      when('When it was handed over'),
    ],
    button: 'Record the hand-over',
    done: 'It is with the police. The record shows who has it.',
  },
  {
    action: 'return',
    heading: 'Give it back',
    about: 'The receipt shows when and to whom.',
    fields: [line('to', 'To whom', 'The pupil, or which parent or carer.'), when('When')],
    button: 'Record that it was given back',
    done: 'It is recorded that it was given back.',
  },
  {
    action: 'move',
    heading: 'Somebody else keeps it now',
    about: 'Each hand-over keeps the chain whole.',
    fields: [
      person('from', 'Who had it until now', 'staff'),
      person('holder', 'Who keeps it now', 'staff'),
      ...custody,
      when('When it changed hands'),
    ],
    button: 'Record it',
    done: 'It is recorded who has it now.',
  },
  {
    action: 'decide',
    heading: 'Your decision as safeguarding lead',
    about: 'Nobody looks at the picture to decide this, you included. Follow the guidance and name what you consulted.',
    fields: [
      choice('decision', 'What happens with it', DECISIONS),
      text('why', 'Why'),
      { name: 'editions', label: 'Guidance you consulted', kind: 'editions' },
    ],
    button: 'Record the decision',
    done: 'The decision is recorded.',
  },
  {
    action: 'bring-in',
    heading: 'Bring a colleague in',
    about: 'Somebody else on the list can then read this record and go on with it.',
    fields: [person('person', 'Who', 'authorised')],
    button: 'Bring them in',
    done: 'They can read and go on with this record now.',
  },
  {
    action: 'involve',
    heading: 'Name somebody it is also about',
    about: 'From then on they see nothing of it and can have no part in it, whoever they are.',
    fields: [{ name: 'person', label: 'Who', kind: 'find' }],
    button: 'Name this person',
    done: 'The person is named.',
  },
  {
    action: 'note',
    heading: 'Add a note',
    about: 'Notes and entries are never changed or deleted. Put something right with another note.',
    fields: [text('text', 'Note')],
    button: 'Add the note',
    done: 'The note is added.',
  },
  {
    action: 'call-off',
    heading: 'End it without a search',
    about: 'What you wrote stays in the record.',
    fields: [text('text', 'Why there is no search')],
    button: 'End it',
    done: 'It has ended without a search.',
  },
];

export const formOf = (action: string): StepForm | undefined => STEP_FORMS.find((f) => f.action === action);

/** Fields that name a person: their facts are looked up before a step is judged. */
export const personFields = (form: StepForm): readonly string[] =>
  form.fields.filter((f) => f.kind === 'person' || f.kind === 'find').map((f) => f.name);
/** Fields in people's own words: the ledger keeps only their digest. */
export const wordFields = (form: StepForm): readonly string[] =>
  form.fields.filter((f) => f.kind === 'line' || f.kind === 'text').map((f) => f.name);
