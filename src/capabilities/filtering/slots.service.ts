import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Selectable } from 'kysely';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { invalid, Refusal } from '#core/errors.ts';
import { type Source, sealedBytes } from '#filter/index.ts';
import type { SlotFeed, SlotName } from '#platform/config.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { Database } from '#platform/schema.ts';
import { countApart, SEAL_KEY } from './compile.ts';
import { type Copy, download, LIMITS } from './download.ts';
import { ANYWHERE, type Fetched, isDue, nextCheck } from './fetching.service.ts';
import { total } from './gate.rules.ts';

/**
 * The feeds of illegal content (FIL-02). They always exist, and nobody can switch them off, read or open them: they are set
 * by whoever runs the machine, sealed while they are compiled, and kept as hashes in the index alone
 * (docs/decisions/0010-illegal-list-slots.md).
 */
export const SLOTS: Readonly<Record<SlotName, { readonly title: string; readonly category: string }>> = {
  iwf: { title: 'Internet Watch Foundation: child sexual abuse', category: 'child-abuse' },
  ctiru: { title: 'Police list of unlawful terrorist content (CTIRU)', category: 'terrorism' },
};
const NAMES = Object.keys(SLOTS) as SlotName[];

const EVERY_HOURS = 4;
/** FIL-03: such a list is out of date sooner than others. */
export const SLOT_MAX_AGE: number = 12 * HOUR;
const AGAIN_AFTER_FAILURE = 15 * MINUTE;
/** A feed that shrank is believed when its provider has said nothing else for so long; no person can say so instead. */
const BELIEVED_AFTER = 3 * DAY;

type Row = Selectable<Database['list_slot']>;

export interface SlotState {
  readonly slot: SlotName;
  readonly title: string;
  readonly state: 'not-supplied' | 'late' | 'fresh';
  readonly entries: number;
  readonly loadedAt: Date | null;
  readonly checkedAt: Date | null;
  readonly error: string | null;
}

/** How the slots stand; all of them, whatever the database says. */
export async function slotStates(tx: Tx, now: number): Promise<SlotState[]> {
  const rows = await tx.selectFrom('list_slot').selectAll().execute();
  return NAMES.map((slot) => {
    const row = rows.find((r) => r.slot === slot);
    const late = now - (row?.checked_at?.getTime() ?? 0) > SLOT_MAX_AGE;
    return {
      slot,
      title: SLOTS[slot].title,
      state: !row?.loaded_at ? 'not-supplied' : late ? 'late' : 'fresh',
      entries: Number(row?.entries ?? 0),
      loadedAt: row?.loaded_at ?? null,
      checkedAt: row?.checked_at ?? null,
      error: row?.last_error ?? null,
    };
  });
}

const sealedFile = (downloads: string, slot: SlotName): string => join(downloads, `${slot}.sealed`);

/** What this process sealed, and so can have compiled. After a restart nothing: every feed is fetched anew. */
const sealedHere = new Set<string>();

/** Is a feed to be asked now? One that was loaded but cannot be compiled any more always is. */
export async function slotsAreDue(tx: Tx, deps: Deps): Promise<boolean> {
  const rows = await tx.selectFrom('list_slot').selectAll().execute();
  return NAMES.some((slot) => {
    const row = rows.find((r) => r.slot === slot);
    return deps.config.slots[slot] !== null && (!row || isDue(row, deps.clock.now()));
  });
}

/** Fetch and seal every feed that is due. */
export async function fetchSlots(deps: Deps, school: string, downloads: string): Promise<boolean> {
  let changed = false;
  for (const slot of NAMES) {
    const feed = deps.config.slots[slot];
    if (!feed) continue;
    const row = await deps.db.in(systemContext(school), (tx) => slotRow(tx, school, slot));
    const here = sealedHere.has(sealedFile(downloads, slot));
    if (isDue(row, deps.clock.now()) || !here) {
      changed = (await fetchSlot(deps, row, feed, downloads)).changed || changed;
    }
  }
  return changed;
}

/** The sources that slots are at the compiler. One that was loaded is never left out: that would open what it closed. */
export async function slotSources(tx: Tx, downloads: string): Promise<Source[]> {
  const rows = await tx.selectFrom('list_slot').selectAll().execute();
  return rows.flatMap(({ slot, loaded_at, last_error }) => {
    const path = sealedFile(downloads, slot);
    if (sealedHere.has(path) && existsSync(path)) {
      return [{ name: slot, kind: 'file', path, category: SLOTS[slot].category }];
    }
    if (loaded_at === null) return [];
    throw invalid(
      'lists.slot.away',
      `The list of illegal content "${slot}" must be fetched anew before lists can be compiled. ${last_error ?? 'It is not set up any more.'}`,
    );
  });
}

/** The compilation holds these slots; from now on it is their age that counts. */
export async function slotsLoaded(tx: Tx, slots: readonly string[], at: Date): Promise<void> {
  if (slots.length === 0) return;
  await tx
    .updateTable('list_slot')
    .set({ loaded_at: at })
    .where('slot', 'in', slots as SlotName[])
    .execute();
}

export const isSlot = (name: string): name is SlotName => name in SLOTS;

async function slotRow(tx: Tx, school: string, slot: SlotName): Promise<Row> {
  await tx
    .insertInto('list_slot')
    .values({ school_id: school, slot })
    .onConflict((c) => c.doNothing())
    .execute();
  return tx.selectFrom('list_slot').selectAll().where('slot', '=', slot).executeTakeFirstOrThrow();
}

async function fetchSlot(deps: Deps, row: Row, feed: SlotFeed, downloads: string): Promise<Fetched> {
  const file = sealedFile(downloads, row.slot);
  const draft = `${file}.draft`;
  const set = (values: Partial<Omit<Row, 'school_id' | 'slot' | 'entries'>> & { entries?: number }) =>
    deps.db.in(systemContext(row.school_id), (tx) =>
      tx.updateTable('list_slot').set(values).where('slot', '=', row.slot).execute(),
    );
  let entries = 0;
  try {
    mkdirSync(downloads, { recursive: true, mode: 0o700 });
    const check = async (path: string) => {
      const source: Source = { name: row.slot, kind: 'file', path, category: SLOTS[row.slot].category };
      entries = total((await countApart(source)).entries);
      if (entries === 0) throw invalid('lists.empty', 'It holds not one name that can be read.');
      await refuseShrunk(deps, row, entries, set);
    };
    const copy = await fetchSealed(feed, row, file, draft, check, deps.config.listBytes);
    const now = new Date(deps.clock.now());
    const fresh = { checked_at: now, next_check_at: nextCheck(now.getTime(), EVERY_HOURS), last_error: null };
    if (copy === null) {
      await set(fresh);
      return { changed: false, error: null };
    }
    renameSync(draft, file);
    sealedHere.add(file);
    const asOf = copy.as && copy.as < now ? copy.as : now;
    await set({
      ...fresh,
      checked_at: asOf,
      entries,
      etag: copy.etag,
      last_modified: copy.lastModified,
      shrunk_since: null,
    });
    await deps.db.in(systemContext(row.school_id), (tx) =>
      record(tx, {
        school: row.school_id,
        actor: null,
        action: 'lists.slot.fetch',
        object: { kind: 'list_slot', id: row.slot },
        detail: { entries },
        at: now.getTime(),
      }),
    );
    return { changed: true, error: null };
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    await set({ last_error: e.message, next_check_at: new Date(deps.clock.now() + AGAIN_AFTER_FAILURE) });
    return { changed: false, error: e.message };
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The bytes go from the socket into the seal; none of them is written as it came. */
async function fetchSealed(
  { location, authorization }: SlotFeed,
  row: Row,
  file: string,
  draft: string,
  check: (draft: string) => Promise<void>,
  bytes: number,
): Promise<(Pick<Copy, 'etag' | 'lastModified'> & { as?: Date }) | null> {
  const write = (chunks: AsyncIterable<Uint8Array>) => sealedBytes(chunks, SEAL_KEY);
  if (URL.canParse(location)) {
    const seen = sealedHere.has(file) ? { from: location, etag: row.etag, lastModified: row.last_modified } : null;
    return download({ urls: [location], seen, authorization, write }, draft, check, ANYWHERE, { ...LIMITS, bytes });
  }
  try {
    await pipeline(createReadStream(location), write, createWriteStream(draft, { mode: 0o600 }));
  } catch (cause) {
    throw new Refusal('unavailable', 'lists.slot.file', 'Its file cannot be read.', { cause });
  }
  await check(draft);
  // Reading an old file again makes it no newer.
  return { etag: null, lastModified: null, as: (await stat(location)).mtime };
}

async function refuseShrunk(
  deps: Deps,
  row: Row,
  entries: number,
  set: (values: { shrunk_since: Date }) => Promise<unknown>,
): Promise<void> {
  const was = Number(row.entries);
  if (entries * 2 >= was) return;
  const since = row.shrunk_since ?? new Date(deps.clock.now());
  if (deps.clock.now() - since.getTime() >= BELIEVED_AFTER) return;
  await set({ shrunk_since: since });
  throw invalid(
    'lists.slot.shrunk',
    `It holds less than half of what it held (${entries} of ${was}). Ask its provider. What was in use stays in use.`,
  );
}
