import { rmSync } from 'node:fs';
import type { Selectable } from 'kysely';
import { conflict, notFound } from '#core/errors.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { Database } from '#platform/schema.ts';
import type { Copy } from './download.ts';
import { type Contents, judgeMarks, judgeSize, total } from './gate.rules.ts';
import { versionFile } from './sources.rules.ts';

/** How many versions stay on disk, so that an earlier one can be taken up again; what lies on this server stands there anyway. */
const KEPT = { url: 5, local: 2 } as const;

export type ListVersion = Selectable<Database['list_source_version']>;

/** Versions of a source, the newest first. */
export const versionsOf = (tx: Tx, source: string, limit = 20): Promise<ListVersion[]> =>
  tx
    .selectFrom('list_source_version')
    .selectAll()
    .where('source_id', '=', source)
    .orderBy('fetched_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** All sources, each with the version of it that is in use. */
export const sourceRows = (tx: Tx) =>
  tx
    .selectFrom('list_source as s')
    .leftJoin('list_source_version as v', (j) => j.onRef('v.source_id', '=', 's.id').on('v.state', '=', 'in-use'))
    .selectAll('s')
    .select('v.digest')
    .orderBy('s.added_at')
    .orderBy('s.id')
    .execute();

type Gated = Pick<Selectable<Database['list_source']>, 'id' | 'school_id' | 'least_kept' | 'most_growth'>;

/**
 * A version came: it is in use from now on, unless it differs so much that a person must look first, or a person has
 * refused these very bytes before. Answers its state, and whether that is news.
 */
export async function takeVersion(
  tx: Tx,
  deps: Deps,
  source: Gated,
  copy: Copy,
  { entries, marks }: Contents,
): Promise<{ state: ListVersion['state']; news: boolean; reason: string | null }> {
  const at = new Date(deps.clock.now());
  const known = await one(tx, source.id).where('digest', '=', copy.digest).executeTakeFirst();
  const inUse = await one(tx, source.id).where('state', '=', 'in-use').executeTakeFirst();
  const same = { fetched_at: at, from_url: copy.from, etag: copy.etag, last_modified: copy.lastModified };
  const decided = known?.state === 'refused' && known.decided_by !== null;
  if (known && (known.state === 'in-use' || known.state === 'held' || decided)) {
    await tx.updateTable('list_source_version').set(same).where('id', '=', known.id).execute();
    return { state: known.state, news: false, reason: known.reason };
  }
  const gates = { leastKept: source.least_kept, mostGrowth: source.most_growth };
  const reason =
    (inUse && judgeSize(inUse.entries, entries, gates)) ?? judgeMarks(inUse?.marks ?? null, marks, total(entries));
  const state = reason === null ? 'in-use' : 'held';
  if (state === 'in-use' && inUse) await setState(tx, inUse.id, 'superseded');
  const row = { ...same, state, reason, decided_by: null, decided_at: null } as const;
  await tx
    .insertInto('list_source_version')
    .values({
      ...row,
      school_id: source.school_id,
      source_id: source.id,
      digest: copy.digest,
      bytes: copy.bytes,
      entries: JSON.stringify(entries),
      marks: JSON.stringify(marks),
    })
    .onConflict((c) => c.columns(['source_id', 'digest']).doUpdateSet({ ...row, marks: JSON.stringify(marks) }))
    .execute();
  if (state === 'held') await note(tx, deps, source.school_id, null, 'lists.version.held', source.id, copy.digest);
  return { state, news: true, reason };
}

/** The version of a source that is in use. */
export const inUseOf = (tx: Tx, source: string): Promise<ListVersion | undefined> =>
  one(tx, source).where('state', '=', 'in-use').executeTakeFirst();

/** Take up another version by hand: one that was held, or an earlier one. Two people agreed to it (list-changes.service.ts). */
export async function takeUp(tx: Tx, deps: Deps, by: Context, id: string): Promise<void> {
  const version = await versionById(tx, id);
  const decided = { decided_by: by.person, decided_at: new Date(deps.clock.now()) };
  const inUse = await inUseOf(tx, version.source_id);
  if (inUse) {
    // A later one that was left for an earlier one is not to come back with the next check.
    const back = inUse.fetched_at > version.fetched_at;
    const left = { state: 'refused', reason: 'An earlier version was taken up again.', ...decided } as const;
    await tx
      .updateTable('list_source_version')
      .set(back ? left : { state: 'superseded' })
      .where('id', '=', inUse.id)
      .execute();
  }
  await tx
    .updateTable('list_source_version')
    .set({ state: 'in-use', ...decided })
    .where('id', '=', id)
    .execute();
}

/** A version that was held is not to be used; what is in use stays. */
export async function refuseVersion(tx: Tx, deps: Deps, by: Context, id: string): Promise<string> {
  const version = await versionById(tx, id);
  if (version.state !== 'held')
    throw conflict('lists.version.decided', 'Somebody has decided on this version already.');
  await tx
    .updateTable('list_source_version')
    .set({ state: 'refused', decided_by: by.person, decided_at: new Date(deps.clock.now()) })
    .where('id', '=', id)
    .execute();
  await note(tx, deps, by.school, by.person, 'lists.version.refuse', version.source_id, version.digest);
  return version.source_id;
}

/** Files of versions beyond the last few go; their rows stay. */
export async function pruneVersions(
  tx: Tx,
  downloads: string,
  { id, kind }: Pick<Selectable<Database['list_source']>, 'id' | 'kind'>,
): Promise<void> {
  const old = (await versionsOf(tx, id, 100)).slice(kind === 'url' ? KEPT.url : KEPT.local);
  for (const { digest, state } of old) {
    if (state === 'in-use' || state === 'held') continue;
    rmSync(versionFile(downloads, id, digest), { force: true, recursive: true });
  }
}

const one = (tx: Tx, source: string) =>
  tx.selectFrom('list_source_version').selectAll().where('source_id', '=', source);

/** One version, held until the transaction ends. */
export async function versionById(tx: Tx, id: string): Promise<ListVersion> {
  const row = await tx
    .selectFrom('list_source_version')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw notFound('this version');
  return row;
}

const setState = (tx: Tx, id: string, state: ListVersion['state']) =>
  tx.updateTable('list_source_version').set({ state }).where('id', '=', id).execute();

const note = (
  tx: Tx,
  deps: Deps,
  school: string,
  actor: string | null,
  action: string,
  source: string,
  digest: string,
) =>
  record(tx, {
    school,
    actor,
    action,
    object: { kind: 'list_source', id: source },
    detail: { digest },
    at: deps.clock.now(),
  });
