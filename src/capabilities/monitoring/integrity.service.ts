import { sql } from 'kysely';
import { type Db, systemContext, type Tx } from '#platform/db.ts';
import { linesOf } from './activity.store.ts';
import { type DayDigest, dayDigests } from './events.rules.ts';
import { BATCH_ACTION, BATCH_KIND, batchId } from './ingest.service.ts';
import { heldDigest, RETENTION_ACTION } from './retention.service.ts';

export interface ActivityVerification {
  readonly batches: number;
  readonly lines: number;
  /** Batches of which at least a day was deleted by retention. */
  readonly deleted: number;
  /** Empty when every stored line is as it came. Each names the batch that was changed. */
  readonly faults: readonly string[];
}

/** Batches compared at a time. */
const PAGE = 200;

/**
 * MON-12: recompute the digests of the stored lines and compare them with those in the ledger, whose own chain
 * `verifyLedger` checks. A line that was changed, added, moved or taken out shows in its batch.
 */
export const verifyActivity = (db: Db, school: string): Promise<ActivityVerification> =>
  db.in(systemContext(school), async (tx) => {
    const retention = await lastRetention(tx);
    const faults: string[] = [];
    let batches = 0;
    let lines = 0;
    let deleted = 0;
    for await (const page of entries(tx)) {
      const stored = Map.groupBy(
        await linesOf(
          tx,
          page.map((e) => e.batch),
        ),
        (l) => batchId(l.gateway, l.batch),
      );
      for (const { id, days } of page) {
        batches++;
        const found = stored.get(id) ?? [];
        lines += found.length;
        const gone = (day: string) => retention !== null && day < retention.before;
        if (Object.keys(days).some(gone)) deleted++;
        faults.push(...compare(id, days, dayDigests(found), gone));
      }
    }
    for (const id of await strayBatches(tx)) faults.push(`batch ${id} stands in the activity but not in the ledger`);
    const held = await heldDigest(tx);
    if (held.lines !== (retention?.held.lines ?? 0) || (retention && held.sha256 !== retention.held.sha256)) {
      faults.push('activity that holds keep was changed since the last deletion run');
    }
    return { batches, lines, deleted, faults };
  });

function compare(
  id: string,
  written: Readonly<Record<string, DayDigest>>,
  stored: Readonly<Record<string, DayDigest>>,
  gone: (day: string) => boolean,
): string[] {
  const faults: string[] = [];
  for (const day of new Set([...Object.keys(written), ...Object.keys(stored)])) {
    const [was, is] = [written[day], stored[day]];
    if (gone(day) && !is) continue;
    if (!was) faults.push(`batch ${id}: lines of ${day} were added`);
    else if (!is) faults.push(`batch ${id}: its lines of ${day} are missing`);
    else if (was.lines !== is.lines) faults.push(`batch ${id}: ${is.lines} lines of ${day} instead of ${was.lines}`);
    else if (was.sha256 !== is.sha256) faults.push(`batch ${id}: a line of ${day} was changed`);
  }
  return faults;
}

async function* entries(tx: Tx) {
  let after = '0';
  for (;;) {
    const rows = await tx
      .selectFrom('ledger_entry')
      .select(['id', 'object_id', 'detail'])
      .where('action', '=', BATCH_ACTION)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute();
    if (rows.length === 0) return;
    yield rows.map((r) => {
      const [gateway = '', number = ''] = r.object_id.split('/');
      return { id: r.object_id, batch: { gateway, number }, days: r.detail.days as Record<string, DayDigest> };
    });
    after = rows.at(-1)?.id ?? after;
  }
}

/** Up to which day anything was ever deleted, and what holds had kept after the last run. */
async function lastRetention(tx: Tx): Promise<{ before: string; held: DayDigest } | null> {
  const { rows } = await sql<{ before: string; held: DayDigest }>`
    select max(detail->>'before') over () as before, detail->'held' as held from ledger_entry
    where school_id = gh_school() and action = ${RETENTION_ACTION} order by id desc limit 1`.execute(tx);
  return rows[0] ?? null;
}

async function strayBatches(tx: Tx): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select a.id from (select distinct gateway_id || '/' || batch as id from activity) a
    where not exists (select 1 from ledger_entry l where l.school_id = gh_school() and l.object_kind = ${BATCH_KIND} and l.object_id = a.id)`.execute(
    tx,
  );
  return rows.map((r) => r.id);
}
