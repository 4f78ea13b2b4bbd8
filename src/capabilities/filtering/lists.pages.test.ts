import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { HOUR } from '#core/clock.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool } from '#testing/web.ts';
import { filteringRoom } from './filtering.routes.ts';
import { compileLists } from './lists.service.ts';
import { agreeToAll, filteringSchool } from './testing.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
let server: Server;
let list = Array.from({ length: 100 }, (_, i) => `site-${i}.example\n`);

before(async () => {
  t = await testDatabase();
  school = await filteringSchool(t);
  const settings = { allowedPrivate: ['127.0.0.1/32'] };
  await t.asOwner('update school set settings = settings || $2 where id = $1', [school.id, JSON.stringify(settings)]);
  server = createServer((_q, r) => r.end(list.join('')));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  pages = await pagesFor(school.deps, filteringRoom(school.deps, { onGatewayTrouble: async () => undefined }));
});
after(async () => {
  await pages.close();
  server.close();
  await t.drop();
});

const as = (part: Part) => pages.as(school.people[part]);
const compile = () => {
  school.clock.advance(HOUR);
  return compileLists(school.deps, school.id);
};
const LISTS = '/filtering/lists';
const idOf = async (name: string) =>
  String((await t.asOwner('select id from list_source where school_id = $1 and name = $2', [school.id, name]))[0]?.id);

test('a list from the web is added, checked on demand, and shows its versions; one that shrank is decided on by whom it concerns', async () => {
  const ict = as('ictManager');
  const location = `http://127.0.0.1:${(server.address() as AddressInfo).port}/games.txt`;
  assert.equal((await ict.post(LISTS, { location, name: 'games', category: 'games' })).statusCode, 303);
  await compile();
  const page = `${LISTS}/${await idOf('games')}`;
  assert.match((await ict.get(LISTS)).body, new RegExp(`href="${page}"`));
  assert.match((await ict.get(page)).body, /the first one/);

  list = list.slice(0, 10);
  const checking = await ict.follow(await ict.post(`${page}/check`));
  assert.match(checking.body, /about to be asked/);
  assert.equal(checking.headers.refresh, '2');
  await compile();
  const held = await ict.get(page);
  assert.match(held.body, /A new version waits for a decision/);
  assert.match(held.body, /lost more than half, from 100 names to 10/);
  assert.match(held.body, /games −90/);
  assert.match((await ict.get(LISTS)).body, /waits for a decision/);
  const use = /\/filtering\/lists\/versions\/[0-9a-f-]+\/use/.exec(held.body)?.[0] ?? '';
  const refuse = use.replace(/use$/, 'refuse');
  const head = await as('head').get(page);
  assert.match(head.body, /waits for a decision/);
  assert.doesNotMatch(head.body, /Keep the old version|Save and ask anew/);
  for (const part of ['head', 'dsl', 'teacher', 'year8', 'leadGovernor'] as const) {
    assert.equal((await as(part).post(use)).statusCode, 403, part);
    assert.equal((await as(part).post(refuse)).statusCode, 403, part);
  }
  const kept = await as('filterApprover').follow(await as('filterApprover').post(refuse));
  assert.match(kept.body, /Not used/);
  assert.match(kept.body, /decided by Fay Orchard/);
  assert.equal((await as('filterApprover').post(refuse)).statusCode, 409);
  assert.match((await ict.get(page)).body, /Go back to this/);
  const silent = await ict.post(use);
  assert.equal(silent.statusCode, 400);
  assert.match(silent.body, /Say why, in at least 10 letters/);
  const asked = await ict.follow(await ict.post(use, { reason: 'Its publisher says that it is right.' }));
  assert.match(asked.body, /waits for a second person/);
  assert.match(asked.body, /Use another version/);
  assert.equal((await ict.post(use, { reason: 'Asked for a second time.' })).statusCode, 409);
  const approve = /\/filtering\/lists\/changes\/[0-9a-f-]+\/approve/.exec(
    (await as('filterApprover').get(page)).body,
  )?.[0];
  assert.ok(approve);
  for (const part of ['ictManager', 'administrator', 'head', 'dsl', 'teacher', 'year8'] as const) {
    assert.equal((await as(part).post(approve)).statusCode, 403, part);
  }
  assert.equal((await as('filterApprover').post(approve)).statusCode, 303);
  assert.equal((await as('filterApprover').post(approve)).statusCode, 409);
  assert.match((await ict.get(page)).body, /In use<\/strong><br><span class="gh-soft">decided by Fay Orchard/);
});

test('how a list is fetched is set on its page, and what is wrong is said at its field', async () => {
  const ict = as('ictManager');
  const page = `${LISTS}/${await idOf('games')}`;
  const wrong = await ict.post(`${page}/settings`, {
    mirrors: 'not a place',
    everyHours: '0',
    maxAgeHours: 'long',
    checksum: 'x',
    publicKey: 'y',
  });
  assert.equal(wrong.statusCode, 400);
  for (const field of ['mirrors', 'everyHours', 'maxAgeHours', 'checksum', 'publicKey']) {
    assert.match(wrong.body, new RegExp(`id="${field}-error"`), field);
  }
  const right = { mirrors: 'https://mirror.example/games.txt', everyHours: '12', maxAgeHours: '72' };
  const fields = { ...right, checksum: 'beside', publicKey: '' };
  const opens = await ict.post(`${page}/settings`, fields);
  assert.equal(opens.statusCode, 400);
  assert.match(opens.body, /id="reason-error"/);
  assert.equal((await ict.post(`${page}/settings`, { ...fields, reason: 'The first is often away.' })).statusCode, 303);
  assert.deepEqual(
    (await t.asOwner('select mirrors from list_source where id = $1', [await idOf('games')]))[0]?.mirrors,
    [],
  );
  await agreeToAll(school);
  const [row] = await t.asOwner('select * from list_source where id = $1', [await idOf('games')]);
  assert.deepEqual(
    [row?.mirrors, row?.every_hours, row?.max_age_hours, row?.checksum, row?.public_key],
    [['https://mirror.example/games.txt'], 12, 72, 'beside', null],
  );
  assert.equal((await ict.post(`${LISTS}/${await idOf('starter')}/check`)).statusCode, 404);
});

test('every page and command of lists is closed to whoever lacks its duty', async () => {
  assert.ok((await everyRouteDenies(pages, school)) >= 14);
});
