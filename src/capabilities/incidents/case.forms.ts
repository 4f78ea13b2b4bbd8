import type { CaseAction } from './case.workflow.ts';

/** Where the choices of a field come from, when they are the case's or the school's own. */
export type OptionSource =
  | 'staff'
  | 'found'
  | 'affected'
  | 'team'
  | 'types'
  | 'rows'
  | 'items'
  | 'outcomes'
  | 'computers'
  | 'addresses'
  | 'isolated'
  | 'sanctions'
  | 'appeals';
export interface Field {
  readonly name: string;
  readonly kind: 'text' | 'line' | 'choice' | 'checks' | 'select' | 'person' | 'when';
  readonly label: string;
  readonly hint?: string;
  readonly options?: readonly { readonly value: string; readonly text: string }[];
  readonly from?: OptionSource;
  readonly optional?: true;
}

export type StepAction = Exclude<CaseAction, 'report'>;
export interface StepForm {
  readonly action: StepAction;
  readonly heading: string;
  readonly hint: string;
  readonly fields: readonly Field[];
  readonly button: string;
  readonly done: string;
  /** The line of the story; `{person}` and the names of choices are put in. */
  readonly line: string;
  /** It has a page of its own, where more is asked than fields can: `/cases/<reference>/<action>`. */
  readonly ownPage?: true;
}

const text = (label: string, more: Partial<Field> = {}): Field => ({ name: 'text', kind: 'text', label, ...more });
const line = (name: string, label: string, more: Partial<Field> = {}): Field => ({
  name,
  kind: 'line',
  label,
  ...more,
});
const choice = (
  name: string,
  label: string,
  options: Readonly<Record<string, string>>,
  more: Partial<Field> = {},
): Field => ({
  name,
  kind: 'choice',
  label,
  options: Object.entries(options).map(([value, t]) => ({ value, text: t })),
  ...more,
});
const staff = (label: string): Field => ({ name: 'person', kind: 'select', label, from: 'staff' });
const found = (label: string): Field => ({ name: 'person', kind: 'person', label, from: 'found' });
const force = line('force', 'Police force', { optional: true });
const reference = (label: string, more: Partial<Field> = {}) => line('reference', label, more);

/** The form of each step, in the order in which a page offers them. The code holds no sentences of its own. */
export const STEP_FORMS: readonly StepForm[] = [
  {
    action: 'suspect',
    heading: 'Stop: it may be an image of a child’s sexual abuse',
    hint: 'Do not look again, do not copy, print, forward or save anything, and leave the device as it is. The case is locked at once: nothing but words goes in, and nothing comes out. The right people are told now.',
    fields: [
      text('Where it is, in words only (optional)', {
        optional: true,
        hint: 'Which device, app or address. Do not describe more than you must, and attach nothing.',
      }),
    ],
    button: 'Stop and lock the case',
    done: 'The case is locked and the right people have been told. You did the right thing. Leave the device as it is.',
    line: 'Stopped: it may be an image of a child’s abuse',
  },
  {
    action: 'assign',
    heading: 'Give the case to somebody',
    hint: 'They can read it and act in it from now on, and are told by e-mail. Who had it before can no longer read it.',
    fields: [staff('Who is to have it'), text('A word to go with it (optional)', { optional: true })],
    button: 'Give the case',
    done: 'The case has been given.',
    line: 'Given to {person}',
  },
  {
    action: 'support',
    heading: 'Help at once: nobody’s conduct is in question',
    hint: 'For a worry about somebody. Whatever you learn later, you can still record what it looks like and follow the whole procedure.',
    fields: [text('What is being done, by whom and when')],
    button: 'Record the help',
    done: 'The help is recorded.',
    line: 'Help given',
  },
  {
    action: 'classify',
    heading: 'Record what it looks like',
    hint: 'As far as anybody knows by now. You can change it later; what stood here before is kept.',
    fields: [
      { name: 'types', kind: 'checks', label: 'What it is about', from: 'types' },
      choice('culpability', 'The conduct looks', {
        unknown: 'not known yet',
        none: 'like nobody’s fault',
        careless: 'careless',
        irresponsible: 'irresponsible',
        deliberate: 'deliberate',
      }),
      choice('content', 'The content is', {
        unknown: 'not known yet',
        none: 'none, or harmless',
        inappropriate: 'inappropriate',
        illegal: 'illegal, or may be',
      }),
      choice(
        'picture',
        'If it may be about a sexual picture of a pupil, real or false: is there such a picture here, or may there be?',
        { yes: 'yes, or perhaps: the case stops at once and everybody who must know is told', no: 'no' },
        { optional: true },
      ),
      { name: 'row', kind: 'select', label: 'The row of the policy it touches', from: 'rows', optional: true },
      choice('severity', 'How fast it must be dealt with', {
        urgent: 'urgent: somebody could come to harm today',
        serious: 'serious',
        routine: 'routine',
      }),
      choice('allegation', 'Is it an allegation against somebody who works here?', {
        no: 'no',
        misconduct: 'yes, of misconduct (a personal device counts where it is misconduct)',
        serious: 'yes, a serious one: from then on only those whom the policy names see the case',
      }),
      text('In your words (needed for “something else that may be a crime”)', { optional: true }),
    ],
    button: 'Record it',
    done: 'It is recorded.',
    line: 'What it looks like: {types}; conduct {culpability}, content {content}, {severity}',
  },
  {
    action: 'contain',
    heading: 'Contain it',
    hint: 'Keep it from spreading and protect whoever is hurt. Nothing is examined before that.',
    fields: [text('A word on it (optional)', { optional: true })],
    button: 'Go on to containing it',
    done: 'Now list what keeps it from spreading.',
    line: 'Being contained',
  },
  {
    action: 'isolate',
    heading: 'Isolate the device',
    hint: 'Take it off the network, switch nothing on or off, and keep it where nobody can change it.',
    fields: [
      line('device', 'Which device'),
      line('place', 'Where it is kept, and its seal'),
      {
        name: 'address',
        kind: 'select',
        label: 'Its registered address (optional)',
        hint: 'From there nothing is reached any more but Gatehouse’s own pages, within two seconds. Only addresses that stand for one device are in the list.',
        from: 'addresses',
        optional: true,
      },
      text('Who did it, when, and how it was found'),
    ],
    button: 'Record that it is isolated',
    done: 'The device is recorded as isolated.',
    line: 'Isolated: {device}, kept {place}',
  },
  {
    action: 'release-device',
    heading: 'Let an isolated device go',
    hint: 'When it goes back to its owner, or the police have it. Its address is no longer closed.',
    fields: [
      { name: 'isolation', kind: 'choice', label: 'Which device', from: 'isolated' },
      text('To whom it went, when, and why its isolation ends'),
    ],
    button: 'Let it go',
    done: 'Its address is open again as it was.',
    line: 'An isolated device was let go',
  },
  {
    action: 'contain-item',
    heading: 'Add to the containment list',
    hint: 'One thing each: who has it, on which device or platform, which take-down was asked for. The case does not end while one stands open.',
    fields: [
      choice('kind', 'What it is', {
        person: 'Somebody who has it',
        device: 'A device it is on',
        platform: 'A platform it is on',
        'take-down': 'A take-down that was asked for',
        protect: 'Protection for whoever is hurt',
      }),
      text('What is to be done'),
    ],
    button: 'Add it',
    done: 'It is on the list.',
    line: 'To be contained: {kind}',
  },
  {
    action: 'contain-done',
    heading: 'Finish something on the containment list',
    hint: 'What was done, or why it cannot be.',
    fields: [{ name: 'item', kind: 'choice', label: 'Which one', from: 'items' }, text('What was done')],
    button: 'It is done',
    done: 'It is done with.',
    line: 'Contained',
  },
  {
    action: 'not-needed',
    heading: 'Say that a step is not needed here',
    hint: 'No step is left out in silence: it takes the reason, and a second person who says the same.',
    fields: [
      choice('step', 'Which step', {
        isolation: 'Isolating a device',
        containment: 'A containment list',
        examination: 'An examination on the designated computer',
      }),
      text('Why it is not needed'),
    ],
    button: 'Say so',
    done: 'Your reason is kept. The step falls away once a second person has said the same.',
    line: 'Not needed: {step}',
  },
  {
    action: 'form-team',
    heading: 'Form the team',
    hint: 'Senior people whom the case is not about and who have no interest in it.',
    fields: [],
    button: 'Go on to the team',
    done: 'Now let people join the team.',
    line: 'A team is formed',
  },
  {
    action: 'join',
    heading: 'Let somebody join the team',
    hint: 'They can read the case from now on, and are told by e-mail.',
    fields: [staff('Who joins'), text('What they are to do (optional)', { optional: true })],
    button: 'Let them join',
    done: 'They have joined.',
    line: '{person} joined the team',
  },
  {
    action: 'designate',
    heading: 'Name the designated computer',
    hint: 'One computer that pupils never use. The case keeps to it until the end.',
    fields: [{ name: 'computer', kind: 'select', label: 'Which computer', from: 'computers' }],
    button: 'Name it',
    done: 'The computer is named.',
    line: 'The designated computer is named',
  },
  {
    action: 'attend',
    heading: 'Sign in to the case',
    hint: 'You take part as one of its seniors, here and now. It holds for an hour.',
    fields: [],
    button: 'I take part now',
    done: 'You are signed in to the case for an hour.',
    line: 'Signed in to the case',
  },
  {
    action: 'examine',
    heading: 'Begin the examination',
    hint: 'On the designated computer, with the seniors who are signed in. Whatever may be opened at all is open to them there for two hours. Every address visited is recorded.',
    fields: [],
    button: 'Begin the examination',
    done: 'The examination has begun. Every address is recorded.',
    line: 'Examination begun',
  },
  {
    action: 'renew-access',
    heading: 'Open the access anew',
    hint: 'For another two hours, for the seniors who are signed in to the case now, on this computer. What was open before ends.',
    fields: [text('A word on it (optional)', { optional: true })],
    button: 'Open the access anew',
    done: 'The access is open for two hours from now.',
    line: 'Access for the examination opened anew',
  },
  {
    action: 'skip-examination',
    heading: 'Go on without an examination',
    hint: 'After two people have said, with their reasons, that none is needed.',
    fields: [],
    button: 'Go on to the judgement',
    done: 'The case goes on to judgement.',
    line: 'No examination: two people agreed that none is needed',
  },
  {
    action: 'finding',
    heading: 'Record a finding',
    hint: 'The address, and what is worrying about it, in words. If it may show the sexual abuse of a child, stop instead.',
    fields: [
      line('url', 'Address (optional)', { optional: true }),
      line('noUrl', 'Why there is no address (optional)', { optional: true }),
      text('What was found there'),
    ],
    button: 'Record the finding',
    done: 'The finding is recorded.',
    line: 'Finding: {url}{noUrl}',
  },
  {
    action: 'finish',
    heading: 'Finish the examination',
    hint: 'The access for it ends at once.',
    fields: [text('A word on it (optional)', { optional: true })],
    button: 'Finish the examination',
    done: 'The examination is over. Now the seniors judge.',
    line: 'Examination finished',
  },
  {
    action: 'judge',
    heading: 'Judge it',
    hint: 'Each senior says alone whether there is substance in it, and why. The case moves once all say the same.',
    fields: [
      choice('verdict', 'Is there substance in it?', { substance: 'Yes', 'no-substance': 'No' }),
      text('Why you think so'),
    ],
    button: 'Give my judgement',
    done: 'Your judgement is kept.',
    line: 'Judgement: {verdict}',
  },
  {
    action: 'police-decision',
    heading: 'Record whether the police are told',
    hint: 'Two people record the same decision. It can be changed in the same way.',
    fields: [
      choice('decision', 'The police', { reported: 'have been told', 'not-reported': 'are not told' }),
      force,
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
  {
    action: 'note',
    heading: 'Add a note',
    hint: 'Facts, what people said in their own words, what you are waiting for. Notes are never changed or deleted.',
    fields: [text('Note')],
    button: 'Add the note',
    done: 'The note is added.',
    line: 'Note',
  },
  {
    action: 'touch',
    heading: 'Name somebody it touches',
    hint: 'Who was hurt, or who saw it. It is not about what they did. Whoever saw it is shown to nobody outside the case.',
    fields: [
      found('Who is it'),
      choice('role', 'They', { affected: 'were hurt or affected', witness: 'saw it' }),
      text('Why (optional)', { optional: true }),
    ],
    button: 'Name this person',
    done: 'The person is named.',
    line: '{person}: {role}',
  },
  {
    action: 'involve',
    heading: 'Name somebody the case is also about',
    hint: 'From then on they see nothing of it and can have no part in it, whoever they are.',
    fields: [found('Who is it'), text('Why (optional)', { optional: true })],
    button: 'Name this person',
    done: 'The person is named.',
    line: 'Also about {person}',
  },
  {
    action: 'link',
    heading: 'Link another case or alert',
    hint: 'By its reference.',
    fields: [reference('Reference, such as C-7KQ2MX'), text('How they belong together (optional)', { optional: true })],
    button: 'Link it',
    done: 'It is linked.',
    line: 'Belongs with {reference}',
  },
  {
    action: 'refer-out',
    heading: 'It does not belong here',
    hint: 'Purely technical, out of the policy’s scope, or a data breach. Where it is about a person a second person agrees.',
    fields: [
      choice('decision', 'It is', {
        technical: 'purely technical',
        'out-of-scope': 'out of the policy’s scope',
        'data-breach': 'a matter of data protection',
      }),
      text('Why'),
    ],
    button: 'Refer it out',
    done: 'Your word is kept.',
    line: 'Referred out: {decision}',
  },
  {
    action: 'leave',
    heading: 'Let somebody leave the team',
    hint: 'What they said and did stays.',
    fields: [{ name: 'person', kind: 'select', label: 'Who leaves', from: 'team' }, text('Why')],
    button: 'Let them leave',
    done: 'They have left the team.',
    line: '{person} left the team',
  },
  {
    action: 'conflict',
    heading: 'Declare an interest',
    hint: 'If you are close to somebody in this case, or it touches you, say so: from then on you have no part in it.',
    fields: [text('Which')],
    button: 'Declare it and leave the case',
    done: 'Thank you. You have no part in the case any more.',
    line: 'Declared an interest',
  },
  {
    action: 'reopen',
    heading: 'Open the case again',
    hint: 'What was written stays as it is.',
    fields: [text('What has come to light')],
    button: 'Open again',
    done: 'The case is open again.',
    line: 'Opened again',
  },
];

export const formOf = (action: string): StepForm | undefined => STEP_FORMS.find((f) => f.action === action);
