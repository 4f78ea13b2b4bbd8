import type { Tx } from '#platform/db.ts';
import type { DaySpan, SchoolFacts } from '#policy/index.ts';

/** What the policy must know of this school: its calendar and timetable, and every list and permission not yet over. */
export async function schoolFacts(tx: Tx, now: number): Promise<SchoolFacts> {
  const { time_zone } = await tx.selectFrom('school').select('time_zone').executeTakeFirstOrThrow();
  const terms = await tx
    .selectFrom('term')
    .select(['starts', 'ends', 'half_term_starts', 'half_term_ends'])
    .orderBy('starts')
    .execute();
  const slots = await tx.selectFrom('timetable_slot').select(['kind', 'days', 'from_time', 'to_time']).execute();
  const grants = await tx
    .selectFrom('use_grant')
    .select(['rule', 'person_id', 'from_at', 'until_at'])
    .where('ended_at', 'is', null)
    .where((eb) => eb.or([eb('until_at', 'is', null), eb('until_at', '>', new Date(now))]))
    .execute();
  return {
    timeZone: time_zone,
    terms: terms.map((t) => ({ from: t.starts, to: t.ends, halfTerm: span(t.half_term_starts, t.half_term_ends) })),
    slots: slots.map((s) => ({ kind: s.kind, days: s.days, from: s.from_time, to: s.to_time })),
    grants: grants.map((g) => ({
      rule: g.rule,
      person: g.person_id,
      from: g.from_at.getTime(),
      until: g.until_at?.getTime() ?? null,
    })),
  };
}

const span = (from: string | null, to: string | null): DaySpan | null => (from && to ? { from, to } : null);
