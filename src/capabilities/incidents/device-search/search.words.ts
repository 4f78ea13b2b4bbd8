import type { SearchAction, SearchState } from './search.facts.ts';

/** What the pages call the states; red is for what may endanger a child now, and for nothing else. */
export const STATES: Readonly<
  Record<SearchState, { name: string; tag: 'amber' | 'calm' | 'quiet' | 'danger'; now: string }>
> = {
  grounds: {
    name: 'Grounds',
    tag: 'calm',
    now: 'Nothing is searched yet. There must be a ground, and advice where it can wait.',
  },
  advice: { name: 'Advised', tag: 'calm', now: 'Advice was sought. The pupil is told why and how.' },
  ready: { name: 'Ready to search', tag: 'calm', now: 'The pupil knows why, and was asked to help.' },
  searched: { name: 'Searched', tag: 'calm', now: 'Take the device, or hand it back at once.' },
  confiscated: {
    name: 'Taken',
    tag: 'amber',
    now: 'The device is with us. Nobody looks at what is on it without a good reason.',
  },
  examined: {
    name: 'Examined',
    tag: 'amber',
    now: 'There was a good reason to look. Say what was found and decide together.',
  },
  deleted: {
    name: 'Deleted',
    tag: 'amber',
    now: 'Something was deleted, with a witness. The device still has to be given back.',
  },
  returned: { name: 'Given back', tag: 'quiet', now: 'The device is no longer with us.' },
  police: { name: 'With the police', tag: 'quiet', now: 'The police have the device.' },
  'dsl-decision': {
    name: 'Locked: the DSL decides',
    tag: 'danger',
    now: 'Nobody looks. The safeguarding lead alone decides.',
  },
  'called-off': { name: 'Not searched', tag: 'quiet', now: 'It ended without a search.' },
};

/** An entry's line in the story. */
export const ENTRY: Readonly<Record<SearchAction, string>> = {
  start: 'Begun',
  reassess: 'Judged again',
  ground: 'Ground',
  advise: 'Advice sought',
  explain: 'Explained to the pupil',
  cooperate: 'Asked the pupil to help',
  search: 'Searched',
  confiscate: 'Device taken',
  examine: 'Good reason to look',
  finding: 'What was found',
  evidence: 'Evidence?',
  consider: 'Who could be at risk',
  respond: 'Decided together',
  refusal: 'Would not delete it themselves',
  delete: 'Something deleted',
  'hand-over': 'Handed to the police',
  return: 'Given back',
  move: 'Kept by somebody else',
  suspect: 'Suspected: locked, and the DSL alerted',
  decide: 'The DSL’s decision',
  'bring-in': 'Colleague brought in',
  involve: 'Also about somebody',
  note: 'Note',
  'call-off': 'Ended without a search',
  remind: 'The police have not got it yet: those above were told',
};
