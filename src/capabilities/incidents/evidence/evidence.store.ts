import { type Insertable, type Selectable, sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';
import type { OrderKind } from '#platform/tables/evidence.ts';
import type { ItemState } from './item.workflow.ts';
import type { Wrap } from './keys.ts';

export type Item = Selectable<Database['evidence_item']>;
export type Event = Selectable<Database['evidence_event']>;
export type CustodyRow = Selectable<Database['custody_event']>;
export type Hold = Selectable<Database['evidence_hold']> & { readonly ended: boolean };
export type Order = Selectable<Database['evidence_order']>;
export type Answer = Selectable<Database['evidence_order_answer']>;

// Row security decides who sees which case (migrations/0020): nothing here filters by person.

/** Everything that is changed in a case's evidence is changed by one at a time. */
export const lockCase = (tx: Tx, caseId: string) => sql`select gh_evidence_lock(${caseId})`.execute(tx);

/** Whether the vault itself sealed the case, whatever this transaction is shown. */
export async function isSealed(tx: Tx, caseId: string): Promise<boolean> {
  const { rows } = await sql<{ sealed: boolean }>`select gh_evidence_sealed(${caseId}) as sealed`.execute(tx);
  return rows[0]?.sealed ?? false;
}

export const itemsOf = (tx: Tx, caseId: string): Promise<Item[]> =>
  tx.selectFrom('evidence_item').selectAll().where('case_id', '=', caseId).orderBy('number').execute();

export async function nextNumber(tx: Tx, caseId: string): Promise<number> {
  const row = await tx
    .selectFrom('evidence_item')
    .select((e) => e.fn.max('number').as('last'))
    .where('case_id', '=', caseId)
    .executeTakeFirst();
  return (row?.last ?? 0) + 1;
}

export const insertItem = (tx: Tx, item: Insertable<Database['evidence_item']>) =>
  tx.insertInto('evidence_item').values(item).execute();

export const insertKeys = (tx: Tx, school: string, item: string, wraps: { school: Wrap; outside: Wrap }) =>
  tx
    .insertInto('evidence_key')
    .values(
      (['school', 'outside'] as const).map((holder) => ({
        item_id: item,
        holder,
        school_id: school,
        key_id: wraps[holder].keyId,
        wrapped: wraps[holder].wrapped,
      })),
    )
    .execute();

/** One holder's wraps of the keys of a case's files. */
export async function wrapsOf(
  tx: Tx,
  items: readonly string[],
  holder: 'school' | 'outside',
): Promise<Map<string, Wrap>> {
  if (items.length === 0) return new Map();
  const rows = await tx
    .selectFrom('evidence_key')
    .select(['item_id', 'key_id', 'wrapped'])
    .where('holder', '=', holder)
    .where('item_id', 'in', [...items])
    .execute();
  return new Map(rows.map((r) => [r.item_id, { keyId: r.key_id, wrapped: r.wrapped }]));
}

export const deleteKeys = (tx: Tx, item: string) => tx.deleteFrom('evidence_key').where('item_id', '=', item).execute();

export const insertEvent = (tx: Tx, event: Insertable<Database['evidence_event']>) =>
  tx.insertInto('evidence_event').values(event).execute();

export const eventsOf = (tx: Tx, caseId: string): Promise<Event[]> =>
  tx.selectFrom('evidence_event').selectAll().where('case_id', '=', caseId).orderBy('id').execute();

export const insertCustody = (tx: Tx, event: Insertable<Database['custody_event']>) =>
  tx.insertInto('custody_event').values(event).execute();

export const custodyRows = (tx: Tx, caseId: string): Promise<CustodyRow[]> =>
  tx.selectFrom('custody_event').selectAll().where('case_id', '=', caseId).orderBy('at').orderBy('id').execute();

export async function holdsOf(tx: Tx, caseId: string): Promise<Hold[]> {
  const rows = await tx
    .selectFrom('evidence_hold as h')
    .leftJoin('evidence_hold_end as x', 'x.hold_id', 'h.id')
    .selectAll('h')
    .select('x.at as ended_at')
    .where('h.case_id', '=', caseId)
    .orderBy('h.at')
    .execute();
  return rows.map(({ ended_at, ...hold }) => ({ ...hold, ended: ended_at !== null }));
}

export async function ordersOf(tx: Tx, caseId: string): Promise<{ order: Order; answer: Answer | null }[]> {
  const orders = await tx
    .selectFrom('evidence_order')
    .selectAll()
    .where('case_id', '=', caseId)
    .orderBy('at')
    .execute();
  if (orders.length === 0) return [];
  const answers = await tx
    .selectFrom('evidence_order_answer')
    .selectAll()
    .where(
      'order_id',
      'in',
      orders.map((o) => o.id),
    )
    .execute();
  return orders.map((order) => ({ order, answer: answers.find((a) => a.order_id === order.id) ?? null }));
}

/** Holds on this item that stand. */
export const standing = (holds: readonly Hold[], item: string): Hold[] =>
  holds.filter((h) => !h.ended && (h.item_id === null || h.item_id === item));

/** What the log and the holds make of an item. */
export function stateOf(item: Pick<Item, 'id'>, events: readonly Event[], holds: readonly Hold[]): ItemState {
  const did = new Set(events.filter((e) => e.item_id === item.id).map((e) => e.action));
  if (did.has('destroy')) return 'destroyed';
  if (did.has('dispose')) return 'disposed';
  if (did.has('seal')) return 'sealed';
  return standing(holds, item.id).length > 0 ? 'on-hold' : 'held';
}

/** What the virus scanner said when it was taken in. */
export interface ScanNote {
  readonly verdict: 'clean' | 'infected' | 'not-scanned';
  readonly why: string | null;
}
export function scanOf(item: string, events: readonly Event[]): ScanNote | null {
  const detail = events.findLast((e) => e.item_id === item && e.action === 'scan')?.detail;
  if (!detail) return null;
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return { verdict: detail.verdict as ScanNote['verdict'], why: text(detail.signature) ?? text(detail.why) };
}

/** Whether two people agreed that just this is done with the item. */
export const agreedOrder = (
  orders: readonly { order: Order; answer: Answer | null }[],
  kind: OrderKind,
  item: string,
): Order | null =>
  orders.find(({ order, answer }) => order.kind === kind && answer?.agreed === true && order.items.includes(item))
    ?.order ?? null;
