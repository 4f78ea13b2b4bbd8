import { sql } from 'kysely';
import type { Db, Tx } from './db.ts';

export interface School {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly timeZone: string;
}

/** Every school of this installation; no context is needed, names of schools are public. */
export async function schools(db: Db): Promise<School[]> {
  const { rows } = await db.outside((tx) =>
    sql<{ id: string; slug: string; name: string; time_zone: string }>`select * from gh_schools()`.execute(tx),
  );
  return rows.map((r) => ({ id: r.id, slug: r.slug, name: r.name, timeZone: r.time_zone }));
}

/** The same for each, one after the other. What fails for one is thrown at the end and keeps nothing from the others. */
export async function forEach<T>(things: Iterable<T>, work: (thing: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const thing of things) {
    try {
      await work(thing);
    } catch (e) {
      failures.push(e);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** Channel on which control hears that gateways have something new to fetch; the payload is the school. */
export const FEED_CHANNEL = 'gatehouse_feed';

/**
 * Numbers of snapshots and presences follow the clock, in milliseconds, and always rise. So a database that was restored
 * from last night's backup issues numbers above those that gateways already hold, and they obey it again.
 */
const next = (column: 'snapshot_number' | 'presence_number') =>
  sql`greatest(${sql.ref(column)} + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint)`;

/** Something that the snapshot carries has changed (people, policy, lists, addresses, settings): gateways obey within seconds. */
export async function bumpSnapshot(tx: Tx, school: string): Promise<void> {
  await sql`update school set snapshot_number = ${next('snapshot_number')} where id = ${school}`.execute(tx);
  await sql`select pg_notify(${FEED_CHANNEL}, ${school})`.execute(tx);
}

/** Somebody signed in or out at an address. */
export async function bumpPresence(tx: Tx, school: string): Promise<void> {
  await sql`update school set presence_number = ${next('presence_number')} where id = ${school}`.execute(tx);
  await sql`select pg_notify(${FEED_CHANNEL}, ${school})`.execute(tx);
}
