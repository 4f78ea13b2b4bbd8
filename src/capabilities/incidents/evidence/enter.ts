import { conflict, forbidden, notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { EvidenceAct, EvidenceKind } from '#platform/tables/evidence.ts';
import type { Viewer } from '#web/index.ts';
import {
  type Answer,
  agreedOrder,
  type CustodyRow,
  custodyRows,
  type Event,
  eventsOf,
  type Hold,
  holdsOf,
  type Item,
  insertEvent,
  isSealed,
  itemsOf,
  type Order,
  ordersOf,
  scanOf,
  standing,
  stateOf,
} from './evidence.store.ts';
import type { CaseRef, CaseSide, GateAct } from './gate.ts';
import { type ItemAction, type ItemActor, type ItemState, itemWorkflow } from './item.workflow.ts';

/** Who asks, and from which computer. */
export interface Asker {
  readonly viewer: Viewer;
  readonly device: string | null;
}

export interface Entered extends CaseRef {
  readonly sealed: boolean;
}

/** The one way in: the case is found, its gate is asked, and whether it is sealed is known before anything else happens. */
export async function enter(
  tx: Tx,
  side: CaseSide,
  { viewer, device }: Asker,
  which: string,
  act: GateAct,
): Promise<Entered> {
  const ref = await side.find(tx, which);
  if (!ref) throw notFound('this case');
  const answer = await side.gate.may(tx, viewer, ref.id, act, device);
  if (!answer.ok) throw forbidden(`evidence.${act}`, answer.reason);
  return { ...ref, sealed: (await side.gate.sealed(tx, ref.id)) || (await isSealed(tx, ref.id)) };
}

export const SEALED_WORDS = 'This case is sealed. No file can be added, shown or given out here, by anybody.';

/** EVI-03, SRC-19: where imagery is suspected no file goes in or out, whoever asks. */
export function refuseSealed({ sealed }: Entered): void {
  if (sealed) {
    throw conflict(
      'evidence.sealed',
      SEALED_WORDS,
      'Do not look, copy or forward. Write down in words what you know, and leave the device as it is for the police.',
    );
  }
}

/** EVI-07: what was sealed once is out of sight for good, also where the case went on afterwards. */
export const isShut = (entered: Entered, item: Pick<Item, 'id' | 'kind'>, events: readonly Event[]): boolean =>
  item.kind === 'file' && (entered.sealed || events.some((e) => e.item_id === item.id && e.action === 'seal'));

/** Everything that is recorded of a case's evidence. */
export interface Records {
  readonly items: readonly Item[];
  readonly events: readonly Event[];
  readonly custody: readonly CustodyRow[];
  readonly holds: readonly Hold[];
  readonly orders: readonly { order: Order; answer: Answer | null }[];
}

export const recordsOf = async (tx: Tx, caseId: string): Promise<Records> => ({
  items: await itemsOf(tx, caseId),
  events: await eventsOf(tx, caseId),
  custody: await custodyRows(tx, caseId),
  holds: await holdsOf(tx, caseId),
  orders: await ordersOf(tx, caseId),
});

export function itemIn(records: Records, which: string): Item {
  const item = records.items.find((i) => i.id === which || `E${i.number}` === which);
  if (!item) throw notFound('this item');
  return item;
}

interface Intent {
  readonly reason?: string;
  readonly due?: boolean;
  /** A hold that is about to end. */
  readonly ending?: string;
}

const factsOf = (records: Records, item: Item, action: ItemAction, intent: Intent) => ({
  kind: item.kind as EvidenceKind,
  reason: intent.reason ?? '',
  infected: scanOf(item.id, records.events)?.verdict === 'infected',
  holdsLeft: standing(records.holds, item.id).filter((h) => h.id !== intent.ending).length,
  due: intent.due ?? false,
  agreed:
    (action === 'dispose' || action === 'destroy' || action === 'hand-over') &&
    agreedOrder(records.orders, action, item.id) !== null,
});

/** Why this cannot be done with the item now; null: it can. */
export function whyNot(
  records: Records,
  item: Item,
  action: ItemAction,
  intent: Intent = {},
  who: ItemActor = 'team',
): string | null {
  const state = stateOf(item, records.events, records.holds);
  const verdict = itemWorkflow.judge(state, action, [who], factsOf(records, item, action, intent));
  if (verdict.ok) return null;
  return verdict.code === 'not-listed' ? `It is ${STATE_WORDS[state]}, so this cannot be done.` : verdict.reason;
}

export const STATE_WORDS: Readonly<Record<ItemState, string>> = {
  held: 'kept',
  'on-hold': 'kept, on hold',
  sealed: 'sealed',
  disposed: 'disposed of',
  destroyed: 'destroyed',
};

export const refuse = (code: string, why: string | null): void => {
  if (why !== null) throw conflict(code, why);
};

/** A line in the item's own log. */
export const log = (
  deps: Deps,
  tx: Tx,
  by: string | null,
  item: Pick<Item, 'id' | 'school_id' | 'case_id'>,
  action: EvidenceAct,
  more: { text?: string; detail?: Record<string, unknown> } = {},
) =>
  insertEvent(tx, {
    school_id: item.school_id,
    case_id: item.case_id,
    item_id: item.id,
    at: new Date(deps.clock.now()),
    by_person: by,
    action,
    text: more.text ?? '',
    detail: JSON.stringify(more.detail ?? {}),
  });
