import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pg from 'pg';
import { temporaryFolder } from '#testing/folder.ts';
import { startPostgres } from './postgres.ts';

const folder = temporaryFolder('postgres');
after(() => rmSync(folder, { recursive: true, force: true }));

async function query(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

test('SEC-12 what was committed is there after the server was killed with its whole family left behind', async () => {
  const first = await startPostgres(join(folder, 'a'));
  await query(first.url, 'create table kept (n int)');
  await query(first.url, 'insert into kept values (42)');
  const { rows } = await query(
    first.url,
    `select pg_backend_pid(), (select setting from pg_settings where name = 'data_directory') as dir`,
  );
  const pid = Number(readFileSync(join(rows[0].dir, 'postmaster.pid'), 'utf8').split('\n')[0]);
  process.kill(pid, 'SIGKILL');
  await first.ended;
  const second = await startPostgres(join(folder, 'a'));
  assert.deepEqual((await query(second.url, 'select n from kept')).rows, [{ n: 42 }]);
  await second.stop();
});

test('a server that a killed run left running on the folder is taken over, not fought', async () => {
  const orphan = await startPostgres(join(folder, 'b'));
  await query(orphan.url, 'create table kept (n int)');
  const second = await startPostgres(join(folder, 'b'));
  await orphan.ended;
  assert.equal((await query(second.url, 'select * from kept')).rowCount, 0);
  await second.stop();
});

test('only who knows the password gets in', async () => {
  const server = await startPostgres(join(folder, 'c'));
  const wrong = new URL(server.url);
  wrong.password = 'guess';
  await assert.rejects(query(wrong.toString(), 'select 1'), /password authentication failed/);
  await server.stop();
});

test('as root, in a folder that is closed to others, the cluster is placed where it can run, and a note says where', async (t) => {
  if (process.getuid?.() !== 0) return t.diagnostic('an ordinary user owns its folders: nothing to move');
  const closed = temporaryFolder('closed');
  chmodSync(closed, 0o700);
  const server = await startPostgres(join(closed, 'data', 'postgres'));
  assert.equal((await query(server.url, 'select 1 as one')).rows[0].one, 1);
  await server.stop();
  const note = readFileSync(join(closed, 'data', 'postgres', 'moved-to'), 'utf8').trim();
  assert.ok(existsSync(join(note, 'cluster', 'PG_VERSION')));
  rmSync(note, { recursive: true });
  rmSync(closed, { recursive: true });
});
