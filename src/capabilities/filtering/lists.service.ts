import { createHmac } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { SECOND } from '#core/clock.ts';
import { invalid, Refusal } from '#core/errors.ts';
import { Reach } from '#core/reach.ts';
import type { BuildReport, Source, SourceReport } from '#filter/index.ts';
import { dataPaths } from '#platform/config.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { enqueue } from '#platform/jobs.ts';
import { record } from '#platform/ledger.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { evidence } from '#rooms/policies/index.ts';
import { compileApart } from './compile.ts';
import { ANYWHERE, type Fetching, fetchSource, isDue } from './fetching.service.ts';
import type { OnListTrouble } from './lists.trouble.ts';
import { fetchSlots, isSlot, slotSources, slotsLoaded } from './slots.service.ts';
import { type OwnHosts, ownHosts, ownSource } from './source-own-hosts.ts';
import { type Readings, readingsOf } from './source-readings.ts';
import { sourcesOf } from './sources.rules.ts';
import { sourceRows } from './versions.service.ts';

export const COMPILE = 'lists.compile';
const PROGRESS_EVERY = SECOND / 2;
const AGAIN_AFTER = 15 * SECOND;
/** Index files that stay on disk: gateways may still be fetching the one before. */
const KEPT_FILES = 3;

/** Where a school's lists from the web are kept. */
export const downloadsOf = (deps: Deps, school: string): string => join(dataPaths(deps.config.data).lists, school);

/** The index file of a version. */
export const indexFile = (deps: Deps, sha256: string): string =>
  join(dataPaths(deps.config.data).index, `${sha256}.idx`);

/** Have the lists compiled soon; several wishes are one job. */
export async function requestCompile(
  tx: Tx,
  deps: Deps,
  school: string,
  { scheduled = false }: Pick<CompileOptions, 'scheduled'> = {},
): Promise<void> {
  await setState(tx, deps, school, 'waiting');
  await enqueue(tx, COMPILE, { school, scheduled }, { key: `${COMPILE}:${school}` });
}

export interface CompileOptions {
  /** What becomes of trouble with a list. */
  readonly onTrouble?: OnListTrouble;
  /** Nobody asked but the clock: compile only when something new came. */
  readonly scheduled?: boolean;
}

/**
 * Compile a school's lists now: fetch what is due from the web, build the index, make it the version in use. One at a
 * time per school; a second one waits its turn. A source that cannot be read fails the whole: lists in use stay as they
 * are, since leaving one out would quietly open what it closed.
 */
export async function compileLists(deps: Deps, school: string, options: CompileOptions = {}): Promise<void> {
  await deps.db.in(systemContext(school), async (lock) => {
    // The transaction writes nothing, so that it holds up nobody while it keeps the lock; it ends with this process.
    if (await isFree(lock, school)) await compileAlone(deps, school, options);
    else {
      const later = new Date(deps.clock.now() + AGAIN_AFTER);
      await enqueue(lock, COMPILE, { school }, { key: `${COMPILE}:${school}`, runAt: later });
    }
  });
}

/** Takes the lock that stands for compiling this school's lists, until the transaction ends; false when it is taken. */
export async function isFree(tx: Tx, school: string): Promise<boolean> {
  const { rows } = await sql<{ free: boolean }>`
    select pg_try_advisory_xact_lock(hashtext(${COMPILE}), hashtext(${school})) as free`.execute(tx);
  return rows[0]?.free === true;
}

async function compileAlone(deps: Deps, school: string, options: CompileOptions): Promise<void> {
  const inSchool = <T>(work: (tx: Tx) => Promise<T>) => deps.db.in(systemContext(school), work);
  await inSchool((tx) => setState(tx, deps, school, 'running'));
  const seed = await inSchool((tx) => seedOf(tx, school));
  const downloads = downloadsOf(deps, school);
  let rows: readonly Row[] = [];
  try {
    const { own, reach } = await inSchool((tx) => placesOf(tx, deps));
    const fetching = { downloads, reach, own, onTrouble: options.onTrouble ?? (async () => undefined) };
    const fetched = await fetchDue(deps, school, fetching, options.scheduled === true, inSchool);
    const hasIndex = (await inSchool(newestVersion)) !== undefined;
    if (options.scheduled && !fetched.changed && hasIndex) {
      await inSchool((tx) => setState(tx, deps, school, 'done'));
      return;
    }
    // What was never in use closed nothing that leaving it out would open. But the first index of all waits for everything.
    rows = (await inSchool(enabledRows)).filter((r) => r.origin === 'starter' || r.digest !== null || !hasIndex);
    const gathered = rows.map((row) => ({ row, sources: sourcesOf(row, downloads) }));
    const missing = gathered.find((g) => g.sources.length === 0)?.row;
    if (missing) {
      throw invalid(
        'lists.not-yet',
        `The list source "${missing.name}" is not here to be read. ${fetched.errors.get(missing.id) ?? ''}`,
      );
    }
    const sealed = await inSchool((tx) => slotSources(tx, downloads));
    const sources = [...gathered.flatMap((g) => g.sources), ...ownSource(downloads, own), ...sealed];
    const readings = Object.assign({}, ...gathered.map((g) => readingsOf(g.row, g.sources)));
    const report = await build(deps, school, { sources, readings, seed }, inSchool);
    await inSchool((tx) => finish(tx, deps, school, report, gathered, sealed, fetched.errors.size));
    await prune(deps, inSchool);
  } catch (e) {
    const message = e instanceof Refusal ? e.message : 'Something went wrong on our side while compiling.';
    await inSchool((tx) => fail(tx, deps, school, message, rows));
    // What the reader must mend is not tried again by itself; tomorrow's check will.
    if (!(e instanceof Refusal)) throw e;
  }
}

/** Sources in use, the starter lists first. */
const enabledRows = async (tx: Tx): Promise<Row[]> =>
  (await sourceRows(tx))
    .filter((r) => r.enabled)
    .sort((a, b) => Number(b.origin === 'starter') - Number(a.origin === 'starter'));

/** Which servers may be asked, and which hosts no list may close. */
async function placesOf(tx: Tx, deps: Deps): Promise<{ own: OwnHosts; reach: Reach }> {
  const { settings } = await tx.selectFrom('school').select('settings').executeTakeFirstOrThrow();
  return { own: ownHosts(settings, deps.config), reach: new Reach(settings.allowedPrivate ?? []) };
}

/** Ask every list whose time has come. What lies on this server is read with each compilation that somebody wished for. */
async function fetchDue(
  deps: Deps,
  school: string,
  fetching: Fetching,
  scheduled: boolean,
  inSchool: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>,
): Promise<{ changed: boolean; errors: ReadonlyMap<string, string> }> {
  const errors = new Map<string, string>();
  let changed = await fetchSlots(deps, school, fetching.downloads);
  for (const row of await inSchool(enabledRows)) {
    const due = row.kind === 'url' ? isDue(row, deps.clock.now()) : !scheduled;
    if (row.origin === 'starter' || !due) continue;
    const reach = row.origin === 'environment' ? ANYWHERE : fetching.reach;
    const fetched = await fetchSource(deps, row, { ...fetching, reach });
    changed ||= fetched.changed;
    if (fetched.error !== null) errors.set(row.id, fetched.error);
  }
  return { changed, errors };
}

type Row = Awaited<ReturnType<typeof sourceRows>>[number];
type Gathered = readonly { readonly row: Row; readonly sources: readonly Source[] }[];

/** The same lists under the same seed give the same file, so a check that finds nothing new changes nothing. */
async function seedOf(tx: Tx, school: string): Promise<[number, number]> {
  const { ledger_key } = await tx.selectFrom('installation').select('ledger_key').executeTakeFirstOrThrow();
  const digest = createHmac('sha256', ledger_key).update(`index seed of ${school}`).digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)];
}

async function build(
  deps: Deps,
  school: string,
  { sources, readings, seed }: { sources: readonly Source[]; readings: Readings; seed: [number, number] },
  inSchool: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>,
): Promise<BuildReport> {
  const folder = dataPaths(deps.config.data).index;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `${school}.draft`);
  let told = 0;
  let telling: Promise<unknown> = Promise.resolve();
  const report = await compileApart({ sources, readings, outFile: draft, seed }, ({ list, names }) => {
    if (Date.now() - told < PROGRESS_EVERY) return;
    told = Date.now();
    telling = telling.then(() => inSchool((tx) => tx.updateTable('list_build').set({ list, names }).execute()));
  });
  await telling;
  refuseUnread(
    report,
    sources.map((s) => s.name),
  );
  renameSync(draft, indexFile(deps, report.version));
  return withoutFileLines(report, sources);
}

/** A source of which not one line was understood is the wrong file, and leaving it out would open what it closed. */
function refuseUnread(report: BuildReport, names: readonly string[]): void {
  const empty = report.perSource.find(
    (s) =>
      names.includes(s.source) &&
      s.domains + s.urls + s.ignored.length === 0 &&
      !report.unmapped.some((u) => u.source === s.source),
  );
  if (empty) throw invalid('lists.empty', `The list source "${empty.source}" holds not one name that can be read.`);
}

/**
 * Any file of the server can be entered as a list; its lines must not come to light by being refused. Of a slot for illegal
 * content only figures are kept (FIL-02).
 */
function withoutFileLines(report: BuildReport, sources: readonly Source[]): BuildReport {
  const files = new Set(sources.filter((s) => s.kind === 'file').map((s) => s.name));
  return {
    ...report,
    refused: report.refused.map((r) => (files.has(r.list) ? { ...r, examples: [] } : r)),
    perSource: report.perSource.map((s) => (isSlot(s.source) ? withoutNames(s) : s)),
  };
}

/** Whatever lists of names a report has for a source, none of them is left. */
const withoutNames = (source: SourceReport): SourceReport =>
  Object.fromEntries(
    Object.entries(source).map(([key, value]) => [key, Array.isArray(value) ? [] : value]),
  ) as unknown as SourceReport;

async function finish(
  tx: Tx,
  deps: Deps,
  school: string,
  report: BuildReport,
  gathered: Gathered,
  sealed: readonly Source[],
  failed: number,
): Promise<void> {
  const at = new Date(deps.clock.now());
  const before = await newestVersion(tx);
  await tx
    .insertInto('list_version')
    .values({
      school_id: school,
      sha256: report.version,
      built_at: at,
      domains: report.domains,
      urls: report.urls,
      report: JSON.stringify(report),
    })
    .onConflict((c) => c.columns(['school_id', 'sha256']).doUpdateSet({ built_at: at }))
    .execute();
  // Others say themselves when they were read (fetching.service.ts).
  const read = gathered.filter(({ row }) => row.origin === 'starter').map(({ row }) => row.id);
  if (read.length > 0) {
    await tx.updateTable('list_source').set({ checked_at: at, last_error: null }).where('id', 'in', read).execute();
  }
  await slotsLoaded(
    tx,
    sealed.map((s) => s.name),
    at,
  );
  await setState(tx, deps, school, 'done');
  await record(tx, {
    school,
    actor: null,
    action: COMPILE,
    object: { kind: 'list_version', id: report.version },
    detail: {
      domains: report.domains,
      urls: report.urls,
      sources: gathered.map((g) => g.row.name),
      slots: sealed.map((s) => s.name),
      failed,
      changed: before?.sha256 !== report.version,
    },
    at: deps.clock.now(),
  });
  if (before?.sha256 !== report.version) await bumpSnapshot(tx, school);
  if (failed === 0) {
    await evidence(tx, deps, systemContext(school), {
      duty: 'CAL-06',
      text: `${gathered.length} list sources were read and compiled: ${report.domains} domains, ${report.urls} addresses.`,
    });
  }
}

async function fail(tx: Tx, deps: Deps, school: string, message: string, rows: readonly Row[]): Promise<void> {
  await setState(tx, deps, school, 'failed', message);
  // The reader of lists names the source in its sentence, be it the row's own or a package in its folder.
  for (const row of rows) {
    const names = [row.name, ...sourcesOf(row, downloadsOf(deps, school)).map((s) => s.name)];
    if (!names.some((n) => message.includes(`"${n}"`))) continue;
    await tx.updateTable('list_source').set({ last_error: message }).where('id', '=', row.id).execute();
  }
}

async function setState(
  tx: Tx,
  deps: Deps,
  school: string,
  state: 'waiting' | 'running' | 'done' | 'failed',
  error: string | null = null,
): Promise<void> {
  const row = { state, since: new Date(deps.clock.now()), list: null, names: 0, error };
  await tx
    .insertInto('list_build')
    .values({ school_id: school, ...row })
    .onConflict((c) => c.column('school_id').doUpdateSet(row))
    .execute();
}

/** The version of the lists in use. */
export const newestVersion = (tx: Tx) =>
  tx.selectFrom('list_version').selectAll().orderBy('built_at', 'desc').limit(1).executeTakeFirst();

async function prune(deps: Deps, inSchool: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>): Promise<void> {
  const old = await inSchool((tx) =>
    tx.selectFrom('list_version').select('sha256').orderBy('built_at', 'desc').offset(KEPT_FILES).execute(),
  );
  for (const { sha256 } of old) rmSync(indexFile(deps, sha256), { force: true });
}
