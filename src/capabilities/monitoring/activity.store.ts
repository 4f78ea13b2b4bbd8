import { type Selectable, sql } from 'kysely';
import { HOUR } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';
import { type ActivityLine, canonicalAddress } from './events.rules.ts';

export interface BatchKey {
  readonly school: string;
  readonly gateway: string;
  readonly number: number;
}

/** Make room for the days; a day that is there already costs next to nothing. */
export const ensureDays = (tx: Tx, days: readonly string[]) =>
  sql`select gh_activity_partitions(d, d) from unnest(${days}::date[]) d`.execute(tx);

/** Take the batch's number. False when it was taken before; a delivery of the same number at this moment is waited for. */
export async function claimBatch(
  tx: Tx,
  key: BatchKey,
  batch: { receivedAt: number; lines: readonly ActivityLine[]; digest: Buffer },
): Promise<boolean> {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { t } of batch.lines) {
    first = Math.min(first, t);
    last = Math.max(last, t);
  }
  const claimed = await tx
    .insertInto('activity_batch')
    .values({
      gateway_id: key.gateway,
      number: key.number,
      school_id: key.school,
      received_at: new Date(batch.receivedAt),
      lines: batch.lines.length,
      first_at: batch.lines.length > 0 ? new Date(first) : null,
      last_at: batch.lines.length > 0 ? new Date(last) : null,
      digest: batch.digest,
    })
    .onConflict((c) => c.columns(['gateway_id', 'number']).doNothing())
    .executeTakeFirst();
  return (claimed.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export const batchDigest = async (tx: Tx, key: BatchKey): Promise<Buffer | undefined> =>
  (
    await tx
      .selectFrom('activity_batch')
      .select('digest')
      .where('gateway_id', '=', key.gateway)
      .where('number', '=', String(key.number))
      .executeTakeFirst()
  )?.digest;

/** One statement for the whole batch, a column at a time: ten times as fast as a row at a time. */
export async function insertLines(tx: Tx, key: BatchKey, lines: readonly ActivityLine[]): Promise<void> {
  const column = <K extends keyof ActivityLine>(name: K) => lines.map((l) => l[name]);
  await sql`
    insert into activity (school_id, at, gateway_id, batch, line, via, person_id, device_id, address, profile, host,
                          category, outcome, rule, clause, snapshot, list, count)
    select ${key.school}::uuid, timestamptz 'epoch' + t * interval '1 millisecond', ${key.gateway}::uuid, ${key.number}::bigint,
           line, via, person, device, address, profile, host, category, outcome, rule, clause, snapshot, list, count
    from unnest(${column('t')}::bigint[], ${column('line')}::int[], ${column('via')}::text[], ${column('person')}::uuid[],
                ${column('device')}::uuid[], ${column('address')}::inet[], ${column('profile')}::text[], ${column('host')}::text[],
                ${column('category')}::text[], ${column('outcome')}::text[], ${column('rule')}::text[], ${column('clause')}::text[],
                ${column('snapshot')}::bigint[], ${column('list')}::text[], ${column('count')}::int[])
      as u (t, line, via, person, device, address, profile, host, category, outcome, rule, clause, snapshot, list, count)`.execute(
    tx,
  );
}

/** Add the batch to the hours of the charts. In one order everywhere, so that two batches cannot wait for each other. */
export async function addToHours(tx: Tx, school: string, lines: readonly ActivityLine[]): Promise<void> {
  const hours = new Map<string, { hour: number; line: ActivityLine; requests: number }>();
  for (const line of lines) {
    const hour = Math.floor(line.t / HOUR) * HOUR;
    const key = `${hour} ${line.profile} ${line.category} ${line.outcome}`;
    const known = hours.get(key);
    if (known) known.requests += line.count;
    else hours.set(key, { hour, line, requests: line.count });
  }
  const rows = [...hours].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  await sql`
    insert into activity_hourly (school_id, hour, profile, category, outcome, requests)
    select ${school}::uuid, u.* from unnest(${rows.map((r) => new Date(r.hour))}::timestamptz[],
      ${rows.map((r) => r.line.profile)}::text[], ${rows.map((r) => r.line.category ?? '')}::text[],
      ${rows.map((r) => r.line.outcome)}::text[], ${rows.map((r) => r.requests)}::bigint[]) as u
    on conflict (school_id, hour, profile, category, outcome)
    do update set requests = activity_hourly.requests + excluded.requests`.execute(tx);
}

/** Which of these ids are people of the context's school. */
export async function knownPeople(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`select id from person where id = any (${ids}::uuid[])`.execute(tx);
  return new Set(rows.map((r) => r.id));
}

export interface StoredLine extends ActivityLine {
  readonly gateway: string;
  readonly batch: string;
}

/** Stored lines of these batches, in order, as they were digested (MON-12). */
export async function linesOf(
  tx: Tx,
  batches: readonly { readonly gateway: string; readonly number: string }[],
): Promise<StoredLine[]> {
  const { rows } = await sql<Row>`
    select a.* from activity a
    join unnest(${batches.map((b) => b.gateway)}::uuid[], ${batches.map((b) => b.number)}::bigint[]) as b (gateway, number)
      on a.gateway_id = b.gateway and a.batch = b.number
    order by gateway_id, batch, line`.execute(tx);
  return rows.map(storedLine);
}

/** What holds keep of days that are gone. */
export async function heldLines(tx: Tx): Promise<StoredLine[]> {
  const rows = await tx
    .selectFrom('activity_held')
    .selectAll()
    .orderBy('gateway_id')
    .orderBy('batch')
    .orderBy('line')
    .execute();
  return rows.map(storedLine);
}

type Row = Selectable<Database['activity']>;

const storedLine = (r: Row): StoredLine => ({
  gateway: r.gateway_id,
  batch: r.batch,
  line: r.line,
  t: r.at.getTime(),
  via: r.via as ActivityLine['via'],
  person: r.person_id,
  device: r.device_id,
  address: canonicalAddress(r.address) ?? r.address,
  profile: r.profile,
  host: r.host,
  category: r.category,
  outcome: r.outcome,
  rule: r.rule,
  clause: r.clause,
  snapshot: Number(r.snapshot),
  list: r.list,
  count: r.count,
});
