import type { Insertable, Selectable } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';

export type Form = Selectable<Database['case_form']>;

// Row security decides who sees which case (migrations/0029): nothing here filters by person, and nothing may.

export const formsOf = (tx: Tx, caseId: string): Promise<Form[]> =>
  tx.selectFrom('case_form').selectAll().where('case_id', '=', caseId).orderBy('number').execute();

export async function insertForm(
  tx: Tx,
  form: Insertable<Database['case_form']>,
  files: Readonly<Record<'html' | 'pdf', Buffer>>,
): Promise<void> {
  await tx.insertInto('case_form').values(form).execute();
  for (const format of ['html', 'pdf'] as const) {
    await tx
      .insertInto('case_form_file')
      .values({ form_id: form.id, school_id: form.school_id, format, bytes: files[format] })
      .execute();
  }
}

export const formFile = (tx: Tx, formId: string, format: 'html' | 'pdf'): Promise<{ bytes: Buffer } | undefined> =>
  tx
    .selectFrom('case_form_file')
    .select('bytes')
    .where('form_id', '=', formId)
    .where('format', '=', format)
    .executeTakeFirst();
