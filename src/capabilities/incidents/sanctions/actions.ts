/** Whom a task goes to. `case`: whoever has the case. `named`: whom the decision names. */
export type To =
  | 'tutor'
  | 'year-head'
  | 'head'
  | 'technical'
  | 'accounts'
  | 'data-protection'
  | 'case'
  | 'named'
  | 'authoriser';

/** A field that an action asks for on the form of the decision; its name there is `<action>--<name>`. */
export interface ActionField {
  readonly name: 'text' | 'person' | 'authoriser' | 'what' | 'level' | 'from' | 'until';
  readonly kind: 'text' | 'staff' | 'heads' | 'choice' | 'day';
  readonly label: string;
  readonly hint?: string;
  readonly options?: readonly { readonly value: string; readonly text: string }[];
  readonly optional?: true;
}

/** What a chosen action becomes: a task, to whom, by when, in which words. A school's own action is `OTHER`. */
export interface ActionKind {
  readonly to: To;
  /** `{name}` is whose conduct it answers, `{more}` what the decision adds in its own words. */
  readonly text: string;
  readonly days: number;
  readonly fields: readonly ActionField[];
  readonly href?: string;
  /** What the case must have recorded before the task can be finished. */
  readonly needs?: 'police' | 'parents';
}

const words = (label: string, more: Partial<ActionField> = {}): ActionField => ({
  name: 'text',
  kind: 'text',
  label,
  ...more,
});
const optional = { optional: true } as const;
const choice = (name: 'what' | 'level', label: string, options: Readonly<Record<string, string>>): ActionField => ({
  name,
  kind: 'choice',
  label,
  options: Object.entries(options).map(([value, text]) => ({ value, text })),
});
const day = (name: 'from' | 'until', label: string, more: Partial<ActionField> = {}): ActionField => ({
  name,
  kind: 'day',
  label,
  ...more,
});
const somebody = (label: string, more: Partial<ActionField> = {}): ActionField => ({
  name: 'person',
  kind: 'staff',
  label,
  ...more,
});
/** SAN-33: only a head gives these; who carries it out accepts it first, and so answers for it. */
const authorised = (more: readonly ActionField[], text: string): ActionKind => ({
  to: 'authoriser',
  text,
  days: 2,
  fields: [
    ...more,
    day('from', 'From'),
    day('until', 'Until (optional)', optional),
    { name: 'authoriser', kind: 'heads', label: 'Who gives it', hint: 'It holds once they have accepted it.' },
    words('In your words (optional)', optional),
  ],
});

export const OTHER: ActionKind = {
  to: 'named',
  text: 'About {name}: {more}',
  days: 5,
  fields: [somebody('Who does it'), words('What they are to do')],
};

/** By the ids that the shipped policies use; what is not here a person does whom the decision names. */
export const ACTION_KINDS: Readonly<Record<string, ActionKind>> = {
  'refer-tutor': {
    to: 'tutor',
    text: 'Talk with {name} about what was decided, and keep an eye on how it goes. {more}',
    days: 2,
    fields: [
      somebody('Another than their own tutor (optional)', {
        ...optional,
        hint: 'Needed where nobody is recorded as teaching their form.',
      }),
      words('What the tutor is to know (optional)', optional),
    ],
  },
  'refer-head-of-department': {
    to: 'year-head',
    text: 'Look after what was decided about {name} in your year or department. {more}',
    days: 2,
    fields: [
      somebody('Another than the head of their year (optional)', {
        ...optional,
        hint: 'A head of department or somebody else; needed where nobody is recorded as head of their year.',
      }),
      words('What they are to know (optional)', optional),
    ],
  },
  'refer-head': {
    to: 'head',
    text: 'Decide what more follows for {name}. {more}',
    days: 2,
    fields: [words('What the head is to know (optional)', optional)],
  },
  'refer-police': {
    to: 'case',
    text: 'Tell the police about what {name} did. Record with a second person that they were told, with force and reference; then hold and hand over the evidence. {more}',
    days: 1,
    fields: [words('What they are to be told (optional)', optional)],
    needs: 'police',
  },
  'refer-technical': {
    to: 'technical',
    text: 'Act on the filter or on security, as asked: {more} A change of the filter goes through the changes of the filter, and is agreed to there.',
    days: 2,
    fields: [words('What technical staff are to do', { hint: 'Without naming anybody, where you can.' })],
    href: '/filtering/changes',
  },
  'inform-parents': {
    to: 'case',
    text: 'Tell the parents or carers of {name}: write the letter, or record that they were told. {more}',
    days: 2,
    fields: [words('What they are to be told (optional)', optional)],
    needs: 'parents',
  },
  // Nobody has to do it: it runs by itself (carry-out.ts writes its text).
  'remove-access': {
    to: 'case',
    text: '',
    days: 1,
    fields: [
      {
        ...choice('level', 'What is taken away', {
          internet: 'The internet',
          network: 'The network with all its devices',
        }),
        hint: 'It takes effect at Gatehouse’s DNS and proxy within two seconds, wherever this person is signed in or their own device is registered. Gatehouse does not decide who may join the Wi-Fi: switch that off by hand where it is needed.',
      },
      day('from', 'From (optional)', { ...optional, hint: 'At once where you leave it out.' }),
      day('until', 'Given back on', {
        hint: 'By itself, at the beginning of this day. Telling somebody and help always stay open.',
      }),
      words('Sites that stay open for exams (optional)', {
        ...optional,
        hint: 'One host each line, such as exams.example.',
      }),
    ],
  },
  warning: {
    to: 'case',
    text: 'See that {name} reads the warning and understands it. It is on their own page, where they say that they have read it.',
    days: 5,
    fields: [words('The warning, as they will read it', { hint: 'Kind and plain. Name nobody else.' })],
  },
  'further-sanction': authorised(
    [
      choice('what', 'What it is', {
        detention: 'Detention',
        'internal-exclusion': 'Work apart from the class',
        suspension: 'Suspension',
        exclusion: 'Permanent exclusion',
        other: 'Something else, in your words',
      }),
    ],
    'Give {name} this sanction: {what}, {dates}. {more}',
  ),
  'refer-line-manager': {
    to: 'named',
    text: 'Talk with {name}, whom you manage, about what was decided. {more}',
    days: 2,
    fields: [somebody('Their line manager'), words('What the line manager is to know (optional)', optional)],
  },
  'refer-local-authority': {
    to: 'case',
    text: 'Tell the local authority, or personnel, about what {name} did, and record the contact. {more}',
    days: 1,
    fields: [words('What they are to be told (optional)', optional)],
  },
  suspension: authorised([], 'Suspend {name}, {dates}. {more}'),
  'disciplinary-action': authorised([], 'Begin the disciplinary procedure with {name}, {dates}. {more}'),
};

export const kindOf = (action: string): ActionKind => ACTION_KINDS[action] ?? OTHER;

/** SAN-10..13: what a type of incident brings with it, whatever is chosen. */
export const MARK_TASKS: Readonly<Record<string, Omit<ActionKind, 'fields'>>> = {
  'reset-password': {
    to: 'accounts',
    text: 'Give {name} a new first password: others know the one they have.',
    days: 1,
    href: '/people',
  },
  'secure-account': {
    to: 'accounts',
    text: 'Secure the account that {name} used{victims}: a new password, all its sign-ins ended, and a look at what was done with it.',
    days: 1,
    href: '/people',
  },
  'data-breach': {
    to: 'data-protection',
    text: 'Judge whether personal data was open to somebody who may not see it: {name} used the account of a member of staff, or tried to. A breach is reported within 72 hours.',
    days: 1,
  },
  restore: {
    to: 'technical',
    text: 'Restore the data that was spoilt or destroyed{victims}, and say what could not be restored.',
    days: 2,
  },
};
