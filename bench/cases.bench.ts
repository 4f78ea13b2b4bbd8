import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { systemClock } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { readConfig } from '#platform/config.ts';
import { appUrl, type Db, migrate, openDb, systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { createLog } from '#platform/log.ts';
import { startPostgres } from '#platform/postgres.ts';
import { newSigningKeys, shippedPolicy } from '#policy/index.ts';
import { incidentsRoom } from '#rooms/incidents/index.ts';
import { manyCases } from '#rooms/incidents/lists/fixture.ts';
import { lookUp } from '#rooms/monitoring/index.ts';
import { adoptPolicy } from '#rooms/policies/index.ts';
import { temporaryFolder } from '#testing/folder.ts';
import { createWebApp, SESSION_COOKIE, type Viewer } from '#web/index.ts';
import type { Figure } from './run.ts';

const CASES = 50_000;
const ENTRIES = 10;
const PUPILS = 1200;
const ROUNDS = 40;

/** Pages of the cases of a school that has 50,000 of them with 500,000 entries, over real HTTP and PostgreSQL on disk. */
export async function run(): Promise<Figure[]> {
  const folder = temporaryFolder('cases-bench');
  const postgres = await startPostgres(join(folder, 'postgres'));
  const owner = new pg.Client({ connectionString: postgres.url });
  let db: Db | undefined;
  try {
    await migrate(postgres.url, resolve(import.meta.dirname, '../migrations'));
    await owner.connect();
    db = await openDb(appUrl(postgres.url));
    const deps: Deps = { db, clock: systemClock, log: createLog('bench', () => {}), config: readConfig({}, folder) };
    const { viewers, pupil } = await school(deps, owner);
    const app = await createWebApp({
      clock: deps.clock,
      log: deps.log,
      pagesUrl: deps.config.pagesUrl,
      authenticate: async (token) => viewers[token] ?? null,
      rooms: [incidentsRoom(deps)],
      rateLimit: 1_000_000,
    });
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const last = encodeURIComponent(`0.${systemClock.now() - CASES * 3_000_000}.${newId()}`);
    const pages: [string, string, string][] = [
      ['the list, first page', 'dsl', '/cases'],
      ['the list, deep in it', 'dsl', `/cases?after=${last}`],
      ['the list of somebody with half the cases', 'manager', '/cases'],
      ['what is late', 'dsl', '/cases?overdue=yes&state=open'],
      ['search for a word in one case of a thousand', 'dsl', '/cases?q=marmalade'],
      ['search for a word in one case of ten', 'dsl', '/cases?q=tablet'],
      ['search for a name', 'dsl', '/cases?q=Pupil+77'],
      ['search by type, severity and days', 'dsl', '/cases?type=misuse&severity=serious&from=2020-01-01&to=2026-01-01'],
      ['figures by month', 'dsl', '/cases/figures'],
      ['chronology of a pupil', 'dsl', `/cases/chronology/${pupil}`],
    ];
    const figures: Figure[] = [];
    for (const [name, who, path] of pages) {
      figures.push({ name: `${name}, p95`, value: await p95(`${address}${path}`, who), unit: 'ms' });
    }
    await app.close();
    return figures;
  } finally {
    await db?.close();
    await owner.end();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function school(deps: Deps, owner: pg.Client) {
  const id = newId();
  const ids = Array.from({ length: PUPILS + 3 }, () => newId());
  const [dsl = '', manager = '', other = '', ...pupils] = ids;
  const keys = newSigningKeys();
  await owner.query('insert into installation (signing_private, signing_public, ledger_key) values ($1, $2, $3)', [
    keys.privateKey,
    keys.publicKey,
    randomBytes(32),
  ]);
  await owner.query(`insert into school (id, slug, name) values ($1, 'bench', 'Bench School')`, [id]);
  await owner.query(
    `insert into person (id, school_id, username, display_name, kind, year_group)
     select p, $1, 'person-' || n, case when n > 3 then 'Pupil ' else 'Member ' end || n, case when n > 3 then 'pupil' else 'staff' end, case when n > 3 then 7 + n % 5 end
     from unnest($2::uuid[]) with ordinality as u (p, n)`,
    [id, ids],
  );
  await owner.query(
    `insert into role_holding (school_id, person_id, role, rank, from_at) values ($1, $2, 'dsl', 'holder', now())`,
    [id, dsl],
  );
  const context = systemContext(id);
  await deps.db.in(context, (tx) =>
    adoptPolicy(tx, deps, context, shippedPolicy('secondary-school'), { approver: null }),
  );
  const query = (text: string, values?: unknown[]) => owner.query(text, values);
  await manyCases(query, {
    school: id,
    cases: CASES,
    entries: ENTRIES,
    pupils,
    managers: [manager, other],
    now: systemClock.now(),
  });
  await owner.query('vacuum analyze');
  const viewer = (person: string, duties: readonly string[]): Viewer => ({
    school: { id, slug: 'bench', name: 'Bench School', timeZone: 'Europe/London' },
    person: { id: person, username: 'x', displayName: 'X', kind: 'staff', yearGroup: null },
    duties,
    csrf: 'x',
    mustChange: false,
  });
  const viewers: Record<string, Viewer> = {
    dsl: viewer(dsl, ['staff', 'dsl']),
    manager: viewer(manager, ['staff']),
  };
  const [pupil = ''] = pupils;
  if (viewers.dsl) await lookUp(deps, viewers.dsl, { about: pupil, reason: 'Measured, not read.' });
  return { viewers, pupil };
}

async function p95(url: string, who: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i <= ROUNDS; i++) {
    const from = performance.now();
    const answer = await fetch(url, { headers: { cookie: `${SESSION_COOKIE}=${who}` }, redirect: 'manual' });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
    if (i > 0) times.push(performance.now() - from);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? 0;
}
