import { type Insertable, type Selectable, sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';

export type Sanction = Selectable<Database['sanction']>;

// Row security decides who sees which sanction (migrations/0025): nothing here filters by person, and nothing may.

export const sanctionsOf = (tx: Tx, caseId: string): Promise<Sanction[]> =>
  tx.selectFrom('sanction').selectAll().where('case_id', '=', caseId).orderBy('proposed_at').orderBy('id').execute();

/** Decided and not overturned. */
export const standingSanctions = async (tx: Tx, caseId: string): Promise<string[]> =>
  (await sanctionsOf(tx, caseId)).filter((s) => s.decided_at && !s.overturned_at).map((s) => s.id);

/** The same decision, taken by somebody and waiting for a second senior (SAN-02). */
export const waitingSanction = (tx: Tx, caseId: string, decision: string): Promise<Sanction | undefined> =>
  tx
    .selectFrom('sanction')
    .selectAll()
    .where('case_id', '=', caseId)
    .where('decision', '=', decision)
    .where('decided_at', 'is', null)
    .executeTakeFirst();

export const insertSanction = async (tx: Tx, row: Insertable<Database['sanction']>): Promise<void> => {
  await tx.insertInto('sanction').values(row).execute();
};

/** SAN-15, SAN-24: in how many other cases conduct of theirs was proven and still stands; which they are is not told. */
export async function provenBefore(tx: Tx, person: string, caseId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`select gh_proven_before(${person}, ${caseId}) as n`.execute(tx);
  return rows[0]?.n ?? 0;
}
