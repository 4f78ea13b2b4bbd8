import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { temporaryFolder } from '#testing/folder.ts';
import { appUrl, clientOf, DatabaseAway, type Db, jobsUrl, migrate, openDb } from './db.ts';
import { refusalOf, statusOf } from './http.ts';
import { enqueue, runJobs } from './jobs.ts';
import { createLog } from './log.ts';
import { type RunningPostgres, startPostgres } from './postgres.ts';

/** What becomes of those who use a database that goes away: a server of its own, killed and started at will. */

const folder = temporaryFolder('away');
let server: RunningPostgres;
let db: Db;
const log = createLog('test', () => undefined);

const start = async (port?: number) => {
  server = await startPostgres(join(folder, 'postgres'), port === undefined ? {} : { port });
};
before(async () => {
  await start();
  await migrate(server.url, resolve(import.meta.dirname, '../../migrations'));
  db = await openDb(appUrl(server.url));
});
after(async () => {
  await db.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function asOwner<R extends object>(text: string): Promise<R[]> {
  const client = clientOf(server.url);
  await client.connect();
  try {
    return (await client.query<R>(text)).rows;
  } finally {
    await client.end();
  }
}

/** End every connection at once, as a server that is killed does, and let nobody in until `start`. */
async function crash(): Promise<void> {
  const [row] = await asOwner<{ pid: number }>(
    `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`,
  );
  process.kill(row?.pid ?? 0, 'SIGKILL');
  await server.ended;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200 && !(await holds()); i++) await sleep(25);
  assert.ok(await holds());
}

test('a command that the database leaves in the middle fails as that, a later one too, and the first after its return works', async () => {
  const broken = db.outside(async (tx) => {
    await sql`select 1`.execute(tx);
    await crash();
    await sql`select 1`.execute(tx);
  });
  await assert.rejects(broken, DatabaseAway);
  const away = await db.outside((tx) => sql`select 1`.execute(tx)).catch((e) => e);
  assert.ok(away instanceof DatabaseAway);
  const refusal = refusalOf(away);
  assert.equal(refusal && statusOf(refusal), 503);
  await start(server.port);
  await db.outside((tx) => sql`select 1`.execute(tx));
});

test('where the database cannot be reached at the start, one sentence says so', () =>
  assert.rejects(openDb('postgres://nobody@127.0.0.1:1/none'), /The database cannot be used \(ECONNREFUSED\)/));

test('listening comes back by itself, over one connection, and says that something may have been missed', async () => {
  const heard: string[] = [];
  let missed = 0;
  const stop = await db.listen(
    'test_channel',
    (about) => heard.push(about),
    () => missed++,
  );
  await asOwner(`select pg_notify('test_channel', 'before')`);
  await until(() => heard.length === 1);
  await crash();
  // Long enough for several attempts in vain.
  await sleep(1_800);
  await start(server.port);
  await until(() => missed === 1);
  await asOwner(`select pg_notify('test_channel', 'after')`);
  await until(() => heard.length === 2);
  const listeners = await asOwner(`select 1 from pg_stat_activity where query = 'listen "test_channel"'`);
  assert.deepEqual([heard, listeners.length], [['before', 'after'], 1]);
  await stop();
});

test('a job that was under way when the database went is given up and taken up again by the next run, at once', async () => {
  let begun = 0;
  let goOn = () => {};
  const tasks = {
    'test.long': () =>
      new Promise<void>((done) => {
        begun++;
        goOn = done;
      }),
  };
  await db.outside((tx) => enqueue(tx, 'test.long', {}));
  const first = await runJobs(jobsUrl(server.url), tasks, [], log, { poll: 100 });
  await until(() => begun === 1);
  await crash();
  goOn();
  await first.lost;
  await start(server.port);
  const second = await runJobs(jobsUrl(server.url), tasks, [], log, { poll: 100 });
  await until(() => begun === 2);
  goOn();
  await until(async () => (await asOwner('select 1 from graphile_worker.jobs')).length === 0);
  await second.stop();
});
