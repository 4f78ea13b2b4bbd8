import { choice, line, reference, type StepForm, text } from './form.ts';

/** What is done about it: sanctions, support, parents, other services, records. */
export const ACTIONS: readonly StepForm[] = [
  {
    action: 'sanction',
    heading: 'Decide what follows',
    hint: 'From the actions that the policy lists for this type of incident, with the reasons why they are in proportion. Each becomes a task.',
    fields: [],
    button: 'Decide what follows',
    done: 'It is decided. Each action is with whoever does it.',
    line: 'What follows for {person}, for “{type}”: {actions}. Circumstances: {circumstances}. Nature: {nature}. Seriousness: {seriousness}. Their own account: {account}.',
    ownPage: true,
  },
  {
    action: 'act',
    heading: 'Record what was done',
    hint: 'Who did what, when, and what came of it.',
    fields: [
      choice(
        'purpose',
        'It was done',
        { response: 'in answer to what happened', safeguarding: 'to keep somebody safe' },
        { optional: true },
      ),
      text('What was done'),
    ],
    button: 'Record the action',
    done: 'The action is recorded.',
    line: 'Action taken',
  },
  {
    action: 'help',
    heading: 'Record support',
    hint: 'For whoever was hurt, whoever they are: pupil, member of staff or anybody else.',
    fields: [
      {
        name: 'person',
        kind: 'select',
        label: 'Whom it is for',
        hint: 'Each who was hurt has support of their own. Somebody who is not in the list is named as hurt first.',
        from: 'affected',
        optional: true,
      },
      text('Who supports them, how they are protected, and from when'),
    ],
    button: 'Record the support',
    done: 'The support is recorded.',
    line: 'Support for {person}',
  },
  {
    action: 'bullying-test',
    heading: 'Is it bullying? Four questions',
    hint: 'By the policy it is bullying where all four are so. Where they are not it may still be something else.',
    fields: [
      choice('online', 'It happened online', { yes: 'Yes', no: 'No', unsure: 'Not sure' }),
      choice('repeated', 'It was repeated', { yes: 'Yes', no: 'No', unsure: 'Not sure' }),
      choice('intended', 'Harm was intended', { yes: 'Yes', no: 'No', unsure: 'Not sure' }),
      choice('imbalance', 'One side had more power', { yes: 'Yes', no: 'No', unsure: 'Not sure' }),
      text('In your words (optional)', { optional: true }),
    ],
    button: 'Record the answers',
    done: 'The answers are recorded.',
    line: 'Is it bullying? Online: {online}; repeated: {repeated}; intended: {intended}; more power: {imbalance}',
  },
  {
    action: 'inform',
    heading: 'Parents or carers',
    hint: 'Record that they were told, by whom and what they said. Where telling them could put somebody in danger the safeguarding lead may decide that they are not told yet.',
    fields: [
      choice('decision', 'They', { told: 'were told', withheld: 'are not told, for now' }),
      text('When, how and what they said, or why not'),
    ],
    button: 'Record it',
    done: 'It is recorded.',
    line: 'Parents or carers: {decision}',
  },
  {
    action: 'contact',
    heading: 'Record a contact with another service',
    hint: 'Local authority, trust, social care, the information commissioner, a helpline.',
    fields: [
      line('body', 'Which service, and whom you spoke to'),
      line('basis', 'Consent, or the legal basis for sharing'),
      text('What was passed on'),
      line('reply', 'What they answered', {
        hint: 'Or that they have not answered yet: record it as another contact when they do.',
      }),
    ],
    button: 'Record the contact',
    done: 'The contact is recorded.',
    line: 'Contact with {body}; shared on the basis of: {basis}',
  },
  {
    action: 'record',
    heading: 'Safeguarding record system',
    hint: 'Enter the case there (an export is ready below), and record its reference.',
    fields: [reference('Its reference in that system')],
    button: 'Record the reference',
    done: 'The reference is recorded.',
    line: 'In the safeguarding record system as {reference}',
  },
];
