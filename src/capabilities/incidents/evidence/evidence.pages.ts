import { MINUTE } from '#core/clock.ts';
import { notFound } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { names } from '#rooms/identity/index.ts';
import { contextOf } from '#web/index.ts';
import { custodyOf } from './custody.rules.ts';
import {
  type Asker,
  enter,
  isShut,
  itemIn,
  type Records,
  recordsOf,
  refuseSealed,
  SEALED_WORDS,
  STATE_WORDS,
  whyNot,
} from './enter.ts';
import { type Item, scanOf, standing, stateOf, wrapsOf } from './evidence.store.ts';
import {
  CUSTODY_WORDS,
  custodyLine,
  EVENT_WORDS,
  HOLD_WORDS,
  KIND_WORDS,
  ORDER_WORDS,
  scanWords,
} from './evidence.words.ts';
import type { CaseSide } from './gate.ts';
import { readRing, showName, unwrap } from './keys.ts';
import { disposable, keptUntil, orderIn } from './orders.service.ts';
import { PASSED, stepsOf } from './things.service.ts';

const choices = <K extends string>(words: Readonly<Record<K, string>>) =>
  (Object.entries(words) as [K, string][]).map(([value, text]) => ({ value, text }));

/** How an item stands, in words; nothing of what is in it. */
function lineOf(item: Item, records: Records) {
  const state = stateOf(item, records.events, records.holds);
  const custody = custodyOf(stepsOf(records.custody, item.id));
  return {
    id: item.id,
    number: `E${item.number}`,
    kind: item.kind,
    kindName: KIND_WORDS[item.kind],
    description: item.description,
    serial: item.serial,
    takenAt: item.taken_at,
    state,
    stateName: STATE_WORDS[state],
    tone: state === 'held' || state === 'on-hold' ? 'calm' : 'quiet',
    holder: custody.holder,
    flaws: custody.flaws,
    broken: records.events.some((e) => e.item_id === item.id && e.action === 'broken'),
  };
}

export function listPage(deps: Deps, side: CaseSide, asker: Asker, which: string, q: string) {
  return deps.db.in(contextOf(asker.viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'list');
    const records = await recordsOf(tx, ref.id);
    // EVI-07: of sealed files nothing is shown but that there are some. Things are described, and stay (EVI-05).
    const shown = records.items.filter((i) => !isShut(ref, i, records.events));
    const wraps = await wrapsOf(
      tx,
      shown.map((i) => i.id),
      'school',
    );
    const ring = wraps.size > 0 ? readRing(deps.config) : null;
    const lines = shown.map((item) => {
      const wrapped = wraps.get(item.id);
      const name = ring && wrapped && item.name ? showName(unwrap(ring, item.id, wrapped), item.id, item.name) : null;
      return {
        ...lineOf(item, records),
        name,
        scan: item.kind === 'file' ? scanWords(scanOf(item.id, records.events)) : null,
      };
    });
    const words = q.trim().toLowerCase();
    const found = lines.filter((l) =>
      [l.number, l.description, l.name, l.serial, l.holder, l.kindName].some((t) => t?.toLowerCase().includes(words)),
    );
    return {
      ref,
      q,
      items: found,
      total: lines.length,
      sealedFiles: records.items.filter((i) => stateOf(i, records.events, records.holds) === 'sealed').length,
      sealedWords: SEALED_WORDS,
      waiting: records.orders
        .filter((o) => o.answer === null)
        .map((o) => ({ id: o.order.id, name: ORDER_WORDS[o.order.kind].name })),
      canTakeFiles: deps.config.evidence.escrow !== null,
    };
  });
}

export function itemPage(deps: Deps, side: CaseSide, asker: Asker, which: string, of: string) {
  return deps.db.in(contextOf(asker.viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'list');
    const records = await recordsOf(tx, ref.id);
    const item = itemIn(records, of);
    refuseSealed({ ...ref, sealed: isShut(ref, item, records.events) });
    const events = records.events.filter((e) => e.item_id === item.id);
    const who = await names(tx, [...new Set([item.taken_by, ...events.flatMap((e) => e.by_person ?? [])])]);
    const by = (id: string | null) =>
      id === null ? 'Gatehouse' : (who.get(id) ?? 'somebody who has left the records');
    const wrapped = (await wrapsOf(tx, [item.id], 'school')).get(item.id);
    const custody = custodyOf(stepsOf(records.custody, item.id));
    return {
      ref,
      item: lineOf(item, records),
      name: wrapped && item.name ? showName(unwrap(readRing(deps.config), item.id, wrapped), item.id, item.name) : null,
      size: item.size,
      sha256: item.sha256?.toString('hex') ?? null,
      scan: item.kind === 'file' ? scanWords(scanOf(item.id, records.events)) : null,
      outside: events.find((e) => e.action === 'take')?.detail.outside ?? null,
      takenBy: by(item.taken_by),
      device: item.device,
      custody,
      chain: records.custody
        .filter((c) => c.item_id === item.id)
        .map((c) => ({
          at: c.at,
          title: custodyLine(c),
          who: c.recorded_at.getTime() - c.at.getTime() > MINUTE ? 'written down later' : null,
          text: null,
        })),
      log: events.map((e) => ({ at: e.at, title: EVENT_WORDS[e.action], who: by(e.by_person), text: e.text })),
      signed: events.findLast((e) => e.action === 'signed')?.text ?? null,
      holds: standing(records.holds, item.id).map((h) => HOLD_WORDS[h.kind]),
      noOpening: whyNot(records, item, 'open', { reason: 'asked for the page' }),
      acts: choices(CUSTODY_WORDS).filter((a) => a.value !== 'taken'),
      passes: [...PASSED],
      mayPass: whyNot(records, item, 'custody') === null,
    };
  });
}

export function keepingPage(deps: Deps, side: CaseSide, asker: Asker, which: string) {
  return deps.db.in(contextOf(asker.viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'dispose');
    const records = await recordsOf(tx, ref.id);
    const now = deps.clock.now();
    const until = await keptUntil(tx, ref, now);
    const number = (id: string | null) => records.items.find((i) => i.id === id)?.number;
    const option = (i: Item) => ({
      value: i.id,
      text: `E${i.number}${isShut(ref, i, records.events) ? ': a sealed file' : `: ${i.description}`}`,
    });
    return {
      ref,
      until,
      holds: records.holds.map((h) => ({
        ...h,
        name: HOLD_WORDS[h.kind],
        what: h.item_id ? `E${number(h.item_id)}` : 'Everything in the case',
      })),
      kinds: choices(HOLD_WORDS),
      orders: records.orders.map(({ order, answer }) => ({
        id: order.id,
        name: ORDER_WORDS[order.kind].name,
        at: order.at,
        items: order.items.map((i) => `E${number(i)}`).join(', '),
        state: answer === null ? 'Waits for a second person' : answer.agreed ? 'Agreed' : 'Refused',
      })),
      disposable: disposable(records, until !== null && until.getTime() <= now).map(option),
      sealed: records.items.filter((i) => stateOf(i, records.events, records.holds) === 'sealed').map(option),
      holdable: records.items.map(option),
    };
  });
}

/** An order with its items: what the second person decides by, and afterwards the certificate (EVI-10). */
export function orderPage(deps: Deps, side: CaseSide, asker: Asker, which: string, id: string) {
  return deps.db.in(contextOf(asker.viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'dispose');
    const records = await recordsOf(tx, ref.id);
    const { order, answer } = orderIn(records, id);
    const who = await names(tx, [order.by_person, ...(answer ? [answer.by_person] : [])]);
    if (order.items.length === 0) throw notFound('this order');
    return {
      ref,
      order,
      answer,
      words: ORDER_WORDS[order.kind],
      proposedBy: who.get(order.by_person),
      answeredBy: answer && who.get(answer.by_person),
      mine: order.by_person === asker.viewer.person.id,
      items: records.items
        .filter((i) => order.items.includes(i.id))
        .map((i) => ({
          ...lineOf(i, records),
          description: isShut(ref, i, records.events) ? 'A sealed file' : i.description,
          size: i.size,
          sha256: order.kind === 'dispose' ? i.sha256?.toString('hex') : undefined,
          done: records.events.find((e) => e.item_id === i.id && e.action === order.kind)?.at ?? null,
        })),
    };
  });
}
