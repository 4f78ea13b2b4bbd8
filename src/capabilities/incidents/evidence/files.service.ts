import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { conflict, forbidden, invalid, Refusal } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { raise } from '#rooms/monitoring/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { holdsFile } from '../words-only.ts';
import { type Scan, startScan } from './clamd.ts';
import { ContainerBroken } from './container.ts';
import { type Asker, enter, itemIn, log, recordsOf, refuseSealed, whyNot } from './enter.ts';
import { type Item, insertCustody, insertItem, insertKeys, lockCase, nextNumber, wrapsOf } from './evidence.store.ts';
import { fileOf, readFile, writeFile } from './files.ts';
import type { CaseSide } from './gate.ts';
import { hideName, readRing, showName, unwrap, wrap, wrapOutside } from './keys.ts';

export interface NewFile {
  readonly description: string;
  readonly name: string;
  readonly source: AsyncIterable<Buffer>;
  /** EVI-03: the answer to "may this show a sexual image of a child?", given before a file could be chosen. */
  readonly mayShowChild: 'no' | 'yes' | 'unsure' | undefined;
}

/** Wraps are made under the ring of the moment; a rotation waits for them before it drops a key (rotate.service.ts). */
export const KEYS_LOCK = sql`hashtextextended('gatehouse evidence keys', 0)`;

/** Whether a file could come in at all; asked before a byte of it is read. */
export function mayAttach(deps: Deps, side: CaseSide, asker: Asker, which: string) {
  return deps.db.in(contextOf(asker.viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'attach');
    refuseSealed(ref);
    return ref;
  });
}

/** EVI-07: what could not be sealed from the whole school later is not taken in now. */
export function escrowOf(deps: Deps): string {
  const { escrow } = deps.config.evidence;
  if (escrow) return escrow;
  throw conflict(
    'evidence.no-escrow',
    'Files cannot be kept here yet: no outside body holds a key to sealed evidence.',
    'Ask whoever runs Gatehouse to set GATEHOUSE_EVIDENCE_ESCROW. Until then keep the original safe and record it as a thing.',
  );
}

/** EVI-01, EVI-09: a file comes in. It is on the disk for good before its record is written, and there is no record without its hash. */
export async function takeFile(
  deps: Deps,
  side: CaseSide,
  asker: Asker,
  which: string,
  file: NewFile,
): Promise<{ item: string; number: number }> {
  if (file.mayShowChild !== 'no') {
    throw forbidden(
      'evidence.unanswered',
      'Say first whether this may show a sexual image of a child.',
      'Begin again from the case. Nothing was taken in.',
    );
  }
  const description = checkDescription(file.description);
  const escrow = escrowOf(deps);
  const { viewer } = asker;
  await mayAttach(deps, side, asker, which);
  const id = newId(deps.clock.now());
  const key = randomBytes(32);
  const scan: Scan = startScan(deps.config.evidence.clamd);
  const target = fileOf(deps.config, viewer.school.id, id);
  const written = await writeFile(target, file.source, { key, item: id, scan });
  try {
    return await deps.db.in(contextOf(viewer), async (tx) => {
      // Much may have happened since the first piece came: the case may be sealed, the person its subject.
      await lockCase(tx, (await enter(tx, side, asker, which, 'attach')).id);
      const ref = await enter(tx, side, asker, which, 'attach');
      refuseSealed(ref);
      await sql`select pg_advisory_xact_lock_shared(${KEYS_LOCK})`.execute(tx);
      const outside = wrapOutside(escrow, key);
      const number = await nextNumber(tx, ref.id);
      const at = new Date(deps.clock.now());
      const item = { id, school_id: viewer.school.id, case_id: ref.id };
      await insertItem(tx, {
        ...item,
        number,
        kind: 'file',
        description,
        taken_by: viewer.person.id,
        taken_at: at,
        device: asker.device,
        size: written.size,
        sha256: written.sha256,
        name: hideName(key, id, cleanName(file.name)),
      });
      await insertKeys(tx, viewer.school.id, id, { school: wrap(readRing(deps.config), id, key), outside });
      const sha256 = written.sha256.toString('hex');
      await log(deps, tx, viewer.person.id, item, 'take', {
        detail: { sha256, size: written.size, outside: outside.keyId },
      });
      await log(deps, tx, viewer.person.id, item, 'scan', { detail: { ...written.scan } });
      await insertCustody(tx, {
        school_id: item.school_id,
        case_id: ref.id,
        item_id: id,
        at,
        recorded_at: at,
        by_person: viewer.person.id,
        act: 'taken',
        to_holder: viewer.person.displayName,
        place: 'Gatehouse’s evidence vault',
      });
      // EVI-07: what it is stands with the file alone, so that sealing takes it from the story, its search and its print too.
      await side.gate.entry(tx, viewer, ref.id, {
        action: 'evidence.take',
        text: `E${number}`,
        detail: { item: id, number, sha256, size: written.size, scan: written.scan.verdict, device: asker.device },
      });
      await written.keep();
      return { item: id, number };
    });
  } catch (e) {
    await written.discard();
    throw e;
  } finally {
    key.fill(0);
  }
}

export function checkDescription(text: string): string {
  const description = text.trim();
  const { length } = [...description];
  if (length >= 3 && length <= 500 && !holdsFile(description)) return description;
  const says = 'Say in a few words what it is: 3 to 500 characters.';
  throw invalid('evidence.description', says, { description: says });
}

/** A name as a browser sends it, without path and without what no file name holds. */
const cleanName = (name: string): string =>
  (name.split(/[\\/]/).at(-1) ?? '').replaceAll(/[\p{Cc}\p{Cf}]/gu, '').slice(0, 200) || 'file';

export interface OpenedFile {
  readonly number: number;
  readonly name: string;
  readonly size: number;
  readonly sha256: Buffer;
  readonly content: AsyncGenerator<Buffer>;
}

/** EVI-09: opened with a reason, and recorded before the first byte leaves. */
export function openFile(
  deps: Deps,
  side: CaseSide,
  asker: Asker,
  which: string,
  of: string,
  reason: string,
): Promise<OpenedFile> {
  const { viewer } = asker;
  return deps.db.in(contextOf(viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'open');
    await lockCase(tx, ref.id);
    refuseSealed(ref);
    const records = await recordsOf(tx, ref.id);
    const item = itemIn(records, of);
    const why = whyNot(records, item, 'open', { reason });
    if (why !== null) throw invalid('evidence.open', why, { reason: why });
    const [opened] = await unlock(deps, side, tx, viewer, [item]);
    if (!opened) throw conflict('evidence.no-key', 'This file has no key any more.');
    await log(deps, tx, viewer.person.id, item, 'open', { text: reason.trim() });
    await side.gate.entry(tx, viewer, ref.id, {
      action: 'evidence.open',
      text: reason.trim(),
      detail: { item: item.id, number: item.number },
    });
    return opened;
  });
}

/** The files of these items, ready to be read; each reading is watched to its end. */
export async function unlock(
  deps: Deps,
  side: CaseSide,
  tx: Tx,
  viewer: Viewer,
  items: readonly Item[],
): Promise<OpenedFile[]> {
  const files = items.filter((i) => i.kind === 'file');
  const wraps = await wrapsOf(
    tx,
    files.map((i) => i.id),
    'school',
  );
  const ring = readRing(deps.config);
  return files.flatMap((item) => {
    const { size, sha256, name } = item;
    const wrapped = wraps.get(item.id);
    if (!wrapped || size === null || sha256 === null || name === null) return [];
    const key = unwrap(ring, item.id, wrapped);
    return {
      number: item.number,
      name: showName(key, item.id, name),
      size: Number(size),
      sha256,
      content: watched(deps, side, viewer, item, key, { size: Number(size), sha256 }),
    };
  });
}

async function* watched(
  deps: Deps,
  side: CaseSide,
  viewer: Viewer,
  item: Item,
  key: Buffer,
  expected: { size: number; sha256: Buffer },
): AsyncGenerator<Buffer> {
  const stillOpen = () =>
    deps.db.in(contextOf(viewer), async (tx) => {
      const wraps = await wrapsOf(tx, [item.id], 'school');
      return wraps.has(item.id) && !(await side.gate.sealed(tx, item.case_id));
    });
  try {
    yield* readFile(fileOf(deps.config, item.school_id, item.id), key, item.id, expected, stillOpen);
    await deps.db.in(contextOf(viewer), (tx) => log(deps, tx, viewer.person.id, item, 'verified'));
  } catch (e) {
    if (!(e instanceof ContainerBroken)) throw e;
    await recordBroken(deps, side, item, e.message);
    throw new Refusal('conflict', 'evidence.broken', 'This file is not as it was taken in, so it was not given out.', {
      remedy:
        'This has been recorded, and whoever is on duty has been told. Touch nothing; the original may still exist.',
      cause: e,
    });
  } finally {
    key.fill(0);
  }
}

/** A file that is not as it was taken in: on the record, in the case, and an alert to whoever is on duty, at once. */
function recordBroken(deps: Deps, side: CaseSide, item: Item, what: string): Promise<void> {
  return deps.db.in(systemContext(item.school_id), async (tx) => {
    await log(deps, tx, null, item, 'broken', { text: what });
    const detail = { item: item.id, number: item.number };
    await side.gate.entry(tx, null, item.case_id, {
      action: 'evidence.broken',
      text: `E${item.number}: ${what}`,
      detail,
    });
    const file = await tx
      .selectFrom('case_file')
      .select(['reference', 'subjects'])
      .where('id', '=', item.case_id)
      .executeTakeFirstOrThrow();
    const text = `Evidence E${item.number} of case ${file.reference} is not as it was taken in: ${what}.`;
    const line = {
      at: new Date(deps.clock.now()).toISOString(),
      via: 'evidence',
      text,
      host: '',
      category: null,
      outcome: '',
    };
    await raise(tx, deps, {
      school: item.school_id,
      subject: null,
      keptFrom: file.subjects,
      detector: 'health',
      category: null,
      urgency: 'urgent',
      clause: null,
      lines: [line],
      openKey: `evidence ${item.id}`,
    });
  });
}
