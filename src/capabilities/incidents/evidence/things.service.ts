import { invalid } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { CustodyAct, EvidenceKind } from '#platform/tables/evidence.ts';
import { contextOf } from '#web/index.ts';
import { custodyOf } from './custody.rules.ts';
import { type Asker, enter, itemIn, log, recordsOf, refuse, refuseSealed, whyNot } from './enter.ts';
import { type CustodyRow, type Item, insertCustody, insertItem, lockCase, nextNumber } from './evidence.store.ts';
import { checkDescription } from './files.service.ts';
import type { CaseSide } from './gate.ts';

export interface NewThing {
  readonly kind: Exclude<EvidenceKind, 'file'>;
  readonly description: string;
  readonly serial: string;
  readonly custody: NewCustody;
}

export interface NewCustody {
  readonly act: CustodyAct;
  /** When it happened, which may be before it is written down; null: now. */
  readonly at: Date | null;
  readonly from: string;
  readonly to: string;
  readonly place: string;
  readonly seal: string;
  readonly forceReference: string;
  readonly note: string;
}

/** EVI-05, EVI-08: a device, a paper, a thing. It is described and never copied, so this goes on in a sealed case too. */
export async function takeThing(
  deps: Deps,
  side: CaseSide,
  asker: Asker,
  which: string,
  thing: NewThing,
): Promise<{ number: number }> {
  const { viewer } = asker;
  const description = checkDescription(thing.description);
  return deps.db.in(contextOf(viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'custody');
    await lockCase(tx, ref.id);
    const number = await nextNumber(tx, ref.id);
    const at = deps.clock.now();
    const item = { id: newId(at), school_id: viewer.school.id, case_id: ref.id };
    const custody = {
      ...thing.custody,
      act: 'taken' as const,
      to: thing.custody.to.trim() || viewer.person.displayName,
    };
    const row = custodyRow(deps, asker, item, custody);
    await insertItem(tx, {
      ...item,
      number,
      kind: thing.kind,
      description,
      serial: thing.serial.trim() || null,
      taken_by: viewer.person.id,
      taken_at: row.at,
      device: asker.device,
    });
    await log(deps, tx, viewer.person.id, item, 'take');
    await insertCustody(tx, row);
    await enterCustody(tx, side, asker, ref.id, item.id, number, custody);
    return { number };
  });
}

/** EVI-08: what happened to an item: passed on, sealed, put away, given back. Nothing written is ever changed. */
export function addCustody(
  deps: Deps,
  side: CaseSide,
  asker: Asker,
  which: string,
  of: string,
  event: NewCustody,
): Promise<void> {
  return deps.db.in(contextOf(asker.viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'custody');
    await lockCase(tx, ref.id);
    const records = await recordsOf(tx, ref.id);
    const item = itemIn(records, of);
    if (item.kind === 'file') refuseSealed(ref);
    refuse('evidence.custody', whyNot(records, item, 'custody'));
    if (event.act === 'taken') throw wrong({ act: 'It has been taken already. Choose what happened since.' });
    const from = event.from.trim() || (custodyOf(stepsOf(records.custody, item.id)).holder ?? '');
    await insertCustody(
      tx,
      custodyRow(deps, asker, item, { ...event, from: PASSED.has(event.act) ? from : event.from }),
    );
    await enterCustody(tx, side, asker, ref.id, item.id, item.number, event);
  });
}

/** EVI-02: the printed sheet was signed, and this is where it is kept. */
export function signedCopy(
  deps: Deps,
  side: CaseSide,
  asker: Asker,
  which: string,
  of: string,
  heldAt: string,
): Promise<void> {
  return deps.db.in(contextOf(asker.viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'custody');
    const records = await recordsOf(tx, ref.id);
    const item = itemIn(records, of);
    if (item.kind === 'file') refuseSealed(ref);
    refuse('evidence.sign', whyNot(records, item, 'sign'));
    const place = heldAt.trim();
    if (place.length < 3 || place.length > 200)
      throw wrong({ heldAt: 'Say where the signed copy is kept: 3 to 200 characters.' });
    await log(deps, tx, asker.viewer.person.id, item, 'signed', { text: place });
    const detail = { item: item.id, number: item.number };
    await side.gate.entry(tx, asker.viewer, ref.id, {
      action: 'evidence.signed',
      text: `Signed copy of E${item.number} held at ${place}`,
      detail,
    });
  });
}

export const PASSED: ReadonlySet<CustodyAct> = new Set(['handed-over', 'returned', 'to-police']);
const wrong = (fields: Record<string, string>) =>
  invalid('evidence.custody.invalid', 'Some of this needs another look.', fields);

function custodyRow(deps: Deps, { viewer }: Asker, item: Pick<Item, 'id' | 'school_id' | 'case_id'>, c: NewCustody) {
  const now = new Date(deps.clock.now());
  const at = c.at ?? now;
  const fields: Record<string, string> = {};
  if (at > now) fields.at = 'This time has not come yet.';
  if (PASSED.has(c.act) && c.to.trim().length < 2) fields.to = 'Say who has it now.';
  if (PASSED.has(c.act) && c.from.trim().length < 2) fields.from = 'Say who gave it.';
  if (c.act === 'sealed' && !c.seal.trim()) fields.seal = 'Give the number on the seal.';
  if (c.act === 'to-police' && c.forceReference.trim().length < 2)
    fields.forceReference = 'Give the force’s reference.';
  if (Object.keys(fields).length > 0) throw wrong(fields);
  return {
    school_id: item.school_id,
    case_id: item.case_id,
    item_id: item.id,
    at,
    recorded_at: now,
    by_person: viewer.person.id,
    act: c.act,
    from_holder: c.from.trim() || null,
    to_holder: c.to.trim() || null,
    place: c.place.trim() || null,
    seal: c.seal.trim() || null,
    force_reference: c.forceReference.trim() || null,
    note: c.note.trim() || null,
  };
}

const enterCustody = (
  tx: Tx,
  side: CaseSide,
  { viewer }: Asker,
  caseId: string,
  item: string,
  number: number,
  c: NewCustody,
) =>
  side.gate.entry(tx, viewer, caseId, {
    action: 'evidence.custody',
    text: `E${number} ${c.act}${c.to.trim() ? `: ${c.to.trim()}` : ''}${c.seal.trim() ? `, seal ${c.seal.trim()}` : ''}`,
    detail: { item, number, act: c.act },
  });

/** The chain of one item, for the rules. */
export const stepsOf = (rows: readonly CustodyRow[], item: string) =>
  rows
    .filter((r) => r.item_id === item)
    .map((r) => ({ at: r.at, act: r.act, from: r.from_holder, to: r.to_holder, place: r.place, seal: r.seal }));
