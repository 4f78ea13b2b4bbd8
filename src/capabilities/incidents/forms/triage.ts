import { choice, type StepForm, staff, text } from './form.ts';

/** The first steps: whose case it is, what it looks like, and stopping at once where it may be an image of abuse. */
export const TRIAGE: readonly StepForm[] = [
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
];
