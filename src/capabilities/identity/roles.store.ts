import { sql } from 'kysely';
import { dayIn } from '#core/days.ts';
import type { Tx } from '#platform/db.ts';
import { PERSON_KINDS, type PersonKind } from '#policy/types.ts';
import { schoolCalendar } from './policy.store.ts';

export interface Holder {
  readonly id: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly rank: 'holder' | 'deputy';
}

/** Who holds a role now, the holder before deputies, in the order in which they took it on. Leavers are not among them. */
export const holders = (tx: Tx, role: string, rank?: 'holder' | 'deputy'): Promise<Holder[]> =>
  tx
    .selectFrom('role_holding as r')
    .innerJoin('person as p', 'p.id', 'r.person_id')
    .select(['p.id', 'p.display_name as displayName', 'p.email', 'r.rank'])
    .where('r.role', '=', role)
    .where('r.until_at', 'is', null)
    .$if(rank !== undefined, (q) => q.where('r.rank', '=', rank ?? 'holder'))
    .where((e) => e.or([e('p.left_on', 'is', null), e('p.left_on', '>', sql<string>`current_date`)]))
    .orderBy(sql`r.rank = 'deputy'`)
    .orderBy('r.from_at')
    .execute();

/** The roles a person holds now. */
export const rolesHeld = async (tx: Tx, person: string): Promise<string[]> =>
  (
    await tx
      .selectFrom('role_holding')
      .select('role')
      .where('person_id', '=', person)
      .where('until_at', 'is', null)
      .execute()
  ).map((h) => h.role);

/** One person's time in a role, as the page of roles shows it. */
export interface Holding {
  readonly id: string;
  readonly role: string;
  readonly rank: 'holder' | 'deputy';
  readonly person: string;
  readonly name: string;
  readonly email: string | null;
  readonly from: Date;
  readonly until: Date | null;
  readonly givenBy: string | null;
  readonly endedBy: string | null;
  readonly givenBecause: string | null;
  readonly endedBecause: string | null;
  readonly acceptedAt: Date | null;
}

const holdings = (tx: Tx) =>
  tx
    .selectFrom('role_holding as r')
    .innerJoin('person as p', 'p.id', 'r.person_id')
    .leftJoin('role_acceptance as a', 'a.holding_id', 'r.id')
    .select(['r.id', 'r.role', 'r.rank', 'p.id as person', 'p.display_name as name', 'p.email'])
    .select(['r.from_at as from', 'r.until_at as until', 'r.assigned_by as givenBy', 'r.ended_by as endedBy'])
    .select(['r.given_because as givenBecause', 'r.ended_because as endedBecause', 'a.at as acceptedAt'])
    .orderBy('r.from_at');

/** Everybody who holds a role now. Whoever has left holds none, even in the hour before their roles are ended. */
export async function liveHoldings(tx: Tx, now: number): Promise<Holding[]> {
  const today = dayIn((await schoolCalendar(tx)).timeZone, now);
  return holdings(tx)
    .where('r.until_at', 'is', null)
    .where((e) => e.or([e('p.left_on', 'is', null), e('p.left_on', '>', today)]))
    .execute();
}

/** A role's history, the latest first. */
export const pastHoldings = (tx: Tx, role: string): Promise<Holding[]> =>
  holdings(tx)
    .clearOrderBy()
    .where('r.role', '=', role)
    .where('r.until_at', 'is not', null)
    .orderBy('r.until_at', 'desc')
    .execute();

/** How many people of each kind are here: staff, governors and the like hold their role by being here (ROL-16). */
export async function countKinds(tx: Tx, now: number): Promise<Record<PersonKind, number>> {
  const today = dayIn((await schoolCalendar(tx)).timeZone, now);
  const rows = await tx
    .selectFrom('person')
    .select((e) => ['kind', e.fn.countAll<string>().as('n')])
    .where((e) => e.or([e('left_on', 'is', null), e('left_on', '>', today)]))
    .groupBy('kind')
    .execute();
  const none = Object.fromEntries(PERSON_KINDS.map((k) => [k, 0])) as Record<PersonKind, number>;
  return { ...none, ...Object.fromEntries(rows.map((r) => [r.kind, Number(r.n)])) };
}
