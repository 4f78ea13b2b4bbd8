import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';

/** Somebody who teaches a class now. */
export interface Teaching {
  readonly id: string;
  readonly group: string;
  readonly person: string;
  readonly name: string;
  readonly username: string;
}

const teaching = (tx: Tx) =>
  tx
    .selectFrom('class_teacher as c')
    .innerJoin('person as p', 'p.id', 'c.person_id')
    .select(['c.id', 'c.group_name as group', 'c.person_id as person', 'p.display_name as name', 'p.username'])
    .where('c.ended_at', 'is', null)
    .where('p.left_on', 'is', null)
    .orderBy('p.display_name');

/** Everybody who teaches, class by class. */
export const allTeaching = (tx: Tx): Promise<Teaching[]> => teaching(tx).execute();

const naturally = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** The classes that somebody teaches, in their order. */
export async function classesOf(tx: Tx, person: string): Promise<string[]> {
  const rows = await teaching(tx).where('c.person_id', '=', person).execute();
  return rows.map((r) => r.group).sort(naturally);
}

/** Every class with pupils in it, and how many. */
export async function classSizes(tx: Tx): Promise<{ group: string; pupils: number }[]> {
  const rows = await tx
    .selectFrom('person')
    .select((e) => ['group_name as group', e.fn.countAll<string>().as('pupils')])
    .where('kind', '=', 'pupil')
    .where('left_on', 'is', null)
    .where('group_name', 'is not', null)
    .groupBy('group_name')
    .execute();
  return rows
    .flatMap((r) => (r.group === null ? [] : [{ group: r.group, pupils: Number(r.pupils) }]))
    .sort((a, b) => naturally(a.group, b.group));
}

/** Who is in a class now, by name. */
export const pupilsIn = (tx: Tx, group: string): Promise<{ id: string; name: string }[]> =>
  tx
    .selectFrom('person')
    .select(['id', 'display_name as name'])
    .where('kind', '=', 'pupil')
    .where('group_name', '=', group)
    .where('left_on', 'is', null)
    .orderBy('display_name')
    .execute();

export interface LookAtMe {
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  /** `teacher`, or the role by which somebody else looked. */
  readonly asRole: string;
}

/** When the class of whoever asks was looked at, the newest first (MON-10); not by whom, nor why. */
export async function looksAtMe(tx: Tx, since: number): Promise<LookAtMe[]> {
  const { rows } = await sql<LookAtMe>`
    select opened_at as "openedAt", closed_at as "closedAt", as_role as "asRole"
    from gh_looks_at_me(${new Date(since)})`.execute(tx);
  return rows;
}
