import { createHmac } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { SECOND } from '#core/clock.ts';
import { invalid, Refusal } from '#core/errors.ts';
import { Reach } from '#core/reach.ts';
import type { BuildReport, Source } from '#filter/index.ts';
import { dataPaths } from '#platform/config.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { enqueue } from '#platform/jobs.ts';
import { record } from '#platform/ledger.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { evidence } from '#rooms/policies/index.ts';
import { compileApart } from './compile.ts';
import { download } from './download.ts';
import { downloadedFile, type SourceRow, sourcesOf } from './sources.rules.ts';

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
export async function requestCompile(tx: Tx, deps: Deps, school: string, runAt?: Date): Promise<void> {
  await setState(tx, deps, school, 'waiting');
  await enqueue(tx, COMPILE, { school }, { key: `${COMPILE}:${school}`, ...(runAt && { runAt }) });
}

/**
 * Compile a school's lists now: fetch what comes from the web, build the index, make it the version in use. One at a
 * time per school; a second one waits its turn. A source that cannot be read fails the whole: lists in use stay as they
 * are, since leaving one out would quietly open what it closed.
 */
export async function compileLists(deps: Deps, school: string): Promise<void> {
  await deps.db.in(systemContext(school), async (lock) => {
    // The transaction writes nothing, so that it holds up nobody while it keeps the lock; it ends with this process.
    if (await isFree(lock, school)) await compileAlone(deps, school);
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

async function compileAlone(deps: Deps, school: string): Promise<void> {
  const inSchool = <T>(work: (tx: Tx) => Promise<T>) => deps.db.in(systemContext(school), work);
  await inSchool((tx) => setState(tx, deps, school, 'running'));
  const rows = await inSchool((tx) =>
    tx.selectFrom('list_source').selectAll().where('enabled', '=', true).orderBy('added_at').orderBy('id').execute(),
  );
  const starterFirst = rows.sort((a, b) => Number(b.origin === 'starter') - Number(a.origin === 'starter'));
  const seed = await inSchool((tx) => seedOf(tx, school));
  const { settings } = await inSchool((tx) => tx.selectFrom('school').select('settings').executeTakeFirstOrThrow());
  const reach = new Reach(settings.allowedPrivate ?? []);
  try {
    const errors = new Map<string, string>();
    for (const row of starterFirst.filter((r) => r.kind === 'url')) {
      const error = await fetchList(deps, school, row, seed, row.origin === 'environment' ? ANYWHERE : reach);
      if (error !== null) errors.set(row.id, error);
    }
    const sources = starterFirst.map((row) => ({ row, sources: sourcesOf(row, downloadsOf(deps, school)) }));
    const missing = sources.find((g) => g.sources.length === 0)?.row;
    if (missing) {
      throw invalid(
        'lists.not-yet',
        `The list source "${missing.name}" was never fetched. ${errors.get(missing.id) ?? ''}`,
      );
    }
    const report = await build(deps, school, sources, seed, inSchool);
    await inSchool((tx) => finish(tx, deps, school, report, sources, errors));
    await prune(deps, inSchool);
  } catch (e) {
    const message = e instanceof Refusal ? e.message : 'Something went wrong on our side while compiling.';
    await inSchool((tx) => fail(tx, deps, school, message, starterFirst));
    // What the reader must mend is not tried again by itself; tomorrow's check will.
    if (!(e instanceof Refusal)) throw e;
  }
}

type Row = SourceRow & { readonly id: string };
type Gathered = readonly { readonly row: Row; readonly sources: readonly Source[] }[];

/** The same lists under the same seed give the same file, so a check that finds nothing new changes nothing. */
async function seedOf(tx: Tx, school: string): Promise<[number, number]> {
  const { ledger_key } = await tx.selectFrom('installation').select('ledger_key').executeTakeFirstOrThrow();
  const digest = createHmac('sha256', ledger_key).update(`index seed of ${school}`).digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)];
}

/** Whoever sets GATEHOUSE_LISTS has the machine itself in hand. */
const ANYWHERE = new Reach(['0.0.0.0/0', '::/0']);

/** A list from the web replaces the copy only when it could be compiled by itself. */
async function fetchList(
  deps: Deps,
  school: string,
  row: Row,
  seed: [number, number],
  reach: Reach,
): Promise<string | null> {
  const folder = downloadsOf(deps, school);
  const trial = join(folder, `${row.name}.trial`);
  try {
    await download(
      row.location,
      downloadedFile(folder, row.name),
      async (draft) => {
        const [source] = sourcesOf(row, folder, draft);
        if (!source) return;
        refuseEmpty(await compileApart({ sources: [source], outFile: trial, seed }, () => undefined), [row.name]);
      },
      reach,
    );
    return null;
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    return e.message;
  } finally {
    rmSync(trial, { force: true });
  }
}

async function build(
  deps: Deps,
  school: string,
  gathered: Gathered,
  seed: [number, number],
  inSchool: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>,
): Promise<BuildReport> {
  const sources = gathered.flatMap((g) => g.sources);
  const folder = dataPaths(deps.config.data).index;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `${school}.draft`);
  let told = 0;
  let telling: Promise<unknown> = Promise.resolve();
  const report = await compileApart({ sources, outFile: draft, seed }, ({ list, names }) => {
    if (Date.now() - told < PROGRESS_EVERY) return;
    told = Date.now();
    telling = telling.then(() => inSchool((tx) => tx.updateTable('list_build').set({ list, names }).execute()));
  });
  await telling;
  refuseEmpty(
    report,
    sources.map((s) => s.name),
  );
  renameSync(draft, indexFile(deps, report.version));
  return withoutFileLines(report, sources);
}

/** A list of which not one line was understood is an error page or the wrong file, and must not replace a good one. */
function refuseEmpty(report: BuildReport, names: readonly string[]): void {
  const empty = report.perSource.find(
    (s) =>
      names.includes(s.source) &&
      s.domains + s.urls + s.ignored.length === 0 &&
      !report.unmapped.some((u) => u.source === s.source),
  );
  if (empty) throw invalid('lists.empty', `The list source "${empty.source}" holds not one name that can be read.`);
}

/** Any file of the server can be entered as a list; its lines must not come to light by being refused. */
function withoutFileLines(report: BuildReport, sources: readonly Source[]): BuildReport {
  const files = new Set(sources.filter((s) => s.kind === 'file').map((s) => s.name));
  return { ...report, refused: report.refused.map((r) => (files.has(r.list) ? { ...r, examples: [] } : r)) };
}

async function finish(
  tx: Tx,
  deps: Deps,
  school: string,
  report: BuildReport,
  gathered: Gathered,
  errors: ReadonlyMap<string, string>,
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
  for (const { row } of gathered) {
    const error = errors.get(row.id);
    const news =
      error === undefined
        ? { checked_at: at, last_error: null }
        : { last_error: `${error} The last good copy stays in use.` };
    await tx.updateTable('list_source').set(news).where('id', '=', row.id).execute();
  }
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
      failed: errors.size,
      changed: before?.sha256 !== report.version,
    },
    at: deps.clock.now(),
  });
  if (before?.sha256 !== report.version) await bumpSnapshot(tx, school);
  if (errors.size === 0) {
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
