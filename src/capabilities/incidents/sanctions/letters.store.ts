import { type Selectable, sql } from 'kysely';
import { isUuid } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';

export type Letter = Selectable<Database['parent_letter']>;
export type Reply = Selectable<Database['parent_letter_reply']>;

// Row security decides who reads which letter (migrations/0025): nothing here filters by person, and nothing may.

export const lettersOf = (tx: Tx, caseId: string): Promise<(Letter & { replies: string })[]> =>
  tx
    .selectFrom('parent_letter as l')
    .selectAll('l')
    .select(sql<string>`(select count(*) from parent_letter_reply r where r.letter_id = l.id)`.as('replies'))
    .where('case_id', '=', caseId)
    .orderBy('sent_at')
    .execute();

/** What the school wrote to this parent, the latest first. */
export const lettersTo = (tx: Tx, parent: string): Promise<Letter[]> =>
  tx.selectFrom('parent_letter').selectAll().where('parent_id', '=', parent).orderBy('sent_at', 'desc').execute();

export const findLetter = async (tx: Tx, id: string): Promise<Letter | undefined> =>
  isUuid(id) ? tx.selectFrom('parent_letter').selectAll().where('id', '=', id).executeTakeFirst() : undefined;

export const repliesTo = (tx: Tx, letter: string): Promise<Reply[]> =>
  tx.selectFrom('parent_letter_reply').selectAll().where('letter_id', '=', letter).orderBy('at').execute();

export interface Parent {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
}

/** The parents linked with a child whom the case is not kept from. */
export async function parentsOf(tx: Tx, child: string, keptFrom: readonly string[]): Promise<Parent[]> {
  const rows = await tx
    .selectFrom('parent_link as l')
    .innerJoin('person as p', 'p.id', 'l.parent_id')
    .select(['p.id', 'p.display_name as name', 'p.email'])
    .where('l.child_id', '=', child)
    .where('l.ended_at', 'is', null)
    .where('p.left_on', 'is', null)
    .orderBy('p.display_name')
    .execute();
  return rows.filter((p) => !keptFrom.includes(p.id));
}
