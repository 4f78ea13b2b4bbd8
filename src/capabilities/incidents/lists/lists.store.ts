import { type Expression, type SqlBool, sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { CaseState } from '../case.workflow.ts';
import { type CaseFile, ENDED } from '../cases.store.ts';
import type { Limits } from '../clocks/clocks.rules.ts';
import { lateSql } from '../clocks/index.ts';

// Row security decides who sees which case (migrations/0026): nothing here filters by person, and nothing may. Every count
// and figure is read the same way as the list, so none tells of a case that the list would not show.

export interface CaseSearch {
  readonly state?: CaseState | 'open' | undefined;
  readonly severity?: CaseFile['severity'] | undefined;
  readonly type?: string | undefined;
  readonly manager?: string | undefined;
  /** Opened from this moment on, and before that one. */
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  /** Only those in which something is late by these limits. */
  readonly late?: { readonly limits: Limits; readonly now: number } | undefined;
  readonly text?: string | undefined;
}

/** Where a page of the list ends: what the next one begins after. */
export interface Place {
  readonly pressing: number;
  readonly at: Date;
  readonly id: string;
}
export const placeOf = (file: CaseFile): Place => ({ pressing: file.pressing, at: file.opened_at, id: file.id });

/** A name in more than this many ways is no name yet: longer words will say who is meant. */
const PEOPLE_MEANT = 200;

/** Words are looked for in reference, title, names of people it is about or touches, and what was written in it. */
async function conditions(tx: Tx, search: CaseSearch): Promise<Expression<SqlBool>[]> {
  const all: Expression<SqlBool>[] = [];
  const { state, severity, type, manager, from, until, late } = search;
  if (state === 'open') all.push(sql`pressing > 0`);
  else if (state) all.push(sql`state = ${state}`);
  if (severity) all.push(sql`severity = ${severity}`);
  if (type) all.push(sql`${type} = any (types)`);
  if (manager) all.push(sql`manager = ${manager}`);
  if (from) all.push(sql`opened_at >= ${from}`);
  if (until) all.push(sql`opened_at < ${until}`);
  if (late) all.push(lateSql(late.limits, late.now));
  const text = search.text?.trim();
  if (text) {
    const like = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
    const people = await tx
      .selectFrom('person')
      .select('id')
      .where('display_name', 'ilike', like)
      .limit(PEOPLE_MEANT)
      .execute();
    const ids = people.map((p) => p.id);
    all.push(
      sql`(reference ilike ${like} or title ilike ${like}
        or case_file.id in (select gh_cases_found(${text}, ${ids}::uuid[])))`,
    );
  }
  return all;
}

/** The most pressing first: urgent before the rest, ended last, newest first; page by page from `after`. */
export async function listCases(
  tx: Tx,
  search: CaseSearch & { readonly after?: Place | undefined; readonly limit?: number },
): Promise<CaseFile[]> {
  let query = tx.selectFrom('case_file').selectAll();
  for (const c of await conditions(tx, search)) query = query.where(c);
  const { after } = search;
  if (after) {
    query = query.where(
      sql<boolean>`(pressing, opened_at, case_file.id) < (${after.pressing}::smallint, ${after.at}::timestamptz, ${after.id}::uuid)`,
    );
  }
  const rows = await query
    .orderBy('pressing', 'desc')
    .orderBy('opened_at', 'desc')
    .orderBy('id', 'desc')
    .limit(search.limit ?? 100)
    .execute();
  return rows as CaseFile[];
}

/** How many cases this person may see stand in each state, of those that the search finds in any. */
export async function countCases(
  tx: Tx,
  search: Omit<CaseSearch, 'state'> = {},
): Promise<Readonly<Partial<Record<CaseState, number>>>> {
  let query = tx.selectFrom('case_file').select((e) => ['state', e.fn.countAll<string>().as('n')]);
  for (const c of await conditions(tx, search)) query = query.where(c);
  const rows = await query.groupBy('state').execute();
  return Object.fromEntries(rows.map((r) => [r.state, Number(r.n)]));
}

/** Of these cases, in which something is late. */
export async function lateAmong(tx: Tx, ids: readonly string[], limits: Limits, now: number): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx
    .selectFrom('case_file')
    .select('id')
    .where('id', 'in', ids)
    .where(lateSql(limits, now))
    .execute();
  return new Set(rows.map((r) => r.id));
}

/** How many cases were opened in a month of the school's calendar that are about the same types. */
export interface MonthCount {
  /** `YYYY-MM`. */
  readonly month: string;
  readonly types: readonly string[];
  readonly cases: number;
}

export async function countByMonth(tx: Tx, from: Date, timeZone: string): Promise<MonthCount[]> {
  const month = sql<string>`to_char(opened_at at time zone ${sql.lit(timeZone)}, 'YYYY-MM')`;
  const rows = await tx
    .selectFrom('case_file')
    .select((e) => [month.as('month'), 'types', e.fn.countAll<string>().as('n')])
    .where('opened_at', '>=', from)
    .groupBy([month, 'types'])
    .orderBy('month')
    .execute();
  return rows.map((r) => ({ month: r.month, types: r.types, cases: Number(r.n) }));
}

export const openStates = (states: readonly CaseState[]): CaseState[] => states.filter((s) => !ENDED.includes(s));
