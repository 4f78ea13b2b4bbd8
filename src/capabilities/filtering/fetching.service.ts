import { randomInt } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Selectable } from 'kysely';
import { HOUR, MINUTE } from '#core/clock.ts';
import { invalid, Refusal } from '#core/errors.ts';
import { Reach } from '#core/reach.ts';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { Database } from '#platform/schema.ts';
import { scanApart } from './compile.ts';
import { type Copy, download, LIMITS, MOST_UNPACKED } from './download.ts';
import { copyLocal } from './fetching.local.ts';
import { type Contents, total } from './gate.rules.ts';
import type { ListTrouble, OnListTrouble } from './lists.trouble.ts';
import type { OwnHosts } from './source-own-hosts.ts';
import { readingsOf } from './source-readings.ts';
import { copiesOf, versionFile } from './sources.rules.ts';
import { pruneVersions, takeVersion, versionsOf } from './versions.service.ts';

type Row = Selectable<Database['list_source']>;

/** What came of asking: is something else in use now, and what was wrong. */
export interface Fetched {
  readonly changed: boolean;
  readonly error: string | null;
}

/** Where lists are fetched to and from, and what becomes of trouble. */
export interface Fetching {
  readonly downloads: string;
  /** Which servers may be asked for a list from the web. */
  readonly reach: Reach;
  readonly own: OwnHosts;
  readonly onTrouble: OnListTrouble;
}

/** Whoever sets the environment has the machine itself in hand. */
export const ANYWHERE = new Reach(['0.0.0.0/0', '::/0']);
const AGAIN_AFTER_FAILURE = HOUR;
const MOST_NAMES = 50_000_000;

export const isDue = (row: { readonly next_check_at: Date | null }, now: number): boolean =>
  row.next_check_at === null || row.next_check_at.getTime() <= now;

/** Not all schools at the same minute: up to a tenth of the time later. */
export const nextCheck = (now: number, everyHours: number): Date =>
  new Date(now + everyHours * HOUR + randomInt(Math.ceil((everyHours * HOUR) / 10 / MINUTE)) * MINUTE);

/**
 * Ask for one list, on the web or on this server, and take what is there as a new version. Whatever goes wrong, what is in
 * use stays, and the source says why.
 */
export async function fetchSource(
  deps: Deps,
  row: Row,
  { downloads, reach, own, onTrouble }: Fetching,
): Promise<Fetched> {
  const inSchool = <T>(work: Parameters<typeof deps.db.in<T>>[1]) => deps.db.in(systemContext(row.school_id), work);
  const [newest] = await inSchool((tx) => versionsOf(tx, row.id, 1));
  const draft = join(downloads, `${row.id}.draft`);
  let contents: Contents = { entries: {}, marks: {} };
  let copy: Copy | null;
  const look = async (path: string) => {
    contents = await contentsOf(row, path, own);
    refuseEmpty(row.name, contents);
  };
  try {
    copy = row.kind === 'url' ? await fromTheWeb(deps, row, newest, draft, look, reach) : await copyLocal(row, draft);
    if (copy && row.kind !== 'url') {
      // The same bytes were looked at before.
      const known = await inSchool((tx) => versionWith(tx, row.id, copy?.digest ?? ''));
      if (known) contents = known;
      else await look(draft);
    }
    if (copy) keep(draft, versionFile(downloads, row.id, copy.digest));
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    const error = `${e.message}${newest ? ' The last good copy stays in use.' : ''}`;
    const next = new Date(deps.clock.now() + Math.min(AGAIN_AFTER_FAILURE, row.every_hours * HOUR));
    await inSchool((tx) =>
      tx.updateTable('list_source').set({ last_error: error, next_check_at: next }).where('id', '=', row.id).execute(),
    );
    return { changed: false, error };
  } finally {
    rmSync(draft, { force: true, recursive: true });
  }
  return inSchool(async (tx) => {
    const now = deps.clock.now();
    const taken = copy ? await takeVersion(tx, deps, row, copy, contents) : null;
    const state = taken?.state ?? newest?.state;
    if (taken?.state === 'held' && taken.news) await onTrouble(tx, held(row, taken.reason ?? '', now, newest));
    await tx
      .updateTable('list_source')
      // What is in use is the newest there is; a version that waits for a person leaves the old one growing older.
      .set({
        ...(state === 'in-use' && { checked_at: new Date(now) }),
        last_error: null,
        next_check_at: nextCheck(now, row.every_hours),
      })
      .where('id', '=', row.id)
      .execute();
    await pruneVersions(tx, downloads, row);
    return { changed: taken?.state === 'in-use' && taken.news, error: null };
  });
}

const fromTheWeb = (
  deps: Deps,
  row: Row,
  newest: Pick<Selectable<Database['list_source_version']>, 'from_url' | 'etag' | 'last_modified'> | undefined,
  draft: string,
  look: (draft: string) => Promise<void>,
  reach: Reach,
): Promise<Copy | null> =>
  download(
    {
      urls: [row.location, ...row.mirrors],
      seen: newest ? { from: newest.from_url, etag: newest.etag, lastModified: newest.last_modified } : null,
      checksum: row.checksum,
      publicKey: row.public_key,
    },
    draft,
    look,
    reach,
    { ...LIMITS, bytes: Math.min(deps.config.listBytes, Number(row.most_bytes ?? deps.config.listBytes)) },
  );

/** Read a version to its end, in a process of its own. */
async function contentsOf(row: Row, path: string, own: OwnHosts): Promise<Contents> {
  const sources = copiesOf(row, path);
  return scanApart({
    sources,
    readings: readingsOf(row, sources),
    own,
    mostUnpacked: MOST_UNPACKED,
    mostNames: Number(row.most_names ?? MOST_NAMES),
  });
}

const versionWith = (tx: Parameters<typeof versionsOf>[0], source: string, digest: string) =>
  tx
    .selectFrom('list_source_version')
    .select(['entries', 'marks'])
    .where('source_id', '=', source)
    .where('digest', '=', digest)
    .executeTakeFirst();

/** A folder is not renamed over another: the copy that is there already is the same. */
function keep(draft: string, file: string): void {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  rmSync(file, { force: true, recursive: true });
  renameSync(draft, file);
}

/** A list of which not one line was understood is an error page or the wrong file, and must not replace a good one. */
function refuseEmpty(name: string, { entries }: Contents): void {
  if (total(entries) === 0)
    throw invalid('lists.empty', `The list source "${name}" holds not one name that can be read.`);
}

const held = (row: Row, reason: string, now: number, before: unknown): ListTrouble => ({
  kind: 'held',
  school: row.school_id,
  source: row.id,
  from: now,
  text: `A new version of the list “${row.name}” is held: ${reason} ${before ? 'The old one stays in use' : 'It is not used'} until somebody decides.`,
});
