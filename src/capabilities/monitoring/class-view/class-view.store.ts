import { type Selectable, sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';
import { type ClassLine, CURRENT, NOT_SHOWN } from './class-view.rules.ts';

export type Look = Selectable<Database['class_view']>;

export const lookById = (tx: Tx, id: string): Promise<Look | undefined> =>
  tx.selectFrom('class_view').selectAll().where('id', '=', id).executeTakeFirst();

/** Looks that nobody has closed yet. */
export const openLooks = (tx: Tx, by?: string): Promise<Look[]> =>
  tx
    .selectFrom('class_view')
    .selectAll()
    .where('closed_at', 'is', null)
    .$if(by !== undefined, (q) => q.where('by_person', '=', by ?? ''))
    .execute();

/** What these pupils asked for of late, the newest first; of what was stopped, only that it was. */
export async function currentLines(tx: Tx, pupils: readonly string[], now: number): Promise<ClassLine[]> {
  const { rows } = await sql<ClassLine>`
    select person_id as person, at, case when outcome = 'block' then null else host end as host
    from activity
    where person_id = any (${[...pupils]}::uuid[]) and at >= ${new Date(now - CURRENT)}
      and (category is null or category <> all (${[...NOT_SHOWN]}::text[]))
    order by at desc limit 5000`.execute(tx);
  return rows;
}

/** Every look, the newest first, with who looked: for those who keep children safe. */
export const allLooks = (tx: Tx, limit: number) =>
  tx
    .selectFrom('class_view as v')
    .innerJoin('person as p', 'p.id', 'v.by_person')
    .select(['v.id', 'v.group_name as group', 'v.as_role as asRole', 'v.reason', 'v.opened_at as openedAt'])
    .select(['v.closed_at as closedAt', 'p.display_name as by'])
    .select((e) => e.fn<number>('cardinality', ['v.pupils']).as('pupils'))
    .orderBy('v.opened_at', 'desc')
    .limit(limit)
    .execute();
