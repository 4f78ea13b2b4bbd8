import { type Selectable, sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';
import type { CaseFile } from '../cases.store.ts';

export type Disposal = Selectable<Database['case_disposal']> & {
  readonly answer: Selectable<Database['case_disposal_answer']> | null;
};

export async function disposalsOf(tx: Tx, caseId: string): Promise<Disposal[]> {
  const all = await tx.selectFrom('case_disposal').selectAll().where('case_id', '=', caseId).orderBy('at').execute();
  const answers = await tx
    .selectFrom('case_disposal_answer as a')
    .innerJoin('case_disposal as d', 'd.id', 'a.disposal_id')
    .selectAll('a')
    .where('d.case_id', '=', caseId)
    .execute();
  return all.map((d) => ({ ...d, answer: answers.find((a) => a.disposal_id === d.id) ?? null }));
}

/** Closed cases whose latest form says that their time was over by then, the oldest first; reopened ones are not closed. */
export async function pastTheirTime(tx: Tx, now: Date, text: string): Promise<CaseFile[]> {
  const like = `%${text.trim().replace(/[\\%_]/g, '\\$&')}%`;
  const rows = await tx
    .selectFrom('case_file')
    .selectAll()
    .where('state', '=', 'closed')
    .where('disposed_at', 'is', null)
    .where((e) => e.exists(e.selectFrom('case_form as f').select('f.id').whereRef('f.case_id', '=', 'case_file.id')))
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('case_form as f')
            .select('f.id')
            .whereRef('f.case_id', '=', 'case_file.id')
            .where(sql<boolean>`coalesce(f.keep_until, 'infinity') > ${now}`),
        ),
      ),
    )
    .where((e) => e.or([e('reference', 'ilike', like), e('title', 'ilike', like)]))
    .orderBy('closed_at')
    .limit(200)
    .execute();
  return rows as CaseFile[];
}
