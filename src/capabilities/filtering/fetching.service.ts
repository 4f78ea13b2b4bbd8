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
import { countApart } from './compile.ts';
import { type Copy, download, LIMITS } from './download.ts';
import { type Entries, total } from './gate.rules.ts';
import type { ListTrouble, OnListTrouble } from './lists.trouble.ts';
import { fetchedSource, versionFile } from './sources.rules.ts';
import { pruneVersions, takeVersion, versionsOf } from './versions.service.ts';

type Row = Selectable<Database['list_source']>;

/** What came of asking: is something else in use now, and what was wrong. */
export interface Fetched {
  readonly changed: boolean;
  readonly error: string | null;
}

/** Whoever sets the environment has the machine itself in hand. */
export const ANYWHERE = new Reach(['0.0.0.0/0', '::/0']);
const AGAIN_AFTER_FAILURE = HOUR;

export const isDue = (row: { readonly next_check_at: Date | null }, now: number): boolean =>
  row.next_check_at === null || row.next_check_at.getTime() <= now;

/** Not all schools at the same minute: up to a tenth of the time later. */
export const nextCheck = (now: number, everyHours: number): Date =>
  new Date(now + everyHours * HOUR + randomInt(Math.ceil((everyHours * HOUR) / 10 / MINUTE)) * MINUTE);

/**
 * Ask for one list from the web, and take what comes as a new version. Whatever goes wrong, what is in use stays, and the
 * source says why.
 */
export async function fetchSource(
  deps: Deps,
  row: Row,
  downloads: string,
  reach: Reach,
  onTrouble: OnListTrouble,
): Promise<Fetched> {
  const inSchool = <T>(work: Parameters<typeof deps.db.in<T>>[1]) => deps.db.in(systemContext(row.school_id), work);
  const [newest] = await inSchool((tx) => versionsOf(tx, row.id, 1));
  const draft = join(downloads, `${row.id}.draft`);
  let entries: Entries = {};
  let copy: Copy | null;
  try {
    copy = await download(
      {
        urls: [row.location, ...row.mirrors],
        seen: newest ? { from: newest.from_url, etag: newest.etag, lastModified: newest.last_modified } : null,
        checksum: row.checksum,
        publicKey: row.public_key,
      },
      draft,
      async (file) => {
        entries = (await countApart(fetchedSource(row, file))).entries;
        refuseEmpty(row.name, entries);
      },
      reach,
      { ...LIMITS, bytes: deps.config.listBytes },
    );
    if (copy) {
      mkdirSync(join(downloads, row.id), { recursive: true, mode: 0o700 });
      renameSync(draft, versionFile(downloads, row.id, copy.digest));
    }
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    const error = `${e.message}${newest ? ' The last good copy stays in use.' : ''}`;
    const next = new Date(deps.clock.now() + Math.min(AGAIN_AFTER_FAILURE, row.every_hours * HOUR));
    await inSchool((tx) =>
      tx.updateTable('list_source').set({ last_error: error, next_check_at: next }).where('id', '=', row.id).execute(),
    );
    return { changed: false, error };
  } finally {
    rmSync(draft, { force: true });
  }
  return inSchool(async (tx) => {
    const now = deps.clock.now();
    const taken = copy ? await takeVersion(tx, deps, row, copy, entries) : null;
    const state = taken?.state ?? newest?.state;
    if (taken?.state === 'held' && taken.news) await onTrouble(tx, held(row, taken.reason ?? '', now));
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
    await pruneVersions(tx, downloads, row.id);
    return { changed: taken?.state === 'in-use' && taken.news, error: null };
  });
}

/** A list of which not one line was understood is an error page or the wrong file, and must not replace a good one. */
export function refuseEmpty(name: string, entries: Entries): void {
  if (total(entries) === 0)
    throw invalid('lists.empty', `The list source "${name}" holds not one name that can be read.`);
}

const held = (row: Row, reason: string, now: number): ListTrouble => ({
  kind: 'held',
  school: row.school_id,
  source: row.id,
  from: now,
  text: `A new version of the list “${row.name}” is held: ${reason} The old one stays in use until somebody decides.`,
});
