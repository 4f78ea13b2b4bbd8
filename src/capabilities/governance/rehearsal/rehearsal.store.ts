import { type Selectable, sql, type Updateable } from 'kysely';
import { HOUR } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';
import type { Asked, Member } from './rehearsal.rules.ts';

export type RehearsalRow = Selectable<Database['rehearsal']>;

/** Pages that watch a rehearsal hear of it here; the payload is the draft. */
export const REHEARSAL_CHANNEL = 'gatehouse_rehearsal';

/** Tell the pages that watch. */
export const tellPages = async (tx: Tx, draft: string): Promise<void> => {
  await sql`select pg_notify(${REHEARSAL_CHANNEL}, ${draft})`.execute(tx);
};

/** The last rehearsal of a draft. */
export const lastRehearsal = (tx: Tx, draft: string): Promise<RehearsalRow | undefined> =>
  tx
    .selectFrom('rehearsal')
    .selectAll()
    .where('draft_id', '=', draft)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();

/** When the oldest activity that is still there was recorded. */
export async function oldestActivity(tx: Tx): Promise<number | null> {
  const { rows } = await sql<{ at: Date | null }>`select min(at) as at from activity`.execute(tx);
  return rows[0]?.at?.getTime() ?? null;
}

/** Hours (epoch ms) in which something was recorded, and how many requests, from the rollup. */
export async function busyHours(tx: Tx, from: Date, until: Date): Promise<{ hour: number; requests: number }[]> {
  const { rows } = await sql<{ hour: Date; requests: number }>`
    select hour, sum(requests)::float8 as requests from activity_hourly
    where hour > ${new Date(from.getTime() - HOUR)} and hour < ${until} group by hour order by hour`.execute(tx);
  return rows.map((r) => ({ hour: r.hour.getTime(), requests: r.requests }));
}

/** What was asked for in this time: the database counts, so that a person and a site are judged once. */
export async function askedBetween(tx: Tx, from: number, until: number): Promise<Asked[]> {
  const { rows } = await sql<Asked>`
    select person_id as person, profile, host, sum(count)::float8 as requests from activity
    where at >= ${new Date(from)} and at < ${new Date(until)} group by person_id, profile, host`.execute(tx);
  return rows;
}

/** Everybody the school has or had: activity outlives a leaver's time here. */
export const members = (tx: Tx): Promise<Member[]> =>
  tx.selectFrom('person').select(['id', 'kind', 'year_group as year']).execute();

export interface OpenQuestion {
  readonly host: string;
  readonly person: string | null;
  readonly at: number;
}

/** Questions about sites that nobody has answered yet. */
export async function openQuestions(tx: Tx): Promise<OpenQuestion[]> {
  const rows = await tx
    .selectFrom('site_question')
    .select(['host', 'asked_by as person', 'asked_at as at'])
    .where('answered_at', 'is', null)
    .orderBy('asked_at')
    .execute();
  return rows.map((r) => ({ ...r, at: r.at.getTime() }));
}

/** Take a rehearsal up, also from a worker that died with it; none when it has ended meanwhile. */
export const takeUp = (tx: Tx, id: string): Promise<RehearsalRow | undefined> =>
  tx
    .updateTable('rehearsal')
    .set((e) => ({ state: 'running', done: 0, attempt: e('attempt', '+', 1) }))
    .where('id', '=', id)
    .where('state', 'in', ['waiting', 'running'])
    .returningAll()
    .executeTakeFirst();

/** Write down how far it is. False when it was cancelled, or another worker has it: then this one must stop. */
export async function tellProgress(
  tx: Tx,
  { id, attempt, draft_id }: Pick<RehearsalRow, 'id' | 'attempt' | 'draft_id'>,
  change: Updateable<Database['rehearsal']>,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('rehearsal')
    .set(change)
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('state', '=', 'running')
    .executeTakeFirst();
  await tellPages(tx, draft_id);
  return numUpdatedRows > 0n;
}
