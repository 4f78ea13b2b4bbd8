import { HOUR } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { names } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';

export const READINGS = { opened: 'Opened', printed: 'Printed', exported: 'Exported' } as const;
export type Reading = keyof typeof READINGS;

/** MON-11: who looked at a case stands in the ledger, once an hour for each way of looking, so that it can be read. */
export const noteReading = (deps: Deps, viewer: Viewer, caseId: string, how: Reading): Promise<void> =>
  deps.db.in(contextOf(viewer), (tx) => readingIn(tx, deps, viewer, caseId, how));

/** The same within a command that does more. */
export async function readingIn(tx: Tx, deps: Deps, viewer: Viewer, caseId: string, how: Reading): Promise<void> {
  const now = deps.clock.now();
  const fresh = await tx
    .insertInto('case_reading')
    .values({
      school_id: viewer.school.id,
      case_id: caseId,
      person_id: viewer.person.id,
      how,
      hour: new Date(Math.floor(now / HOUR) * HOUR),
    })
    .onConflict((c) => c.doNothing())
    .executeTakeFirst();
  if (!fresh.numInsertedOrUpdatedRows) return;
  await record(tx, {
    school: viewer.school.id,
    actor: viewer.person.id,
    action: 'case.read',
    object: { kind: 'case', id: caseId },
    detail: { how },
    at: now,
  });
}

const SHOWN = 50;

/** Who looked lately, newest first. */
export async function readingsOf(tx: Tx, caseId: string) {
  const rows = await tx
    .selectFrom('case_reading')
    .select(['person_id', 'how', 'hour'])
    .where('case_id', '=', caseId)
    .orderBy('hour', 'desc')
    .limit(SHOWN)
    .execute();
  const who = await names(tx, [...new Set(rows.map((r) => r.person_id))]);
  return rows.map((r) => ({
    who: who.get(r.person_id) ?? 'Somebody who has left',
    how: READINGS[r.how],
    hour: r.hour,
  }));
}
