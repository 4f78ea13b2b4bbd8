import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { policyInForce } from '../policies.service.ts';

/** The task that runs when a version's moment has come. */
export const TELL = 'policy.tell';

/**
 * Gateways obey whichever version is in force. When that is another than they were last told of, they are given a new
 * snapshot. Asked at the moment a version begins, and each minute in case that moment was missed.
 */
export async function tellGateways(tx: Tx, deps: Deps, school: string): Promise<void> {
  const now = deps.clock.now();
  const policy = await policyInForce(tx, now);
  if (!policy) return;
  const told = await tx.selectFrom('policy_told').select('version_id').executeTakeFirst();
  const { id } = await tx
    .selectFrom('policy_version')
    .select('id')
    .where('number', '=', policy.number)
    .executeTakeFirstOrThrow();
  if (told?.version_id === id) return;
  const values = { version_id: id, at: new Date(now) };
  await tx
    .insertInto('policy_told')
    .values({ school_id: school, ...values })
    .onConflict((c) => c.column('school_id').doUpdateSet(values))
    .execute();
  await bumpSnapshot(tx, school);
  await record(tx, {
    school,
    actor: null,
    action: 'policy.in-force',
    object: { kind: 'policy_version', id },
    detail: { number: policy.number, from: policy.from.toISOString() },
    at: now,
  });
}
