import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DAY, HOUR } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { readConfig } from '#platform/config.ts';
import { systemContext } from '#platform/db.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor, type TestSchool } from '#testing/web.ts';
import { filteringRoom } from './filtering.routes.ts';
import { watchFreshness } from './freshness.service.ts';
import { compileLists, downloadsOf, indexFile, newestVersion } from './lists.service.ts';
import type { ListTrouble } from './lists.trouble.ts';
import { slotStates } from './slots.service.ts';
import { addSource } from './sources.service.ts';
import { filteringSchool, testFolder } from './testing.ts';
import { judgeForAll } from './verdict.service.ts';

/** Made up: nothing real ever stands in a test of such lists. */
const LISTED = 'made-up-secret-one.example';
const OTHERS = Array.from({ length: 40 }, (_, i) => `made-up-secret-${i}.example/page\n`).join('');

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
let server: Server;
let feed: { status: number; body: string; etag: string };
const asked: (string | undefined)[] = [];
const folder = testFolder({ 'ctiru.txt': 'made-up-poster.example/video\n' });
const data = testFolder();

before(async () => {
  t = await testDatabase();
  feed = { status: 200, body: `${LISTED}\n${OTHERS}`, etag: '"1"' };
  server = createServer((q, r) => {
    asked.push(q.headers.authorization);
    if (q.headers['if-none-match'] === feed.etag) r.writeHead(304).end();
    else r.writeHead(feed.status, { etag: feed.etag }).end(feed.body);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const env = {
    GATEHOUSE_DATA: data,
    GATEHOUSE_IWF_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`,
    GATEHOUSE_IWF_USER: 'school',
    GATEHOUSE_IWF_PASSWORD: 'made-up',
    GATEHOUSE_CTIRU_URL: join(folder, 'ctiru.txt'),
  };
  school = await filteringSchool(t, { config: readConfig(env, '/') });
  pages = await pagesFor(school.deps, filteringRoom(school.deps, { onGatewayTrouble: async () => undefined }));
});
after(async () => {
  await pages.close();
  server.closeAllConnections();
  server.close();
  await t.drop();
});

const run = <T>(work: Parameters<typeof t.db.in<T>>[1]) => t.db.in(systemContext(school.id), work);
const states = () => run((tx) => slotStates(tx, school.clock.now()));
const state = async (slot: string) => (await states()).find((s) => s.slot === slot);
const compile = (deps = school.deps) => {
  school.clock.advance(5 * HOUR);
  return compileLists(deps, school.id);
};
const outcomes = async (host: string, path = '') =>
  new Set((await run((tx) => judgeForAll(tx, school.deps, { host, path }))).map((v) => v.decision.outcome));
const everyone = () => Object.keys(school.people) as Part[];

test('FIL-02 what stands on the list is closed under every profile, and the feed was asked with its password', async () => {
  assert.deepEqual([...(await outcomes(LISTED))], ['block']);
  assert.deepEqual([...(await outcomes(`www.${LISTED}`))], ['block']);
  assert.deepEqual([...(await outcomes('made-up-secret-7.example', '/page/2'))], ['block']);
  assert.deepEqual([...(await outcomes('made-up-poster.example', '/video'))], ['block']);
  assert.equal(asked[0], `Basic ${Buffer.from('school:made-up').toString('base64')}`);
  assert.deepEqual(
    (await states()).map((s) => [s.slot, s.state, s.entries]),
    [
      ['iwf', 'fresh', 41],
      ['ctiru', 'fresh', 1],
    ],
  );
});

test('FIL-02 no file of the data folder and no table holds a name of the list, not even for the owner', async () => {
  const files = readdirSync(data, { recursive: true, encoding: 'utf8' })
    .map((name) => join(data, name))
    .filter((name) => statSync(name).isFile());
  assert.ok(files.some((f) => f.endsWith('iwf.sealed')) && files.some((f) => f.endsWith('.idx')));
  for (const file of files) assert.doesNotMatch(readFileSync(file, 'latin1'), /made-up-(secret|poster)/, file);
  const tables = await t.asOwner<{ name: string }>(
    `select table_schema || '.' || table_name as name from information_schema.tables
     where table_schema in ('public', 'graphile_worker') and table_type = 'BASE TABLE'`,
  );
  for (const { name } of tables) {
    const rows = await t.asOwner(
      `select to_jsonb(x)::text as row from ${name} x where to_jsonb(x)::text ~ 'made-up-(secret|poster)'`,
    );
    assert.deepEqual(rows, [], name);
  }
  assert.doesNotMatch(JSON.stringify(school.logged), /made-up/);
});

test('FIL-02 the application’s database role can neither delete a slot nor find a way to switch it off', async () => {
  const columns = await t.asOwner(`select column_name from information_schema.columns where table_name = 'list_slot'`);
  assert.ok(!columns.some((c) => /enabled|active|off|host|name|url/.test(String(c.column_name))));
  for (const statement of ['delete from list_slot', 'truncate list_slot', 'drop table list_slot']) {
    await assert.rejects(
      t.db.in(school.people.administrator.context, async (tx) => {
        const { sql } = await import('kysely');
        await sql.raw(statement).execute(tx);
      }),
      /permission denied|must be owner/,
      statement,
    );
  }
});

test('FIL-02 no page of anybody shows, lists, hands out, explains, switches off or opens what stands there', async () => {
  const routes = pages.app.routeTable.filter((r) => r.access !== 'gateway');
  let asked = 0;
  for (const part of everyone()) {
    const browser = pages.as(school.people[part]);
    for (const { url, method } of routes) {
      for (const slot of ['iwf', 'ctiru']) {
        const path = url.replace(/:[a-zA-Z]+/g, slot);
        const answer =
          method === 'GET' ? await browser.get(path) : await browser.post(path, { name: slot, location: '/nowhere' });
        assert.doesNotMatch(answer.body, /made-up-secret/, `${method} ${path} as ${part}`);
        assert.ok(answer.statusCode !== 500, `${method} ${path} as ${part}`);
        asked++;
      }
    }
    const told = await browser.get(`/filtering/test?address=${LISTED}&profile=staff`);
    assert.doesNotMatch(told.body, /iwf|Internet Watch|Child sexual|safety\.illegal/i, part);
  }
  assert.ok(asked > 200);
  assert.deepEqual([...(await outcomes(LISTED))], ['block']);
  assert.equal((await state('iwf'))?.entries, 41);
});

test('FIL-02 no list of one’s own takes the place of a slot, and its sealed file is no list that can be read', async () => {
  const by = school.people.administrator.context;
  const add = (input: Parameters<typeof addSource>[3]) => t.db.in(by, (tx) => addSource(tx, school.deps, by, input));
  const mine = testFolder({ 'list.txt': 'a.example\n' });
  await assert.rejects(
    add({ location: join(folder, 'ctiru.txt'), name: 'mine', category: 'games' }),
    (e) => e instanceof Refusal && e.code === 'lists.source.slot',
  );
  await assert.rejects(
    add({ location: join(mine, 'list.txt'), name: 'iwf', category: 'games' }),
    (e) => e instanceof Refusal && e.code === 'lists.source.name',
  );
  const { countNames } = await import('#filter/index.ts');
  const path = join(downloadsOf(school.deps, school.id), 'iwf.sealed');
  await assert.rejects(countNames({ name: 'x', kind: 'file', path, category: 'games' }, 1e9), /cannot be opened/);
});

test('FIL-02 an index says of a listed name what it says of a category, and names none', async () => {
  const version = await run(newestVersion);
  const bytes = readFileSync(indexFile(school.deps, version?.sha256 ?? ''), 'latin1');
  assert.doesNotMatch(bytes, /made-up/);
  assert.deepEqual(
    ((version?.report ?? {}) as { refused: { list: string; examples: unknown[] }[] }).refused.filter(
      (r) => r.list === 'iwf',
    ),
    [],
  );
});

test('a feed that fails, shrinks or is set up no more changes nothing of what is closed', async () => {
  feed = { status: 503, body: '', etag: '"2"' };
  await compile();
  assert.match((await state('iwf'))?.error ?? '', /answered 503/);
  assert.deepEqual([...(await outcomes(LISTED))], ['block']);

  feed = { status: 200, body: 'made-up-secret-39.example\n', etag: '"3"' };
  await compile();
  assert.match((await state('iwf'))?.error ?? '', /less than half of what it held \(1 of 41\)/);
  assert.deepEqual([...(await outcomes(LISTED))], ['block']);

  const without = { ...school.deps, config: { ...school.deps.config, slots: { iwf: null, ctiru: null } } };
  await compile(without);
  assert.deepEqual([...(await outcomes(LISTED))], ['block']);

  feed = { status: 200, body: `${LISTED}\n${OTHERS}made-up-secret-new.example\n`, etag: '"4"' };
  await compile();
  assert.equal((await state('iwf'))?.error, null);
  assert.deepEqual([...(await outcomes('made-up-secret-new.example'))], ['block']);
});

test('a feed that stays small is believed after three days, and never on anybody’s word', async () => {
  feed = { status: 200, body: `${LISTED}\n`, etag: '"5"' };
  await compile();
  school.clock.advance(2 * DAY);
  await compile();
  assert.equal((await state('iwf'))?.entries, 42);
  school.clock.advance(DAY);
  await compile();
  assert.equal((await state('iwf'))?.entries, 1);
  assert.deepEqual([...(await outcomes(LISTED))], ['block']);
});

test('FIL-03 a list of illegal content is late after twelve hours, which is told once until it is fresh again', async () => {
  const file = join(folder, 'ctiru.txt');
  const touch = () => utimesSync(file, school.clock.now() / 1000, school.clock.now() / 1000);
  touch();
  await compile();
  await compile();
  const troubles: ListTrouble['kind'][] = [];
  const watch = () =>
    run((tx) =>
      watchFreshness(
        tx,
        school.deps,
        school.id,
        async (_tx, x) => void (x.source === 'ctiru' && troubles.push(x.kind)),
      ),
    );
  await watch();
  assert.deepEqual(troubles, []);
  assert.equal((await state('ctiru'))?.state, 'fresh');
  await compile();
  await compile();
  await watch();
  await watch();
  assert.equal((await state('ctiru'))?.state, 'late', 'reading an old file again makes it no newer');
  assert.deepEqual(troubles, ['stale']);
  writeFileSync(file, 'made-up-poster.example/video\n');
  touch();
  await compile();
  await watch();
  assert.deepEqual(troubles, ['stale', 'fresh']);
  assert.equal((await state('ctiru'))?.state, 'fresh');
});

test('FIL-02 without a feed the slots are there all the same, as not supplied', async () => {
  const other = await filteringSchool(t);
  const found = await t.db.in(systemContext(other.id), (tx) => slotStates(tx, other.clock.now()));
  assert.deepEqual(
    found.map((s) => [s.slot, s.state]),
    [
      ['iwf', 'not-supplied'],
      ['ctiru', 'not-supplied'],
    ],
  );
});
