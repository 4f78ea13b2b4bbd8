import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import { names } from '#rooms/identity/index.ts';
import { headline } from '#rooms/monitoring/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { typesOf } from '../case.types.ts';
import type { CaseAction, CaseState } from '../case.workflow.ts';
import { entryLine, STATES } from '../cases.words.ts';

export const KINDS = { cases: 'Cases', alerts: 'Alerts', 'look-ups': 'Look-ups' } as const;
export type Kind = keyof typeof KINDS;

/** One thing in the life of a child here, as a line. */
export interface Happening {
  readonly kind: Kind;
  readonly at: Date;
  readonly line: string;
  /** What the child is to it. */
  readonly part: string;
  readonly note: string;
  readonly href: string | null;
  readonly reference: string;
}

export interface ChronologySearch {
  readonly kind?: Kind | undefined;
  readonly before?: Date | undefined;
  readonly limit: number;
}

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });

/** What is the team's own work: it is read in the case. */
const WORKINGS: readonly (CaseAction | 'escalate' | 'hand-over')[] = [
  'assign',
  'escalate',
  'hand-over',
  'note',
  'join',
  'leave',
  'attend',
  'designate',
  'touch',
  'conflict',
  'link',
  'finding',
  'not-needed',
];

/**
 * Everything about this child that the reader may see, newest first: row security leaves out restricted cases of other teams
 * and whatever is kept from the reader.
 */
export async function chronology(tx: Tx, child: string, now: number, search: ChronologySearch): Promise<Happening[]> {
  const before = search.before ?? new Date(now + 1);
  const read: Readonly<Record<Kind, () => Promise<Happening[]>>> = {
    cases: () => inCases(tx, child, now, before, search.limit),
    alerts: () => inAlerts(tx, child, before, search.limit),
    'look-ups': () => inLookUps(tx, child, before, search.limit),
  };
  const wanted = (Object.keys(KINDS) as Kind[]).filter((k) => !search.kind || k === search.kind);
  const all: Happening[] = [];
  for (const kind of wanted) all.push(...(await read[kind]()));
  return all.sort((a, b) => b.at.getTime() - a.at.getTime()).slice(0, search.limit);
}

async function inCases(tx: Tx, child: string, now: number, before: Date, limit: number): Promise<Happening[]> {
  const rows = await tx
    .selectFrom('case_file as c')
    .innerJoin('case_entry as e', 'e.case_id', 'c.id')
    .select(['e.at', 'e.action', 'e.detail', 'c.reference', 'c.title', 'c.state', 'c.happened_on'])
    .select(['c.subjects', 'c.affected', 'c.witnesses'])
    .where(sql<boolean>`c.id in (select gh_cases_found(null, array[${child}]::uuid[]))`)
    .where('e.action', 'not in', [...WORKINGS])
    .where('e.at', '<', before)
    .orderBy('e.at', 'desc')
    .orderBy('e.id', 'desc')
    .limit(limit)
    .execute();
  const mentioned = rows.flatMap((r) => (typeof r.detail.person === 'string' ? [r.detail.person] : []));
  const who = await names(tx, [...new Set(mentioned)]);
  const document = (await policyInForce(tx, now))?.document;
  const types = new Map(document ? typesOf(document).map((t) => [t.id, t.name]) : []);
  return rows.map((r) => ({
    kind: 'cases',
    at: r.at,
    line: entryLine(r, who, types),
    part: partOf(r, child),
    note: `${r.title} (happened ${DAY.format(new Date(r.happened_on))}; now: ${STATES[r.state as CaseState].name})`,
    href: `/cases/${r.reference}`,
    reference: r.reference,
  }));
}

const partOf = (c: { subjects: string[]; affected: string[] }, child: string): string =>
  c.subjects.includes(child)
    ? 'It is about them'
    : c.affected.includes(child)
      ? 'It touches them'
      : 'They saw it (shielded)';

async function inAlerts(tx: Tx, child: string, before: Date, limit: number): Promise<Happening[]> {
  const rows = await tx
    .selectFrom('alert')
    .selectAll()
    .where('subject', '=', child)
    .where('raised_at', '<', before)
    .orderBy('raised_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((a) => ({
    kind: 'alerts',
    at: a.raised_at,
    line: headline(a),
    part: 'It is about them',
    note: a.closing_reason ?? '',
    href: `/alerts/${a.id}`,
    reference: a.reference,
  }));
}

async function inLookUps(tx: Tx, child: string, before: Date, limit: number): Promise<Happening[]> {
  const rows = await tx
    .selectFrom('look_up as l')
    .innerJoin('person as by', 'by.id', 'l.by_person')
    .select(['l.at', 'l.reason', 'by.display_name as by'])
    .where('l.about_person', '=', child)
    .where('l.at', '<', before)
    .orderBy('l.at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((l) => ({
    kind: 'look-ups',
    at: l.at,
    line: `Looked up by ${l.by}`,
    part: '',
    note: l.reason,
    href: null,
    reference: '',
  }));
}
