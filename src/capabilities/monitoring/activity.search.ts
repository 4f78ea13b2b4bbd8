import { sql } from 'kysely';
import { isUuid } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import { like } from './look-up.service.ts';

/** A stored line as the pages show it. */
export interface ActivityRow {
  /** Names the line without naming the person. */
  readonly key: string;
  readonly at: Date;
  readonly personId: string | null;
  readonly kind: string | null;
  readonly yearGroup: number | null;
  readonly address: string;
  readonly profile: string;
  readonly host: string;
  readonly category: string | null;
  readonly outcome: string;
  readonly rule: string;
  readonly clause: string | null;
  readonly count: number;
}

export interface ActivitySearch {
  readonly from: Date;
  readonly until: Date;
  readonly category?: string;
  readonly outcome?: string;
  /** `year:8` or `profile:pupil-8`. */
  readonly group?: string;
  readonly host?: string;
  readonly person?: string;
  readonly address?: string;
  /** Only what stands after this line in the list. */
  readonly after?: LineKey;
  readonly limit: number;
}

export interface LineKey {
  readonly at: Date;
  readonly gateway: string;
  readonly batch: string;
  readonly line: number;
}

const KEY = /^(\d{1,14})\.([0-9a-f-]{36})\.(\d{1,18})\.(\d{1,9})$/;

/** A line's place in the list, as text for a link; null for what is none. */
export function parseKey(text: string | undefined): LineKey | null {
  const m = KEY.exec(text ?? '');
  return m && isUuid(m[2])
    ? { at: new Date(Number(m[1])), gateway: m[2], batch: m[3] ?? '', line: Number(m[4]) }
    : null;
}

/** Newest first, a page at a time by keyset: later pages cost what the first does. */
export async function searchActivity(tx: Tx, s: ActivitySearch): Promise<ActivityRow[]> {
  const conditions = [
    sql`a.at >= ${s.from} and a.at < ${s.until}`,
    ...(s.category !== undefined ? [sql`coalesce(a.category, '') = ${s.category}`] : []),
    ...(s.outcome ? [sql`a.outcome = ${s.outcome}`] : []),
    ...(s.host?.trim() ? [sql`a.host ilike ${like(s.host)}`] : []),
    ...(s.person ? [sql`a.person_id = ${s.person}`] : []),
    ...(s.address ? [sql`a.person_id is null and a.address = ${s.address}::inet`] : []),
    ...(s.group ? [groupCondition(s.group)] : []),
    ...(s.after
      ? [
          sql`(a.at, a.gateway_id, a.batch, a.line) < (${s.after.at}, ${s.after.gateway}::uuid, ${s.after.batch}::bigint, ${s.after.line}::int)`,
        ]
      : []),
  ];
  const { rows } = await sql<ActivityRow & { gateway: string; batch: string; line: number }>`
    select a.at, a.gateway_id as gateway, a.batch, a.line, a.person_id as "personId", p.kind, p.year_group as "yearGroup",
           host(a.address) as address, a.profile, a.host, a.category, a.outcome, a.rule, a.clause, a.count
    from activity a left join person p on p.id = a.person_id
    where ${sql.join(conditions, sql` and `)}
    order by a.at desc, a.gateway_id desc, a.batch desc, a.line desc
    limit ${s.limit}`.execute(tx);
  return rows.map((r) => ({ ...r, key: `${r.at.getTime()}.${r.gateway}.${r.batch}.${r.line}` }));
}

function groupCondition(group: string) {
  const [kind, value = ''] = group.split(/:(.*)/s);
  return kind === 'year'
    ? sql`a.person_id in (select id from person where year_group::text = ${value})`
    : sql`a.profile = ${value}`;
}

/** One person's, or one address's, activity around a time. */
export const activityAround = (
  tx: Tx,
  around: { readonly person?: string; readonly address?: string; readonly from: Date; readonly until: Date },
): Promise<ActivityRow[]> => searchActivity(tx, { ...around, limit: 500 });

/** Who made this request; null when nobody was signed in or there is no such line. */
export async function personOfLine(tx: Tx, key: LineKey): Promise<string | null> {
  const row = await tx
    .selectFrom('activity')
    .select('person_id')
    .where('at', '=', key.at)
    .where('gateway_id', '=', key.gateway)
    .where('batch', '=', key.batch)
    .where('line', '=', key.line)
    .executeTakeFirst();
  return row?.person_id ?? null;
}

export interface HourCount {
  readonly hour: Date;
  readonly outcome: string;
  readonly requests: number;
}

/** Requests by hour, from the rollup: a year reads as fast as a day. */
export async function hourly(
  tx: Tx,
  s: Pick<ActivitySearch, 'from' | 'until' | 'category' | 'outcome' | 'group'>,
): Promise<HourCount[]> {
  const profile = s.group?.startsWith('profile:') ? s.group.slice('profile:'.length) : undefined;
  const rows = await tx
    .selectFrom('activity_hourly')
    .select(['hour', 'outcome'])
    .select((e) => e.fn.sum<string>('requests').as('requests'))
    .where('hour', '>=', s.from)
    .where('hour', '<', s.until)
    .$if(s.category !== undefined, (q) => q.where('category', '=', s.category ?? ''))
    .$if(Boolean(s.outcome), (q) => q.where('outcome', '=', s.outcome ?? ''))
    .$if(profile !== undefined, (q) => q.where('profile', '=', profile ?? ''))
    .groupBy(['hour', 'outcome'])
    .orderBy('hour')
    .execute();
  return rows.map((r) => ({ ...r, requests: Number(r.requests) }));
}
