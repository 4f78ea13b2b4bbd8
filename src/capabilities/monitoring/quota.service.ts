import { sql } from 'kysely';
import { DAY } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { bumpSnapshot } from '#platform/school.ts';
import type { PolicyInForce } from '#rooms/policies/index.ts';
import type { ActivityLine } from './events.rules.ts';
import { minutesOf, quotaOf, schoolDay, uses } from './quota.rules.ts';

/**
 * SOC-18: minutes of a day with at least one request, counted where all gateways' activity meets. Whose minutes are over
 * is written down until midnight and travels to every gateway with the policy, as an opening does.
 */
export async function countMinutes(
  tx: Tx,
  deps: Deps,
  school: string,
  { document, compiled }: PolicyInForce,
  lines: readonly ActivityLine[],
): Promise<void> {
  const quota = quotaOf(document);
  if (!quota) return;
  const now = deps.clock.now();
  const today = schoolDay(now, compiled.timeZone);
  const fresh = lines.filter((l) => uses(quota, l) && l.t >= today.from && l.t < today.until);
  if (fresh.length === 0) return;
  const people = await staffAmong(tx, [...new Set(fresh.flatMap((l) => l.person ?? []))]);
  if (people.length === 0) return;
  const { rows } = await sql<{ person: string; at: Date }>`
    select person_id as person, at from activity
    where person_id = any (${people}::uuid[]) and category = ${quota.category} and outcome <> 'block'
      and at >= ${new Date(today.from)} and at < ${new Date(today.until)}`.execute(tx);
  const over = [...Map.groupBy(rows, (r) => r.person)].filter(
    ([, seen]) => minutesOf(seen.map((r) => r.at.getTime())) >= quota.minutes,
  );
  if (over.length === 0) return;
  const written = await tx
    .insertInto('quota_used')
    .values(
      over.map(([person_id]) => ({
        school_id: school,
        person_id,
        rule: quota.rule,
        from_at: new Date(now),
        until_at: new Date(today.until),
      })),
    )
    .onConflict((c) => c.columns(['person_id', 'rule', 'until_at']).doNothing())
    .executeTakeFirst();
  if ((written.numInsertedOrUpdatedRows ?? 0n) > 0n) await bumpSnapshot(tx, school);
}

/** The setting speaks of staff; what pupils may is the tables' affair. */
const staffAmong = async (tx: Tx, people: readonly string[]): Promise<string[]> =>
  (
    await tx
      .selectFrom('person')
      .select('id')
      .where('id', '=', sql<string>`any (${[...people]}::uuid[])`)
      .where('kind', 'in', ['staff', 'governor'])
      .execute()
  ).map((r) => r.id);

/** Yesterday's are nobody's business any more. */
export const forgetMinutes = (tx: Tx, now: number) =>
  tx
    .deleteFrom('quota_used')
    .where('until_at', '<', new Date(now - DAY))
    .execute();
