import type { Selectable, Updateable } from 'kysely';
import { notFound } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Database, DraftState } from '#platform/schema.ts';
import type { PolicyDocument } from '#policy/index.ts';

/** A policy that is being written. */
export interface Draft {
  readonly id: string;
  readonly title: string;
  readonly state: DraftState;
  /** Rises with every change of the document; what somebody signed or read is of one number. */
  readonly edit: number;
  readonly document: PolicyDocument;
  readonly author: string;
  readonly baseVersion: number | null;
  readonly baseShipped: string | null;
  readonly answers: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One draft of this school. `lock`: others who want to change it wait. */
export async function readDraft(tx: Tx, id: string, options: { readonly lock?: boolean } = {}): Promise<Draft> {
  const row = isUuid(id)
    ? await tx
        .selectFrom('policy_draft')
        .selectAll()
        .where('id', '=', id)
        .$if(options.lock === true, (q) => q.forUpdate())
        .executeTakeFirst()
    : undefined;
  if (!row) throw notFound('this draft');
  return {
    id: row.id,
    title: row.title,
    state: row.state,
    edit: row.edit,
    document: row.document as PolicyDocument,
    author: row.author,
    baseVersion: row.base_version,
    baseShipped: row.base_shipped,
    answers: row.answers,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export type DraftRow = Omit<Selectable<Database['policy_draft']>, 'document' | 'answers'>;

/** Every draft, the one that moved last first, without its document. */
export const listDrafts = (tx: Tx): Promise<DraftRow[]> =>
  tx
    .selectFrom('policy_draft')
    .select([
      'id',
      'school_id',
      'title',
      'state',
      'edit',
      'author',
      'base_version',
      'base_shipped',
      'created_at',
      'updated_at',
    ])
    .orderBy('updated_at', 'desc')
    .execute();

export const updateDraft = async (tx: Tx, id: string, change: Updateable<Database['policy_draft']>): Promise<void> => {
  await tx.updateTable('policy_draft').set(change).where('id', '=', id).execute();
};

export type DraftEntry = Selectable<Database['policy_draft_entry']>;

/** The draft's story, oldest first. */
export const entriesOf = (tx: Tx, draft: string): Promise<DraftEntry[]> =>
  tx.selectFrom('policy_draft_entry').selectAll().where('draft_id', '=', draft).orderBy('at').orderBy('id').execute();

export type Signature = Selectable<Database['policy_review_signature']>;

/** All signatures ever given; those of an earlier edit are void (GOV-08). */
export const signaturesOf = (tx: Tx, draft: string): Promise<Signature[]> =>
  tx.selectFrom('policy_review_signature').selectAll().where('draft_id', '=', draft).orderBy('at').execute();
