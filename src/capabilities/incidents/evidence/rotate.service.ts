import { sql } from 'kysely';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { schools } from '#platform/school.ts';
import { KEYS_LOCK } from './files.service.ts';
import { type KeyRing, readRing, unwrap, withFreshKey, wrap, writeRing } from './keys.ts';

export interface Rotation {
  readonly rewrapped: number;
  /** Numbers of the keys that are no more. */
  readonly dropped: readonly string[];
  /** Keys that the environment still holds and nothing needs any more: whoever set them takes them out. */
  readonly leftOver: readonly string[];
}

const BATCH = 500;

/**
 * A fresh key for the vault: every file's key is unwrapped by the old one and wrapped by the new, batch by batch; then the
 * old one is destroyed. The files themselves are not touched. Stopped half-way, the next run goes on: the ring holds both
 * keys until nothing is left under the old one. With a key from the environment, the new one is what was set there.
 */
export function rotate(deps: Deps, progress: (done: number) => void = () => undefined): Promise<Rotation> {
  return deps.db.outside(async (tx) => {
    // One at a time, be it the job or the command line: two would each make a key and forget the other's.
    await sql`select pg_advisory_xact_lock(hashtextextended('gatehouse evidence rotation', 0))`.execute(tx);
    return rotateAlone(deps, progress);
  });
}

async function rotateAlone(deps: Deps, progress: (done: number) => void): Promise<Rotation> {
  let ring = readRing(deps.config);
  if (ring.ours && ring.keys.size === 1) {
    ring = withFreshKey(ring);
    writeRing(deps.config, ring);
  }
  let rewrapped = 0;
  const all = await schools(deps.db);
  for (const school of all) {
    const before = rewrapped;
    for (;;) {
      const n = await rewrapSome(deps, school.id, ring);
      rewrapped += n;
      if (n === 0) break;
      progress(rewrapped);
    }
    await deps.db.in(systemContext(school.id), (tx) =>
      record(tx, {
        school: school.id,
        actor: null,
        action: 'evidence.rotate',
        object: { kind: 'evidence-key', id: ring.current },
        detail: { rewrapped: rewrapped - before },
        at: deps.clock.now(),
      }),
    );
  }
  const old = await dropEmptied(deps, ring, all);
  return { rewrapped, dropped: ring.ours ? old : [], leftOver: ring.ours ? [] : old };
}

function rewrapSome(deps: Deps, school: string, ring: KeyRing): Promise<number> {
  return deps.db.in(systemContext(school), async (tx) => {
    const rows = await tx
      .selectFrom('evidence_key')
      .select(['item_id', 'key_id', 'wrapped'])
      .where('holder', '=', 'school')
      .where('school_id', '=', school)
      .where('key_id', '!=', ring.current)
      .orderBy('item_id')
      .limit(BATCH)
      .forUpdate()
      .execute();
    for (const row of rows) {
      const key = unwrap(ring, row.item_id, { keyId: row.key_id, wrapped: row.wrapped });
      const fresh = wrap(ring, row.item_id, key);
      key.fill(0);
      await tx
        .updateTable('evidence_key')
        .set({ key_id: fresh.keyId, wrapped: fresh.wrapped })
        .where('item_id', '=', row.item_id)
        .where('holder', '=', 'school')
        .execute();
    }
    return rows.length;
  });
}

/** The keys but for the one in use, once nothing is wrapped by them; no upload can be at it meanwhile. */
function dropEmptied(deps: Deps, ring: KeyRing, all: readonly { id: string }[]): Promise<string[]> {
  return deps.db.outside(async (tx) => {
    await sql`select pg_advisory_xact_lock(${KEYS_LOCK})`.execute(tx);
    for (const school of all) {
      // An upload that began under the old key may have been recorded after its school was done.
      while ((await rewrapSome(deps, school.id, ring)) > 0);
    }
    const old = [...ring.keys.keys()].filter((id) => id !== ring.current);
    if (ring.ours && old.length > 0) {
      writeRing(deps.config, { ...ring, keys: new Map([...ring.keys].filter(([id]) => id === ring.current)) });
    }
    return old;
  });
}
