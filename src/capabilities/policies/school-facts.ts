import type { Tx } from '#platform/db.ts';
import type { SchoolFacts } from '#policy/index.ts';
import { schoolCalendar } from '#rooms/identity/index.ts';

/** What the policy must know of this school: its calendar and timetable, and every list and permission not yet over. */
export async function schoolFacts(tx: Tx, now: number): Promise<SchoolFacts> {
  const slots = await tx.selectFrom('timetable_slot').select(['kind', 'days', 'from_time', 'to_time']).execute();
  const grants = await tx
    .selectFrom('use_grant')
    .select(['rule', 'person_id', 'from_at', 'until_at'])
    .where('ended_at', 'is', null)
    .where((eb) => eb.or([eb('until_at', 'is', null), eb('until_at', '>', new Date(now))]))
    .execute();
  return {
    ...(await schoolCalendar(tx)),
    slots: slots.map((s) => ({ kind: s.kind, days: s.days, from: s.from_time, to: s.to_time })),
    grants: grants.map((g) => ({
      rule: g.rule,
      person: g.person_id,
      from: g.from_at.getTime(),
      until: g.until_at?.getTime() ?? null,
    })),
  };
}
