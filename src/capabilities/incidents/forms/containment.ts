import { choice, line, type StepForm, text } from './form.ts';

/** Keeping it from spreading: devices, the list, and what is not needed. */
export const CONTAINMENT: readonly StepForm[] = [
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
];
