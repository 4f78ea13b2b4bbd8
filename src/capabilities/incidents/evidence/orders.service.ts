import { isDay } from '#core/days.ts';
import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { enqueue } from '#platform/jobs.ts';
import type { HoldKind, OrderKind } from '#platform/tables/evidence.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { contextOf } from '#web/index.ts';
import { type Asker, enter, itemIn, log, type Records, recordsOf, refuse, whyNot } from './enter.ts';
import { type Answer, deleteKeys, type Item, lockCase, type Order, stateOf } from './evidence.store.ts';
import type { CaseRef, CaseSide } from './gate.ts';
import { REASON } from './item.workflow.ts';
import { keepUntil } from './retention.rules.ts';

export const REMOVE_TASK = 'evidence.remove';

export interface NewOrder {
  readonly kind: OrderKind;
  readonly items: readonly string[];
  readonly reason: string;
  /** Of a police instruction (EVI-07). */
  readonly force: string;
  readonly forceReference: string;
  readonly officer: string;
  readonly instructedOn: string;
}

/** Until when this case's evidence is kept by the policy in force; null: not known yet, so for now without end. */
export async function keptUntil(tx: Tx, ref: CaseRef, now: number): Promise<Date | null> {
  const policy = await policyInForce(tx, now);
  const staff = await tx
    .selectFrom('case_file as c')
    .innerJoin('person as p', (join) => join.on((e) => e('p.id', '=', e.fn.any('c.subjects'))))
    .select('p.id')
    .where('c.id', '=', ref.id)
    .where('p.kind', '!=', 'pupil')
    .executeTakeFirst();
  return keepUntil(policy?.document.retention.classes, ref.closedAt, staff !== undefined);
}

/** The first of two: says what is to happen and why. Nothing happens yet. */
export async function propose(
  deps: Deps,
  side: CaseSide,
  asker: Asker,
  which: string,
  order: NewOrder,
): Promise<{ id: string }> {
  const { viewer } = asker;
  const police = order.kind !== 'dispose';
  const fields: Record<string, string> = {};
  if ([...order.reason.trim()].length < REASON) fields.reason = `Say why, in ${REASON} characters or more.`;
  if (police && order.force.trim().length < 2) fields.force = 'Name the police force.';
  if (police && order.forceReference.trim().length < 2) fields.forceReference = 'Give the force’s reference.';
  if (police && order.officer.trim().length < 2) fields.officer = 'Name the officer who gave the instruction.';
  if (police && !isDay(order.instructedOn))
    fields.instructedOn = 'Give the day of the instruction, such as 2026-11-02.';
  if (order.items.length === 0) fields.items = 'Choose at least one item.';
  if (Object.keys(fields).length > 0)
    throw invalid('evidence.order.invalid', 'Some of this needs another look.', fields);
  return deps.db.in(contextOf(viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'dispose');
    await lockCase(tx, ref.id);
    const records = await recordsOf(tx, ref.id);
    const items = [...new Set(order.items)].map((i) => itemIn(records, i));
    await refuseUnfit(deps, tx, ref, pretendAgreed(records, order.kind, items), order.kind, items);
    const id = newId(deps.clock.now());
    await tx
      .insertInto('evidence_order')
      .values({
        id,
        school_id: viewer.school.id,
        case_id: ref.id,
        kind: order.kind,
        items: items.map((i) => i.id),
        reason: order.reason.trim(),
        ...(police && {
          force: order.force.trim(),
          force_reference: order.forceReference.trim(),
          officer: order.officer.trim(),
          instructed_on: order.instructedOn,
        }),
        by_person: viewer.person.id,
        at: new Date(deps.clock.now()),
      })
      .execute();
    await side.gate.entry(tx, viewer, ref.id, {
      action: `evidence.${order.kind}.proposed`,
      text: order.reason.trim(),
      detail: { order: id, items: items.map((i) => i.id) },
    });
    return { id };
  });
}

/** The second: agrees, and it is done; or refuses, and it is over. */
export function answer(
  deps: Deps,
  side: CaseSide,
  asker: Asker,
  which: string,
  orderId: string,
  { agreed, reason }: { agreed: boolean; reason: string },
): Promise<void> {
  const { viewer } = asker;
  return deps.db.in(contextOf(viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'dispose');
    await lockCase(tx, ref.id);
    const before = await recordsOf(tx, ref.id);
    const { order, answer: earlier } = orderIn(before, orderId);
    if (earlier) throw conflict('evidence.order.answered', 'This has been answered already.');
    if (order.by_person === viewer.person.id) {
      throw forbidden('evidence.order.second', 'A second person must agree to what you proposed.');
    }
    await tx
      .insertInto('evidence_order_answer')
      .values({
        order_id: order.id,
        school_id: viewer.school.id,
        agreed,
        reason: reason.trim(),
        by_person: viewer.person.id,
        at: new Date(deps.clock.now()),
      })
      .execute();
    await side.gate.entry(tx, viewer, ref.id, {
      action: `evidence.${order.kind}.${agreed ? 'agreed' : 'refused'}`,
      text: reason.trim(),
      detail: { order: order.id, items: order.items },
    });
    if (!agreed) return;
    const records = await recordsOf(tx, ref.id);
    const items = order.items.map((i) => itemIn(records, i));
    // What held when it was proposed may not hold now: a hold was placed, the case was sealed.
    await refuseUnfit(deps, tx, ref, records, order.kind, items);
    for (const item of items) await carryOut(deps, tx, viewer.person.id, order, item);
  });
}

/** Both wraps of the key go with the transaction (from then on nobody can read the file), the file itself right after. */
async function carryOut(deps: Deps, tx: Tx, by: string, order: Order, item: Item): Promise<void> {
  const sha256 = item.sha256?.toString('hex') ?? null;
  await log(deps, tx, by, item, order.kind, { detail: { order: order.id, sha256 } });
  if (order.kind === 'hand-over') return;
  await deleteKeys(tx, item.id);
  if (item.kind === 'file') await enqueue(tx, REMOVE_TASK, { school: item.school_id, item: item.id });
}

async function refuseUnfit(
  deps: Deps,
  tx: Tx,
  ref: CaseRef,
  records: Records,
  kind: OrderKind,
  items: readonly Item[],
): Promise<void> {
  const now = deps.clock.now();
  const until = kind === 'dispose' ? await keptUntil(tx, ref, now) : null;
  const due = until !== null && until.getTime() <= now;
  for (const item of items) {
    const why = whyNot(records, item, kind, { due });
    refuse(`evidence.${kind}`, why === null ? null : `E${item.number}: ${why}`);
  }
}

/** What the table would say if the second person had agreed: asked of the first, so that they do not propose in vain. */
function pretendAgreed(records: Records, kind: OrderKind, items: readonly Item[]): Records {
  const order = { id: '', kind, items: items.map((i) => i.id) } as Order;
  return { ...records, orders: [{ order, answer: { agreed: true } as Answer }] };
}

export function orderIn(records: Records, id: string): { order: Order; answer: Answer | null } {
  const found = records.orders.find((o) => o.order.id === id);
  if (!found) throw notFound('this order');
  return found;
}

/** EVI-10: from now on nothing in the case, or just this item, is disposed of. */
export function placeHold(
  deps: Deps,
  side: CaseSide,
  asker: Asker,
  which: string,
  hold: { kind: HoldKind; item: string | null; reason: string },
): Promise<void> {
  return deps.db.in(contextOf(asker.viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'dispose');
    await lockCase(tx, ref.id);
    const reason = checkReason(hold.reason);
    const records = await recordsOf(tx, ref.id);
    const item = hold.item === null ? null : itemIn(records, hold.item);
    if (item) refuse('evidence.hold', whyNot(records, item, 'hold', { reason }));
    const id = newId(deps.clock.now());
    await tx
      .insertInto('evidence_hold')
      .values({
        id,
        school_id: asker.viewer.school.id,
        case_id: ref.id,
        item_id: item?.id ?? null,
        kind: hold.kind,
        reason,
        by_person: asker.viewer.person.id,
        at: new Date(deps.clock.now()),
      })
      .execute();
    const detail = { hold: id, kind: hold.kind, item: item?.id ?? null };
    await side.gate.entry(tx, asker.viewer, ref.id, { action: 'evidence.hold', text: reason, detail });
  });
}

export function endHold(
  deps: Deps,
  side: CaseSide,
  asker: Asker,
  which: string,
  holdId: string,
  why: string,
): Promise<void> {
  return deps.db.in(contextOf(asker.viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'dispose');
    await lockCase(tx, ref.id);
    const reason = checkReason(why);
    const records = await recordsOf(tx, ref.id);
    const hold = records.holds.find((h) => h.id === holdId);
    if (!hold) throw notFound('this hold');
    if (hold.ended) throw conflict('evidence.hold.ended', 'This hold has ended already.');
    const item = records.items.find((i) => i.id === hold.item_id);
    if (item && stateOf(item, records.events, records.holds) === 'on-hold') {
      refuse('evidence.release', whyNot(records, item, 'release', { reason, ending: hold.id }));
    }
    await tx
      .insertInto('evidence_hold_end')
      .values({
        hold_id: hold.id,
        school_id: asker.viewer.school.id,
        by_person: asker.viewer.person.id,
        at: new Date(deps.clock.now()),
        reason,
      })
      .execute();
    await side.gate.entry(tx, asker.viewer, ref.id, {
      action: 'evidence.release',
      text: reason,
      detail: { hold: hold.id, kind: hold.kind },
    });
  });
}

function checkReason(text: string): string {
  const reason = text.trim();
  if ([...reason].length >= REASON) return reason;
  const says = `Say why, in ${REASON} characters or more. It stands in the record.`;
  throw invalid('evidence.reason', says, { reason: says });
}

/** Items that could be disposed of now, for the form. */
export const disposable = (records: Records, due: boolean): Item[] =>
  due ? records.items.filter((i) => stateOf(i, records.events, records.holds) === 'held') : [];
