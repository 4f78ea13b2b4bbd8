import type { Tx } from '#platform/db.ts';
import { type DocumentModel, heading, paragraph, table } from '#platform/documents/index.ts';
import { names } from '#rooms/identity/index.ts';
import { findCase } from '../cases.store.ts';
import { type Visit, visitsOf } from './visits.ts';

export const OUTCOME_WORDS: Readonly<Record<Visit['outcome'], string>> = {
  allow: 'opened',
  warn: 'opened after a warning',
  block: 'stayed closed',
};

/** A visit with names, as pages and exports show it. */
export interface NamedVisit extends Omit<Visit, 'person' | 'second'> {
  readonly person: string;
  readonly second: string;
}

export async function namedVisits(tx: Tx, caseId: string, text?: string, limit?: number): Promise<NamedVisit[]> {
  const visits = await visitsOf(tx, caseId, text, limit);
  const who = await names(tx, [...new Set(visits.flatMap((v) => [v.person, v.second ?? []].flat()))]);
  const called = (id: string) => who.get(id) ?? id;
  return visits.map((v) => ({ ...v, person: called(v.person), second: v.second ? called(v.second) : 'nobody else' }));
}

const HEAD = ['Case', 'When (UTC)', 'Investigator', 'Second senior', 'Address', 'What came of it', 'Seen by', 'Times'];
const rowOf = (reference: string, v: NamedVisit): string[] => [
  reference,
  v.at.toISOString(),
  v.person,
  v.second,
  v.host,
  OUTCOME_WORDS[v.outcome],
  v.via === 'dns' ? 'DNS' : 'proxy',
  String(v.times),
];

/** INC-21: each visit with case number, investigator, second senior and time, as a table of words. */
export async function visitsTable(tx: Tx, file: { readonly id: string; readonly reference: string }) {
  const visits = await namedVisits(tx, file.id);
  return { head: HEAD, rows: visits.map((v) => rowOf(file.reference, v)) };
}

/** The same for an export of the whole case. */
export async function visitsOfCase(tx: Tx, caseId: string) {
  const file = await findCase(tx, caseId);
  return file ? visitsTable(tx, file) : { head: HEAD, rows: [] };
}

type VisitsTable = Awaited<ReturnType<typeof visitsTable>>;

/** As CSV (RFC 4180); a cell that a spreadsheet would take for a formula is kept a word. */
export const csvOf = ({ head, rows }: VisitsTable): string =>
  [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
const cell = (text: string): string => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

export const documentOf = (school: string, reference: string, { head, rows }: VisitsTable): DocumentModel => ({
  title: `Visits for case ${reference}`,
  author: school,
  language: 'en-GB',
  blocks: [
    heading(1, `Visits for case ${reference}`),
    paragraph(
      'These addresses were visited to keep children safe, by the people named, on the computer that is set apart for it, while the case was being examined. The list is the filter’s own record.',
    ),
    table('Visits', head, rows),
  ],
});
