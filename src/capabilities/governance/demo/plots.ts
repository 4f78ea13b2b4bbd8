import type { Step } from '#rooms/incidents/index.ts';

/** What happens to an alert after it was raised; minutes are counted from then. */
export interface Sequel {
  readonly acknowledge?: number;
  readonly close?: string;
  readonly case?: readonly CaseStep[];
}
export interface CaseStep extends Omit<Step, 'person'> {
  readonly after: number;
  /** A part of the cast. */
  readonly by?: string;
  readonly person?: string;
}
/** Something that is kept in the evidence of a case. */
export interface Kept {
  readonly after: number;
  readonly by?: string;
  readonly keep:
    | { readonly file: string; readonly description: string; readonly text: string }
    | { readonly device: string; readonly serial: string; readonly from: string; readonly place: string };
}

export interface Plot {
  /** School days back and time of day; or minutes before now. */
  readonly when: { readonly back: number; readonly at: string } | { readonly minutesAgo: number };
  /** The n-th person of a year, or of staff. */
  readonly who: { readonly year: number; readonly n: number } | { readonly staff: number };
  readonly host: string;
  readonly category: string;
  readonly tries: number;
  readonly sequel: Sequel;
}

export const give = (person: string, after = 5): CaseStep => ({ action: 'assign', person, text: '', after });

export const told = (text: string, after: number, by = 'dsl'): CaseStep => ({
  action: 'inform',
  by,
  text,
  detail: { decision: 'told' },
  after,
});
export const recorded = (reference: string, after: number, by = 'dsl'): CaseStep => ({
  action: 'record',
  by,
  detail: { reference },
  after,
});
const resolved = (outcome: string, text: string, after: number, by = 'dsl'): CaseStep => ({
  action: 'resolve',
  by,
  outcome,
  text,
  after,
});
const signed = (after: number): CaseStep => ({ action: 'close', after });
/** Two people say, each with the reason, that a step is not needed. */
export const notNeeded = (step: string, text: string, after: number): CaseStep[] =>
  ['deputy', 'dsl'].map((by) => ({ action: 'not-needed', by, text, detail: { step }, after }));

/** What stands out in the fortnight: alerts in every state, cases in every state. All of it is made up. */
export const PLOTS: readonly Plot[] = [
  {
    when: { back: 9, at: '10:05' },
    who: { year: 9, n: 12 },
    host: 'arcade.opal.example',
    category: 'games',
    tries: 6,
    sequel: { acknowledge: 22, close: 'Spoke with the tutor: a spare laptop was left open on a games page.' },
  },
  {
    when: { back: 8, at: '13:20' },
    who: { year: 10, n: 31 },
    host: 'dark-pool.onyx.example',
    category: 'self-harm',
    tries: 1,
    sequel: {
      acknowledge: 2,
      case: [
        give('dsl'),
        { action: 'note', text: 'Found her in the library with a friend. Calm, willing to talk.', after: 20 },
        { action: 'support', text: 'Talked for half an hour; she is with the counsellor now.', after: 75 },
        told('With her agreement. They come in at four.', 80),
        {
          action: 'act',
          text: 'Met the parents. Weekly time with the counsellor from Monday; tutor knows whom to ask.',
          after: 190,
        },
        recorded('R-1041', 200),
        resolved('supported', 'Plan agreed with the family. Review in six weeks.', 2 * 24 * 60),
        signed(2 * 24 * 60 + 5),
      ],
    },
  },
  {
    when: { back: 7, at: '11:40' },
    who: { year: 11, n: 8 },
    host: 'tunnel.badger.example',
    category: 'proxy-bypass',
    tries: 7,
    sequel: {
      acknowledge: 35,
      case: [
        give('deputy', 10),
        {
          action: 'classify',
          by: 'deputy',
          detail: {
            types: ['bypass'],
            culpability: 'deliberate',
            content: 'none',
            row: 'none',
            severity: 'routine',
            allegation: 'no',
          },
          after: 30,
        },
        { action: 'contain', by: 'deputy', after: 31 },
        ...notNeeded('isolation', 'A school laptop, in its trolley since; the filter stopped every try.', 40),
        ...notNeeded('containment', 'Nothing was reached, so nothing can spread.', 45),
        { action: 'form-team', by: 'deputy', after: 50 },
        ...notNeeded('examination', 'The activity record shows every try; there is no more to be seen.', 60),
        { action: 'skip-examination', by: 'deputy', after: 62 },
        { action: 'attend', by: 'deputy', after: 25 * 60 },
        {
          action: 'judge',
          by: 'deputy',
          text: 'Seven tries at a tunnel within ten minutes; he says so himself.',
          detail: { verdict: 'substance' },
          after: 25 * 60 + 5,
        },
        {
          action: 'act',
          by: 'deputy',
          text: 'Talked about why the filter is there. Second warning noted.',
          after: 26 * 60,
        },
        told('Letter home; his mother rang to say thank you.', 26 * 60 + 10, 'deputy'),
        recorded('R-1043', 26 * 60 + 15, 'deputy'),
        resolved('behaviour', '', 27 * 60, 'deputy'),
      ],
    },
  },
  {
    when: { back: 6, at: '09:35' },
    who: { year: 8, n: 44 },
    host: 'grown-ups.onyx.example',
    category: 'pornography',
    tries: 5,
    sequel: {
      acknowledge: 12,
      close: 'A mistyped address that led on from page to page; talked it over, no worry left.',
    },
  },
  {
    when: { back: 5, at: '14:10' },
    who: { year: 12, n: 20 },
    host: 'banner.basalt.example',
    category: 'extremism',
    tries: 1,
    sequel: {
      acknowledge: 30,
      case: [
        give('dsl', 12),
        { action: 'note', text: 'Politics coursework on propaganda; subject teacher confirms the topic.', after: 60 },
        {
          action: 'support',
          text: 'Teacher will give the class sources that are open. Talked with the student.',
          after: 90,
        },
      ],
    },
  },
  {
    when: { back: 4, at: '10:40' },
    who: { year: 10, n: 3 },
    host: 'bets.magpie.example',
    category: 'gambling',
    tries: 6,
    sequel: {
      acknowledge: 18,
      case: [
        give('dsl', 9),
        { action: 'support', text: 'A pop-up on a sports page opened by itself, seen by the teacher.', after: 55 },
        told('A word at the gate.', 120),
        recorded('R-1047', 125),
        resolved('supported', '', 130),
        signed(135),
      ],
    },
  },
  {
    when: { back: 3, at: '10:20' },
    who: { staff: 50 },
    host: 'vpn.otter.example',
    category: 'vpn',
    tries: 6,
    sequel: {
      acknowledge: 40,
      case: [
        give('dsl', 15),
        {
          action: 'support',
          text: 'Met the colleague: a phone set up for home. Told how to leave it off here.',
          after: 5 * 60,
        },
      ],
    },
  },
  {
    when: { back: 2, at: '13:05' },
    who: { year: 9, n: 27 },
    host: 'dark-pool.onyx.example',
    category: 'self-harm',
    tries: 2,
    sequel: {
      acknowledge: 3,
      case: [give('deputy', 4), { action: 'note', by: 'deputy', text: 'With the school nurse now.', after: 15 }],
    },
  },
  {
    when: { back: 1, at: '14:50' },
    who: { year: 7, n: 60 },
    host: 'rooms.teal.example',
    category: 'grooming',
    tries: 1,
    sequel: {
      acknowledge: 1,
      case: [
        give('dsl', 2),
        {
          action: 'support',
          text: 'Sat with her and her tutor. A stranger asked for her school; nothing was sent. Parents told.',
          after: 50,
        },
      ],
    },
  },
  {
    when: { back: 1, at: '11:15' },
    who: { year: 8, n: 15 },
    host: 'vapes.cedar.example',
    category: 'vaping',
    tries: 6,
    sequel: { acknowledge: 25 },
  },
  {
    when: { minutesAgo: 26 },
    who: { year: 10, n: 77 },
    host: 'fights.shrike.example',
    category: 'violence',
    tries: 6,
    sequel: {},
  },
  {
    when: { minutesAgo: 1 },
    who: { year: 9, n: 91 },
    host: 'dark-pool.onyx.example',
    category: 'self-harm',
    tries: 1,
    sequel: {},
  },
];

/** Questions about blocked sites, some of them answered. */
export const QUESTIONS: readonly {
  readonly hoursAgo: number;
  readonly host: string;
  readonly category: string;
  readonly reason: string;
  readonly answer?: string;
  readonly teacher?: boolean;
}[] = [
  {
    hoursAgo: 200,
    host: 'forum.lapwing',
    category: 'forums',
    reason: 'Maths help before the test',
    answer: 'The same help is on maths.pebble.example, which is open.',
  },
  {
    hoursAgo: 150,
    host: 'blog.willow',
    category: 'blogs',
    reason: 'An author we read in English',
    answer: 'Thank you, it will be looked at with your teacher.',
    teacher: true,
  },
  {
    hoursAgo: 75,
    host: 'photos.clover',
    category: 'social-media',
    reason: 'I want to see my cousin’s pictures',
    answer: 'Not in school, sorry. It is open to you at home.',
  },
  {
    hoursAgo: 30,
    host: 'video.plane',
    category: 'video-sharing',
    reason: 'Experiment on pressure for Year 9 on Thursday',
    teacher: true,
  },
  { hoursAgo: 20, host: 'chat.sparrow', category: 'messaging', reason: 'Our project group meets there' },
  { hoursAgo: 4, host: 'blocks.marble', category: 'games', reason: 'We use it to build the castle in history' },
];
