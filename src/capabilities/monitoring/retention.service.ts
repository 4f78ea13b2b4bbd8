import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { invalid, notFound } from '#core/errors.ts';
import { type Context, systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { forEach, schools } from '#platform/school.ts';
import { evidence, policyInForce } from '#rooms/policies/index.ts';
import { heldLines } from './activity.store.ts';
import { canonical, dayOf, keptFrom } from './events.rules.ts';
import { forgetMinutes } from './quota.service.ts';

export const RETENTION_ACTION = 'activity.retention';

/** Keep a person's activity of a time from deletion, for as long as a case needs it. */
export async function placeHold(
  tx: Tx,
  deps: Deps,
  by: Context,
  hold: { readonly person: string; readonly from: Date; readonly until: Date; readonly reason: string },
): Promise<string> {
  if (hold.until <= hold.from)
    throw invalid('hold.times', 'A hold ends after it begins.', { until: 'Choose a later time.' });
  const { id } = await tx
    .insertInto('activity_hold')
    .values({
      school_id: by.school,
      person_id: hold.person,
      from_at: hold.from,
      until_at: hold.until,
      reason: hold.reason,
      placed_by: by.person,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await noteHold(tx, deps, by, id, 'activity.hold', hold.reason);
  return id;
}

/** The hold is no longer needed: what only it kept goes in the next run. */
export async function releaseHold(tx: Tx, deps: Deps, by: Context, id: string): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('activity_hold')
    .set({ released_at: new Date(deps.clock.now()) })
    .where('id', '=', id)
    .where('released_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw notFound('this hold');
  await noteHold(tx, deps, by, id, 'activity.release');
}

const noteHold = (tx: Tx, deps: Deps, by: Context, id: string, action: string, reason?: string) =>
  record(tx, {
    school: by.school,
    actor: by.person,
    action,
    object: { kind: 'activity_hold', id },
    ...(reason && { text: { reason } }),
    at: deps.clock.now(),
  });

/** Every night: activity that the policy no longer lets the school keep is deleted; a hold wins (MON-12, DPR-13). */
export const deleteExpired = async (deps: Deps): Promise<void> =>
  forEach(await schools(deps.db), (school) =>
    deps.db.in(systemContext(school.id), async (tx) => {
      const policy = await policyInForce(tx, deps.clock.now());
      if (!policy) return;
      const now = deps.clock.now();
      const { activityDays, clause } = policy.document.retention;
      const before = dayOf(keptFrom(now, activityDays));
      const { rows } = await sql<{ dropped: number; deleted: string; kept: string }>`
        select * from gh_delete_activity_before(${before}::date)`.execute(tx);
      const done = rows[0];
      await forgetMinutes(tx, now);
      await record(tx, {
        school: school.id,
        actor: null,
        action: RETENTION_ACTION,
        object: { kind: 'school', id: school.id },
        detail: {
          before,
          clause,
          days: done?.dropped,
          deleted: Number(done?.deleted),
          kept: Number(done?.kept),
          held: await heldDigest(tx),
        },
        at: now,
      });
      await evidence(tx, deps, systemContext(school.id), {
        duty: 'CAL-41',
        text: `Records of visits from before ${before} were deleted; ${Number(done?.kept)} are held for cases.`,
      });
    }),
  );

/** What holds keep of days that are gone, in one digest: the ledger knows it from each run. */
export async function heldDigest(tx: Tx): Promise<{ lines: number; sha256: string }> {
  const rows = await heldLines(tx);
  const text = rows.map((r) => `${r.gateway}/${r.batch} ${canonical(r)}`).join('\n');
  return { lines: rows.length, sha256: createHash('sha256').update(text).digest('hex') };
}
