import type { Tx } from '#platform/db.ts';
import type { SchoolFacts } from '#policy/index.ts';
import { schoolCalendar } from '#rooms/identity/index.ts';

/**
 * What the policy must know of this school: its calendar and timetable, every list and permission not yet over, and whose
 * minutes of today are.
 */
export async function schoolFacts(tx: Tx, now: number): Promise<SchoolFacts> {
  const slots = await tx.selectFrom('timetable_slot').select(['kind', 'days', 'from_time', 'to_time']).execute();
  const grants = await tx
    .selectFrom('use_grant')
    .select(['rule', 'person_id', 'from_at', 'until_at', 'ended_at'])
    // Asked about a time that is over: what somebody has ended since then held.
    .where((eb) => eb.or([eb('ended_at', 'is', null), eb('ended_at', '>', new Date(now))]))
    .where((eb) => eb.or([eb('until_at', 'is', null), eb('until_at', '>', new Date(now))]))
    .execute();
  const used = await tx
    .selectFrom('quota_used')
    .select(['rule', 'person_id', 'from_at', 'until_at'])
    .where('until_at', '>', new Date(now))
    .execute();
  return {
    ...(await schoolCalendar(tx)),
    used: used.map((u) => ({
      rule: u.rule,
      person: u.person_id,
      from: u.from_at.getTime(),
      until: u.until_at.getTime(),
    })),
    slots: slots.map((s) => ({ kind: s.kind, days: s.days, from: s.from_time, to: s.to_time })),
    grants: grants.map((g) => ({
      rule: g.rule,
      person: g.person_id,
      from: g.from_at.getTime(),
      until: earliest(g.until_at, g.ended_at),
    })),
  };
}

function earliest(...ends: readonly (Date | null)[]): number | null {
  const known = ends.filter((end) => end !== null).map((end) => end.getTime());
  return known.length > 0 ? Math.min(...known) : null;
}
