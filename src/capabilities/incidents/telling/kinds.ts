import type { ReportKind as PolicyReport } from '#policy/sections.ts';

/** What people tell the school. Who gets which is the policy's (`recipients`); what follows from it is a row here. */
export const KINDS = [
  'concern',
  'hurtful-message',
  'misuse',
  'technical-fault',
  'filter-failure',
  'security-incident',
] as const satisfies readonly PolicyReport[];
export type Kind = (typeof KINDS)[number];

export interface KindRow {
  /** As whoever tells reads it, and as those whom it reaches do. */
  readonly choice: string;
  readonly name: string;
  readonly form: 'people' | 'fault';
  /** What it becomes: an alert with its clock, a case, or a report that ICT and the others work off. */
  readonly becomes: 'alert' | 'case' | 'report';
  /** Of the letter. It shows on locked phones, so it names nobody. */
  readonly subject: string;
}

export const KIND: Readonly<Record<Kind, KindRow>> = {
  concern: {
    choice: 'I am worried about myself or about somebody else',
    name: 'A worry about somebody',
    form: 'people',
    becomes: 'alert',
    subject: 'Somebody told us of a worry',
  },
  'hurtful-message': {
    choice: 'A message, post or picture that is nasty, threatening or makes somebody uncomfortable',
    name: 'A message that hurts',
    form: 'people',
    becomes: 'alert',
    subject: 'Somebody told us of a message that hurts',
  },
  misuse: {
    choice: 'Somebody uses computers, phones or the internet in a way they should not, or something bad came up',
    name: 'Misuse',
    form: 'people',
    becomes: 'case',
    subject: 'Somebody told us of misuse',
  },
  'technical-fault': {
    choice: 'Something does not work',
    name: 'A technical fault',
    form: 'fault',
    becomes: 'report',
    subject: 'A technical fault was reported',
  },
  'filter-failure': {
    choice: 'The filter or the monitoring failed: something got through, or nothing is filtered',
    name: 'A failure of filter or monitoring',
    form: 'fault',
    becomes: 'report',
    subject: 'The filter or the monitoring may have failed',
  },
  'security-incident': {
    choice: 'Something is not safe: a password is known, a virus, a lost device, somebody got in',
    name: 'A security incident',
    form: 'fault',
    becomes: 'report',
    subject: 'A security incident was reported',
  },
};

/** CYB-04: how whoever tells knows of it. */
export const PARTS = {
  happened: 'It happened to me',
  saw: 'I saw it happen to somebody else',
  accident: 'It came up on my screen and I had not looked for it',
  heard: 'Somebody told me about it',
} as const;
export type Part = keyof typeof PARTS;
export const PART_IDS: readonly Part[] = ['happened', 'saw', 'accident', 'heard'];

/** Whoever saw it or heard of it is a witness, and their name is for whoever leads alone. */
export const isWitness = (part: Part | null): boolean => part === 'saw' || part === 'heard';
