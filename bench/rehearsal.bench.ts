import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { DAY, HOUR, systemClock } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { readConfig } from '#platform/config.ts';
import { appUrl, migrate, openDb, systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { createLog } from '#platform/log.ts';
import { startPostgres } from '#platform/postgres.ts';
import { newSigningKeys, type PolicyDocument, shippedPolicy } from '#policy/index.ts';
import { compileLists, ensureSources } from '#rooms/filtering/index.ts';
import { startRehearsal } from '#rooms/governance/rehearsal/rehearsal.service.ts';
import { lastRehearsal } from '#rooms/governance/rehearsal/rehearsal.store.ts';
import { runRehearsal } from '#rooms/governance/rehearsal/run.service.ts';
import { adoptPolicy, createDraft, editDraft } from '#rooms/policies/index.ts';
import { temporaryFolder } from '#testing/folder.ts';
import type { Viewer } from '#web/index.ts';
import type { Figure } from './run.ts';

const PUPILS = 1200;
const SITES = 20_000;
const EVENTS = 1_000_000;
const DAYS = 5;

/**
 * A rehearsal of a million events by the real job in a real database on disk: five school days of 1,200 pupils. In one
 * run most requests go to few sites, as they do; in the other no two are alike, which is the most work there can be.
 * The draft opens games at lunch and stops streaming, so that a tenth of the answers change.
 */
export async function run(): Promise<Figure[]> {
  const folder = temporaryFolder('rehearsal-bench');
  const postgres = await startPostgres(join(folder, 'postgres'));
  const owner = new pg.Client({ connectionString: postgres.url });
  try {
    await migrate(postgres.url, resolve(import.meta.dirname, '../migrations'));
    const db = await openDb(appUrl(postgres.url));
    const deps: Deps = { db, clock: systemClock, log: createLog('bench', () => {}), config: readConfig({}, folder) };
    await owner.connect();
    const { viewer, draft, hosts } = await school(deps, owner, folder);
    const figures: Figure[] = [];
    for (const [name, spread] of [
      ['as a school browses', 4],
      ['no two alike', 1],
    ] as const) {
      await browse(owner, viewer.school.id, hosts, spread);
      const seconds = await rehearse(deps, viewer, draft);
      figures.push({ name: `events rehearsed, ${name}`, value: EVENTS / seconds, unit: 'events/s' });
      figures.push({ name: `a million events, ${name}`, value: seconds, unit: 's' });
    }
    await db.close();
    return figures;
  } finally {
    await owner.end();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sites by category, as the school's lists know them; the rest stand in none. */
const LISTED = { games: 0.06, 'video-sharing': 0.05, education: 0.3, advertising: 0.1, news: 0.1 };

async function school(deps: Deps, owner: pg.Client, folder: string) {
  const id = newId();
  const keys = newSigningKeys();
  await owner.query('insert into installation (signing_private, signing_public, ledger_key) values ($1, $2, $3)', [
    keys.privateKey,
    keys.publicKey,
    randomBytes(32),
  ]);
  await owner.query(`insert into school (id, slug, name) values ($1, 'bench', 'Bench School')`, [id]);
  await owner.query(
    `insert into person (school_id, username, display_name, kind, year_group)
     select $1, 'pupil-' || n, 'Pupil ' || n, 'pupil', 7 + n % 7 from generate_series(1, $2) n`,
    [id, PUPILS],
  );
  const { rows } = await owner.query<{ id: string }>(
    `insert into person (school_id, username, display_name, kind) values ($1, 'lead', 'Lead', 'staff') returning id`,
    [id],
  );
  const viewer: Viewer = {
    school: { id, slug: 'bench', name: 'Bench School', timeZone: 'Europe/London' },
    person: { id: rows[0]?.id ?? '', username: 'lead', displayName: 'Lead', kind: 'staff', yearGroup: null },
    duties: ['staff', 'dsl'],
    csrf: '',
    mustChange: false,
  };
  await owner.query(
    `insert into timetable_slot (school_id, name, kind, days, from_time, to_time)
     values ($1, 'Lunch', 'lunch', '{1,2,3,4,5,6,7}', '12:00', '13:00')`,
    [id],
  );
  await owner.query(`insert into gateway (id, school_id, name, token_digest) values ($1, $1, 'One', '\\x01')`, [id]);
  const hosts = await lists(deps, owner, id, folder);
  const by = systemContext(id);
  await deps.db.in(by, (tx) => adoptPolicy(tx, deps, by, shippedPolicy('secondary-school'), { approver: null }));
  const { id: draft } = await createDraft(deps, viewer, { title: 'Games at lunch', from: { version: 1 } });
  await editDraft(deps, viewer, draft, { what: 'Games at lunch, no videos.', edit: 1 }, gamesAtLunch);
  return { viewer, draft, hosts };
}

async function lists(deps: Deps, owner: pg.Client, school: string, folder: string): Promise<string[]> {
  const hosts = Array.from({ length: SITES }, (_, i) => `www.site${i}.example`);
  const by = systemContext(school);
  await deps.db.in(by, (tx) => ensureSources(tx, deps, by));
  let first = 0;
  for (const [category, share] of Object.entries(LISTED)) {
    const file = join(folder, `${category}.txt`);
    writeFileSync(file, hosts.filter((_, i) => i % 100 >= first && i % 100 < first + share * 100).join('\n'));
    first += share * 100;
    await owner.query(
      `insert into list_source (school_id, name, location, kind, category) values ($1, $2, $3, 'file', $2)`,
      [school, category, file],
    );
  }
  await compileLists(deps, school);
  return hosts;
}

function gamesAtLunch(document: PolicyDocument): PolicyDocument {
  const closed = { value: 'not-allowed' } as const;
  const lunch = { value: 'times', windows: [{ slots: ['lunch'] }] } as const;
  const videos = {
    ...document.rules[0],
    id: 'BEN-01',
    name: 'Videos',
    action: 'videos',
    categories: ['video-sharing'],
  };
  return {
    ...document,
    rules: [
      ...document.rules.map((rule) =>
        rule.categories.includes('games') && rule.cells.pupil
          ? { ...rule, cells: { ...rule.cells, pupil: lunch } }
          : rule,
      ),
      { ...videos, clause: document.rules[0]?.clause ?? '', cells: { pupil: closed, staff: closed, guest: closed } },
    ],
  };
}

/** School days of requests, 8 to 16 o'clock; a person asks for one site `alike` times in about a quarter of an hour. */
async function browse(owner: pg.Client, school: string, hosts: readonly string[], alike: number): Promise<void> {
  await owner.query('truncate activity, activity_hourly');
  await owner.query(
    'create temp table if not exists site_name as select * from unnest($1::text[]) with ordinality s (host, n)',
    [hosts],
  );
  await owner.query(`create temp table if not exists pupil as
    select id, row_number() over (order by id) as n from person where kind = 'pupil'`);
  const today = Math.floor(Date.now() / DAY) * DAY;
  const each = EVENTS / DAYS;
  for (let day = 1; day <= DAYS; day++) {
    const start = new Date(today - day * DAY + 8 * HOUR);
    await owner.query('select gh_activity_partitions($1, $1)', [start.toISOString().slice(0, 10)]);
    await owner.query(
      `insert into activity (school_id, at, gateway_id, batch, line, via, person_id, address, profile, host, outcome, rule, snapshot, count)
       select $1, $2::timestamptz + (i * 28800000.0 / $3) * interval '1 millisecond', $1, $4, i, 'dns', p.id,
              '10.0.0.1', 'pupil-7', s.host, 'allow', 'profile', 1, 1
       from (select i, abs(hashint8((i / (1000 * $5) * 1000 + i % 1000) + $3 * $4)) as random from generate_series(1, $3::int) i) e
       join pupil p on p.n = 1 + random % $6
       join site_name s on s.n = 1 + random / $6 % $7`,
      [school, start, each, day, alike, PUPILS, hosts.length],
    );
  }
  await owner.query(
    `insert into activity_hourly (school_id, hour, profile, category, outcome, requests)
     select school_id, date_trunc('hour', at), profile, '', outcome, sum(count) from activity group by 1, 2, 3, 5`,
  );
  await owner.query('vacuum analyze activity');
}

async function rehearse(deps: Deps, viewer: Viewer, draft: string): Promise<number> {
  const id = await startRehearsal(deps, viewer, draft, 7);
  const start = performance.now();
  await runRehearsal(deps, viewer.school.id, id);
  const seconds = (performance.now() - start) / 1000;
  const last = await deps.db.in(systemContext(viewer.school.id), (tx) => lastRehearsal(tx, draft));
  if (last?.state !== 'done') throw new Error(`the rehearsal ended as ${last?.state}: ${last?.error}`);
  return seconds;
}
