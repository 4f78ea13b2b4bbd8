import { type Selectable, sql } from 'kysely';
import { isUuid } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Database, TaskState } from '#platform/schema.ts';

export type Task = Selectable<Database['case_task']>;
export type TaskEvent = Selectable<Database['case_task_event']>;

// Row security decides who sees which task (migrations/0025): nothing here filters by person but what is asked for as such.

/** Neither finished nor cancelled, and somebody's to do: a case does not end before. What runs by itself is nobody's. */
export const OPEN_TASKS: readonly TaskState[] = ['given', 'accepted', 'returned', 'paused'];
/** Whoever has it can do something now. */
export const TO_DO: readonly TaskState[] = ['given', 'accepted'];

/** How many tasks of a case are neither finished nor cancelled. */
export async function openTasks(tx: Tx, caseId: string): Promise<number> {
  const row = await tx
    .selectFrom('case_task')
    .select((e) => e.fn.countAll<string>().as('n'))
    .where('case_id', '=', caseId)
    .where('state', 'in', [...OPEN_TASKS])
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

export async function findTask(tx: Tx, id: string, options: { lock?: boolean } = {}): Promise<Task | undefined> {
  if (!isUuid(id)) return undefined;
  const query = tx.selectFrom('case_task').selectAll().where('id', '=', id);
  return (options.lock ? query.forUpdate() : query).executeTakeFirst();
}

export const tasksOf = (tx: Tx, caseId: string): Promise<Task[]> =>
  tx.selectFrom('case_task').selectAll().where('case_id', '=', caseId).orderBy('given_at').orderBy('id').execute();

export const eventsOf = (tx: Tx, tasks: readonly string[]): Promise<TaskEvent[]> =>
  tasks.length === 0
    ? Promise.resolve([])
    : tx
        .selectFrom('case_task_event')
        .selectAll()
        .where('task_id', 'in', [...tasks])
        .orderBy('id')
        .execute();

/** One person's tasks, what is due first; `text` looks in their words. */
export function tasksFor(
  tx: Tx,
  person: string,
  search: { readonly states: readonly TaskState[]; readonly text?: string | undefined },
): Promise<Task[]> {
  const like = `%${(search.text ?? '').trim().replace(/[\\%_]/g, '\\$&')}%`;
  return tx
    .selectFrom('case_task')
    .selectAll()
    .where('to_person', '=', person)
    .where('state', 'in', [...search.states])
    .where('text', 'ilike', like)
    .orderBy('due')
    .orderBy('id')
    .limit(200)
    .execute();
}

export const runningOver = (tx: Tx, at: Date): Promise<Task[]> =>
  tx
    .selectFrom('case_task')
    .selectAll()
    .where('state', '=', 'running')
    .where(sql<Date>`(detail->>'until')::timestamptz`, '<=', at)
    .execute();

/** The police have its case, or it is halted: known without reading the case. */
export async function isFrozen(tx: Tx, task: string): Promise<boolean> {
  const { rows } = await sql<{ frozen: boolean }>`select gh_task_frozen(${task}) as frozen`.execute(tx);
  return rows[0]?.frozen === true;
}
