import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';

/** SRC-01: somebody who may search, who said so, and from when to when. */
export interface Authorisation {
  readonly id: string;
  readonly person: string;
  readonly from: Date;
  readonly until: Date | null;
  readonly because: string;
  readonly authorisedBy: string;
  readonly at: Date;
  readonly endedBy: string | null;
  readonly endedAt: Date | null;
  readonly endedBecause: string | null;
  readonly left: boolean;
}

/** Everybody who was ever authorised, the latest first. */
export function authorisations(tx: Tx, person?: string): Promise<Authorisation[]> {
  return tx
    .selectFrom('search_authorisation as a')
    .innerJoin('person as p', 'p.id', 'a.person_id')
    .leftJoin('search_authorisation_end as x', 'x.authorisation_id', 'a.id')
    .select(['a.id', 'a.person_id as person', 'a.from_at as from', 'a.until_at as until', 'a.because', 'a.at'])
    .select([
      'a.authorised_by as authorisedBy',
      'x.ended_by as endedBy',
      'x.at as endedAt',
      'x.because as endedBecause',
    ])
    .select(sql<boolean>`coalesce(p.left_on <= current_date, false)`.as('left'))
    .$if(person !== undefined, (q) => q.where('a.person_id', '=', person ?? ''))
    .orderBy('a.at', 'desc')
    .orderBy('a.id', 'desc')
    .execute();
}

/** Does it hold at this moment? */
export const isLive = (a: Authorisation, now: number): boolean =>
  !a.left && a.endedAt === null && a.from.getTime() <= now && (a.until === null || a.until.getTime() > now);

/** Whom the list names at this moment. */
export const liveSearchers = async (tx: Tx, now: number): Promise<Set<string>> =>
  new Set((await authorisations(tx)).filter((a) => isLive(a, now)).map((a) => a.person));
