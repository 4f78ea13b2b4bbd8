import type { Selectable } from 'kysely';
import { notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';
import type { ListChangeKind, ListChangeState } from '#platform/tables/filtering.ts';
import type { SourcePatch, SourceState } from './list-changes.rules.ts';

export type SourceRowWhole = Selectable<Database['list_source']>;

/** A version that is to be used, or was in use before. */
export interface VersionPart {
  readonly version: string | null;
}
export type ChangePart = SourcePatch | VersionPart;

export interface ListChange {
  readonly id: string;
  readonly source: string;
  readonly sourceName: string;
  readonly kind: ListChangeKind;
  readonly before: ChangePart;
  readonly after: ChangePart;
  readonly opens: string | null;
  /** Why it was asked. */
  readonly reason: string | null;
  readonly requester: string;
  readonly createdAt: Date;
  readonly state: ListChangeState;
  readonly steps: readonly {
    readonly number: number;
    readonly action: string;
    readonly to: ListChangeState;
    readonly by: string;
    readonly at: Date;
    readonly reason: string | null;
  }[];
}

/** Takes the source for this transaction: of two who change it at once, one comes second and finds it changed. */
export async function lockSource(tx: Tx, id: string): Promise<SourceRowWhole> {
  const row = await tx
    .selectFrom('list_source')
    .selectAll()
    .where('id', '=', id)
    .where('retired', '=', false)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw notFound('this list source');
  return row;
}

/** What people may change about it, as it stands. */
export const stateOf = (row: SourceRowWhole): SourceState => ({
  enabled: row.enabled,
  retired: row.retired,
  location: row.location,
  mirrors: row.mirrors,
  every_hours: row.every_hours,
  max_age_hours: row.max_age_hours,
  checksum: row.checksum,
  public_key: row.public_key,
  words: row.words,
  trust: row.trust,
  most_bytes: row.most_bytes === null ? null : Number(row.most_bytes),
  most_names: row.most_names === null ? null : Number(row.most_names),
  least_kept: row.least_kept,
  most_growth: row.most_growth,
});

/** Make a source stand so. What changes how it is fetched has it asked anew. */
export async function setState(tx: Tx, id: string, { words, mirrors, ...plain }: SourcePatch): Promise<void> {
  await tx
    .updateTable('list_source')
    .set({
      ...plain,
      ...(mirrors && { mirrors: [...mirrors] }),
      ...(words && { words: JSON.stringify(words) }),
      next_check_at: null,
    })
    .where('id', '=', id)
    .execute();
}

/** Changes with their steps, the newest first. */
export async function listChanges(
  tx: Tx,
  { id, source, limit = 500 }: { readonly id?: string; readonly source?: string; readonly limit?: number } = {},
): Promise<ListChange[]> {
  const rows = await tx
    .selectFrom('list_change as c')
    .innerJoin('list_source as s', 's.id', 'c.source_id')
    .selectAll('c')
    .select('s.name')
    .$if(id !== undefined, (q) => q.where('c.id', '=', id ?? ''))
    .$if(source !== undefined, (q) => q.where('c.source_id', '=', source ?? ''))
    .orderBy('c.number', 'desc')
    .limit(limit)
    .execute();
  if (rows.length === 0) return [];
  const steps = await tx
    .selectFrom('list_change_step')
    .selectAll()
    .where(
      'change_id',
      'in',
      rows.map((r) => r.id),
    )
    .orderBy('number')
    .execute();
  const byChange = Map.groupBy(steps, (s) => s.change_id);
  return rows.flatMap((r) => {
    const mine = byChange.get(r.id) ?? [];
    const last = mine.at(-1);
    if (!last) return [];
    return {
      id: r.id,
      source: r.source_id,
      sourceName: r.name,
      kind: r.kind,
      before: r.before as ChangePart,
      after: r.after as ChangePart,
      opens: r.opens,
      reason: mine[0]?.reason ?? null,
      requester: r.requested_by,
      createdAt: r.created_at,
      state: last.to_state,
      steps: mine.map((s) => ({
        number: s.number,
        action: s.action,
        to: s.to_state,
        by: s.by_person,
        at: s.at,
        reason: s.reason,
      })),
    };
  });
}
