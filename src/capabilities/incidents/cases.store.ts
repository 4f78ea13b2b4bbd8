import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import { isUuid } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';
import type { CaseState } from './case.workflow.ts';

export type CaseFile = Omit<Selectable<Database['case_file']>, 'state'> & { state: CaseState };
export type CaseEntry = Selectable<Database['case_entry']>;

// Row security decides who sees which case (migrations/0006): nothing here filters by person, and nothing may.

/** By id or by reference; undefined also where the case is not this person's to see. */
export async function findCase(tx: Tx, which: string, options: { lock?: boolean } = {}): Promise<CaseFile | undefined> {
  const column = isUuid(which) ? 'id' : 'reference';
  const query = tx.selectFrom('case_file').selectAll().where(column, '=', which);
  return (await (options.lock ? query.forUpdate() : query).executeTakeFirst()) as CaseFile | undefined;
}

export const ENDED: readonly CaseState[] = ['closed', 'referred-out'];

export const entriesOf = (tx: Tx, caseId: string): Promise<CaseEntry[]> =>
  tx.selectFrom('case_entry').selectAll().where('case_id', '=', caseId).orderBy('at').orderBy('id').execute();

/** What this person has logged: reference and time, whether or not the case is theirs to read. */
export async function myReports(tx: Tx): Promise<{ reference: string; opened_at: Date }[]> {
  return (await sql<{ reference: string; opened_at: Date }>`select * from gh_my_reports()`.execute(tx)).rows;
}

export type NewCase = Insertable<Database['case_file']>;

/** Nothing is read back: who logs a case may be somebody who may not read it. */
export async function insertCase(tx: Tx, file: NewCase): Promise<void> {
  await tx.insertInto('case_file').values(file).execute();
}

export async function updateCase(tx: Tx, id: string, change: Updateable<Database['case_file']>): Promise<void> {
  if (Object.keys(change).length > 0) await tx.updateTable('case_file').set(change).where('id', '=', id).execute();
}

/** A change after which whoever makes it may no longer read the case (migrations/0022). */
export async function leaveCase(
  tx: Tx,
  file: Pick<CaseFile, 'id' | 'conflicted' | 'team' | 'manager' | 'restricted'>,
): Promise<void> {
  await sql`select gh_leave_case(${file.id}, ${file.conflicted}::uuid[], ${file.team}::uuid[], ${file.manager}, ${file.restricted})`.execute(
    tx,
  );
}

export interface NewEntry {
  readonly school: string;
  readonly case: string;
  readonly at: Date;
  readonly by: string | null;
  readonly action: string;
  readonly from: string | null;
  readonly to: string;
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export async function insertEntry(tx: Tx, entry: NewEntry): Promise<void> {
  await tx
    .insertInto('case_entry')
    .values({
      school_id: entry.school,
      case_id: entry.case,
      at: entry.at,
      by_person: entry.by,
      action: entry.action,
      from_state: entry.from,
      to_state: entry.to,
      text: entry.text,
      detail: JSON.stringify(entry.detail),
    })
    .execute();
}
