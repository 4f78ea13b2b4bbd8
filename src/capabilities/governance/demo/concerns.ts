import { type CaseStep, give, type Kept, notNeeded, recorded } from './plots.ts';

/** What staff logged themselves (INC-23), and what became of it. All of it is made up. */
export interface Concern {
  /** Of the cast. */
  readonly by: string;
  /** School days back, and minutes of that day. */
  readonly back: number;
  readonly at: number;
  readonly title: string;
  readonly category: string | null;
  /** The n-th pupil of a year, or somebody of the cast. */
  readonly about?: { readonly year: number; readonly n: number } | { readonly part: string };
  readonly text: string;
  readonly steps: readonly (CaseStep | Kept)[];
}

const looks = (types: readonly string[], after: number, more: Readonly<Record<string, string>> = {}): CaseStep => ({
  action: 'classify',
  detail: {
    types,
    culpability: 'deliberate',
    content: 'inappropriate',
    row: 'none',
    severity: 'serious',
    allegation: 'no',
    ...more,
  },
  after,
});
/** From the first minute to the team, and who joins the DSL in it. */
const toTeam = (
  types: readonly string[],
  joins: string,
  reference: string,
  more: Readonly<Record<string, string>> = {},
): CaseStep[] => [
  give('dsl', 12),
  looks(types, 25, more),
  { action: 'contain', after: 26 },
  ...notNeeded('isolation', 'It was all on the pupil’s own phone, which went home with her.', 30),
  {
    action: 'contain-item',
    text: 'Ask the platform to take it down; its form was sent with the account’s name.',
    detail: { kind: 'take-down' },
    after: 40,
  },
  {
    action: 'contain-item',
    text: 'Tutor and head of year know whom to look after, and at which breaks.',
    detail: { kind: 'protect' },
    after: 42,
  },
  { action: 'form-team', after: 50 },
  { action: 'join', person: joins, text: 'To look into it with me.', after: 52 },
  { action: 'attend', after: 60 },
  { action: 'attend', by: joins, after: 61 },
  recorded(reference, 62),
];
const examined: CaseStep[] = [
  { action: 'examine', after: 65 },
  {
    action: 'finding',
    text: 'A public page under her name with a picture from the school’s own site and three unkind lines.',
    detail: { url: 'https://photos.clover.example/not-her' },
    after: 72,
  },
];

export const CONCERNS: readonly Concern[] = [
  {
    by: 'ict',
    back: 7,
    at: 9 * 60,
    title: 'Shared drive open to a whole year',
    category: null,
    text: 'A folder of Year 10 could be read by every pupil. Closed at once.',
    steps: [
      give('dsl', 30),
      {
        action: 'refer-out',
        text: 'Rights put right and checked on all folders. Nobody outside the year had opened it.',
        detail: { decision: 'technical' },
        after: 90,
      },
    ],
  },
  {
    by: 'staff',
    back: 3,
    at: 15 * 60 + 40,
    title: 'Remarks on a pupil’s picture',
    category: 'bullying',
    // The head, who therefore sees nothing of it (INC-05).
    about: { part: 'head' },
    text: 'A pupil told me of a remark made about her picture in the corridor.',
    steps: [give('dsl', 45), recorded('R-1051', 60)],
  },
  {
    by: 'teacher',
    back: 1,
    at: 15 * 60 + 20,
    title: 'Unkind messages in a class chat',
    category: 'bullying',
    about: { year: 9, n: 0 },
    text: 'Two pupils showed me messages from last night. I have not kept any picture of them.',
    steps: [],
  },
  {
    by: 'teacher',
    back: 2,
    at: 9 * 60 + 10,
    title: 'A game that became a dare',
    category: 'bullying',
    about: { year: 8, n: 21 },
    text: 'A chat dares people to film others in the corridors. Four pupils told me, each on their own.',
    steps: [
      give('deputy', 9),
      { ...looks(['cyber-bullying'], 20), by: 'deputy' },
      { action: 'contain', by: 'deputy', after: 22 },
      {
        action: 'isolate',
        by: 'deputy',
        text: 'Its owner switched it off and handed it in by himself at ten past nine.',
        detail: { device: 'Phone in a green case', place: 'Safe in the main office, bag B-0107' },
        after: 35,
      },
      {
        action: 'contain-item',
        by: 'deputy',
        text: 'Two others may have the films: speak with each and their parents today.',
        detail: { kind: 'person' },
        after: 40,
      },
      {
        by: 'deputy',
        after: 45,
        keep: {
          device: 'Phone in a green case, small crack at the top',
          serial: 'EXAMPLE-0107',
          from: 'Its owner, a pupil',
          place: 'Safe in the main office',
        },
      },
      recorded('R-1052', 50, 'deputy'),
    ],
  },
  {
    by: 'staff',
    back: 4,
    at: 9 * 60,
    title: 'An account that pretends to be a pupil',
    category: 'bullying',
    about: { year: 9, n: 33 },
    text: 'She found a page under her own name that she never made. She is upset and has told her mother.',
    steps: toTeam(['harassment'], 'approver', 'R-1049'),
  },
  {
    by: 'teacher',
    back: 3,
    at: 9 * 60 + 5,
    title: 'A copied page with a pupil’s picture',
    category: 'bullying',
    about: { year: 10, n: 14 },
    text: 'Her friend showed me the address. I have not opened it.',
    steps: [
      ...toTeam(['cyber-bullying'], 'approver', 'R-1050'),
      ...examined,
      {
        after: 75,
        keep: {
          file: 'page-as-text.txt',
          description: 'The three lines of the page, copied as text',
          text: 'Copied at the examination, as it stood there:\n\n1. She thinks she is so clever.\n2. Nobody sit with her.\n3. Pass it on.\n',
        },
      },
      {
        after: 80,
        keep: {
          device: 'Printed page that her friend brought, one sheet, folded',
          serial: '',
          from: 'A friend of hers',
          place: 'Locked drawer in the DSL’s office',
        },
      },
    ],
  },
  {
    by: 'ict',
    back: 5,
    at: 9 * 60 + 15,
    title: 'A school account used by somebody else',
    category: null,
    about: { year: 11, n: 40 },
    text: 'Signed in from two rooms at once; the owner was in PE. The password is changed.',
    steps: [
      ...toTeam(['misuse'], 'approver', 'R-1048', { severity: 'routine' }),
      ...examined,
      { action: 'finish', text: 'The record of the sign-ins agrees with what both say.', after: 80 },
    ],
  },
  {
    by: 'teacher',
    back: 6,
    at: 9 * 60 + 30,
    title: 'A stranger who asks for more and more',
    category: 'grooming',
    about: { year: 8, n: 62 },
    text: 'She says that somebody she knows only from a game wants her address. She has sent nothing.',
    steps: [
      ...toTeam(['grooming'], 'head', 'R-1045', { severity: 'urgent', culpability: 'none', content: 'unknown' }),
      ...examined,
      ...['dsl', 'head'].map(
        (by, i): CaseStep => ({
          action: 'police-decision',
          by,
          text: 'Rang the child protection team; they take over from here.',
          detail: { decision: 'reported', force: 'Exampleshire Police', reference: 'EX/2026/2210' },
          after: 78 + i,
        }),
      ),
      { action: 'help', text: 'With the counsellor today and every Tuesday; her form tutor checks in.', after: 85 },
      { action: 'to-police', text: 'Names of the accounts in words. Her phone stays with her parents.', after: 90 },
    ],
  },
];
