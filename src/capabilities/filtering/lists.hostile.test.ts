import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { HOUR } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { Reach } from '#core/reach.ts';
import type { BuildReport } from '#filter/index.ts';
import { readConfig } from '#platform/config.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, pagesFor, type TestSchool } from '#testing/web.ts';
import { fetchSource } from './fetching.service.ts';
import { filteringRoom } from './filtering.routes.ts';
import { compileLists, downloadsOf, newestVersion } from './lists.service.ts';
import type { ListTrouble } from './lists.trouble.ts';
import { ownHosts } from './source-own-hosts.ts';
import { addSource, setSource, useVersion } from './sources.service.ts';
import { agreeToAll, filteringSchool, packed, testFolder } from './testing.ts';
import { judgeForAll } from './verdict.service.ts';
import { versionsOf } from './versions.service.ts';

/** The school's own: where its pages stand, where its letters come from. */
const PAGES = 'gatehouse.ashgrove-school.org.uk';
const DOMAIN = 'ashgrove-school.org.uk';
const MAIL = 'smtp.letters.example';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
let server: Server;
const web = new Map<string, string | Buffer>();
const troubles: ListTrouble[] = [];

before(async () => {
  t = await testDatabase();
  const env = { GATEHOUSE_DATA: testFolder(), GATEHOUSE_PAGES_URL: `https://${PAGES}` };
  school = await filteringSchool(t, { config: readConfig(env, '/') });
  const mail = { url: `smtps://${MAIL}:465`, from: `office@${DOMAIN}` };
  const settings = { allowedPrivate: ['127.0.0.1/32'], mail };
  await t.asOwner('update school set settings = settings || $2 where id = $1', [school.id, JSON.stringify(settings)]);
  server = createServer((q, r) => {
    const body = web.get(q.url ?? '');
    if (body === undefined) r.writeHead(404).end();
    else r.end(body);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  pages = await pagesFor(school.deps, filteringRoom(school.deps, { onGatewayTrouble: async () => undefined }));
});
after(async () => {
  await pages.close();
  server.close();
  await t.drop();
});

const WHY = 'It was agreed at the meeting.';
const by = () => school.people.ictManager.context;
const run = <T>(work: Parameters<typeof t.db.in<T>>[1]) => t.db.in(by(), work);
const onTrouble = async (_tx: unknown, trouble: ListTrouble) => void troubles.push(trouble);
const compile = () => {
  school.clock.advance(HOUR);
  return compileLists(school.deps, school.id, { onTrouble });
};
/** Read one source, an hour later. */
async function check(id: string): Promise<void> {
  school.clock.advance(HOUR);
  const { settings } = await run((tx) => tx.selectFrom('school').select('settings').executeTakeFirstOrThrow());
  const own = ownHosts(settings, school.deps.config);
  const downloads = downloadsOf(school.deps, school.id);
  const reach = new Reach(['127.0.0.1/32']);
  await fetchSource(school.deps, await source(id), { downloads, reach, own, onTrouble });
}
const honest = (n: number, from = 0) => Array.from({ length: n }, (_, i) => `honest-${from + i}.example\n`).join('');
const add = async (name: string, category: string, body: string | Buffer, ending = '.txt') => {
  web.set(`/${name}${ending}`, body);
  const location = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}${ending}`;
  const id = await run((tx) => addSource(tx, school.deps, by(), { location, name, category, reason: WHY }));
  await agreeToAll(school);
  await check(id);
  return id;
};
const source = (id: string) =>
  run((tx) => tx.selectFrom('list_source').selectAll().where('id', '=', id).executeTakeFirstOrThrow());
const versions = (id: string) => run((tx) => versionsOf(tx, id));
const outcomes = async (host: string) =>
  new Set((await run((tx) => judgeForAll(tx, school.deps, { host, path: '' }))).map((v) => v.decision.outcome));
const isOpen = async (host: string) => assert.deepEqual([...(await outcomes(host))], ['allow'], host);
const isClosed = async (host: string) => assert.deepEqual([...(await outcomes(host))], ['block'], host);
/** Names that our own lists know as good ones. */
const good = (n: number) =>
  readFileSync(fileURLToPath(new URL('../../../lists/starter/education/domains', import.meta.url)), 'utf8')
    .split('\n')
    .filter((l) => /^[a-z0-9-]+\.org$/.test(l))
    .slice(0, n)
    .join('\n');

test('the school’s own hosts follow from its settings, and no name that thousands share is among them', () => {
  const own = (pagesUrl: string, from: string | null, url = 'smtp://smtp.letters.example') =>
    ownHosts(from ? { mail: { url, from } } : {}, { pagesUrl, smtp: null });
  assert.deepEqual(own(`https://${PAGES}`, `Office <office@${DOMAIN}>`), {
    exact: [PAGES, MAIL, DOMAIN, `www.${DOMAIN}`],
    over: [],
  });
  assert.deepEqual(own(`https://${PAGES}`, 'school@mail.example'), { exact: [PAGES, MAIL], over: [DOMAIN] });
  assert.deepEqual(own('http://localhost:8080', null), { exact: [], over: [] });
  assert.deepEqual(own('http://192.0.2.7:8080', 'a@b.example', 'smtp://127.0.0.1'), { exact: [], over: [] });
  assert.deepEqual(own('https://ashgrove.github.io', null), { exact: ['ashgrove.github.io'], over: [] });
});

test('FIL-04 a source that turns hostile and names the school’s own hosts is held, told of, and never used, whoever agrees', async () => {
  const id = await add('turning', 'phishing', honest(50));
  await compile();
  await isClosed('honest-7.example');
  for (const [i, name] of [PAGES, MAIL, DOMAIN].entries()) {
    web.set('/turning.txt', `${honest(51 + i)}${name}\n`);
    await check(id);
    const [newest] = await versions(id);
    assert.equal(newest?.state, 'held', name);
    assert.match(newest.reason ?? '', new RegExp(`names the school’s own ${name}`));
    const told = troubles.filter((x) => x.source === id).at(-1);
    assert.equal(told?.kind, 'held');
    assert.match(told.text, new RegExp(`“turning” is held: It names the school’s own ${name}`));
    await assert.rejects(
      run((tx) => useVersion(tx, school.deps, by(), newest.id, WHY)),
      (e) => e instanceof Refusal && e.code === 'list-change.possible' && /never used/.test(e.message),
    );
  }
  await compile();
  for (const name of [PAGES, MAIL, DOMAIN]) await isOpen(name);
  await isClosed('honest-7.example');
  const page = (await pages.as(school.people.ictManager).get(`/filtering/lists/${id}`)).body;
  assert.match(page, /Such a version is never used/);
  assert.match((await pages.as(school.people.dsl).get('/filtering/lists')).body, /A version waits for a decision/);
});

test('a source that adds gov.uk or another public suffix is held, and when people agree to it all the same, nothing under the suffix is closed', async () => {
  const id = await add('suffixes', 'pornography', honest(50, 100));
  web.set('/suffixes.txt', `${honest(50, 100)}gov.uk\nco.uk\nnew-one.example\n`);
  await check(id);
  const [held] = await versions(id);
  assert.equal(held?.state, 'held');
  assert.match(held.reason ?? '', /names gov\.uk, co\.uk, under which everybody’s sites lie/);
  await run((tx) => useVersion(tx, school.deps, by(), held.id, WHY));
  await agreeToAll(school);
  await compile();
  for (const host of ['www.gov.uk', 'a-council.gov.uk', 'a-shop.co.uk']) {
    assert.ok((await outcomes(host)).has('allow'), host);
  }
  await isClosed('honest-101.example');
  const report = (await run(newestVersion))?.report as BuildReport;
  assert.deepEqual(report.perSource.find((s) => s.source === 'suffixes')?.suffixes, ['gov.uk', 'co.uk']);
  const page = (await pages.as(school.people.ictManager).get('/filtering/lists?q=gov.uk')).body;
  assert.match(page, /gov\.uk<\/th><td>suffixes/);
  web.set('/suffixes.txt', `${honest(50, 100)}gov.uk\nco.uk\nnewer.example\n`);
  await check(id);
  assert.equal((await versions(id))[0]?.state, 'in-use', 'what people agreed to once is not asked about each night');
});

test('a source that suddenly calls many good sites bad is held', async () => {
  const id = await add('smear', 'gambling', honest(300, 1000));
  web.set('/smear.txt', `${honest(300, 1000)}${good(40)}\n`);
  await check(id);
  const [newest] = await versions(id);
  assert.equal(newest?.state, 'held');
  assert.match(newest.reason ?? '', /calls \d+ sites bad that our own lists know as good, 0 before/);
});

test('a source that is hostile from the first is never in use, and holds up no other list', async () => {
  const id = await add('bad-from-the-start', 'child-abuse', `${honest(20, 2000)}${PAGES}\nuk\n`);
  assert.equal((await versions(id))[0]?.state, 'held');
  await add('punctual', 'phishing', honest(20, 3000));
  await compile();
  await isOpen(PAGES);
  assert.ok((await outcomes('a-shop.co.uk')).has('allow'));
  assert.ok((await outcomes('honest-2001.example')).has('allow'));
  await isClosed('honest-3001.example');
  const [build] = await t.asOwner('select state from list_build where school_id = $1', [school.id]);
  assert.equal(build?.state, 'done');
});

test('the school’s own hosts stay open when they become its own only after a list in use had named them', async () => {
  const later = 'letters.later.example';
  await add('earlier', 'phishing', `${honest(20, 4000)}${later}\n`);
  await compile();
  await isClosed(later);
  const mail = { url: `smtps://${later}:465`, from: `office@${DOMAIN}` };
  await t.asOwner('update school set settings = settings || $2 where id = $1', [school.id, JSON.stringify({ mail })]);
  await compile();
  await isOpen(later);
  await isClosed('honest-4001.example');
});

test('an archive that is cut off, damaged, or unpacks to another kind of thing changes nothing of what is in use', async () => {
  const whole = await packed({ 'phishing/domains': honest(2000, 5000) });
  const id = await add('packed', '', whole, '.tar.gz');
  const bad: readonly (readonly [string, Buffer, RegExp])[] = [
    ['cut off', whole.subarray(0, whole.length - 40), /ends too early|before it was whole|cannot be read/],
    [
      'damaged',
      Buffer.concat([whole.subarray(0, 200), Buffer.alloc(60), whole.subarray(260)]),
      /damaged|cannot be read/,
    ],
    ['no tar inside', gzipSync(honest(2000, 5000)), /cannot be read/],
    ['a tar without lists', await packed({ 'README.md': 'Thank you for the fish.' }), /no list|not one name|expected/],
    ['a web page', Buffer.from('<!doctype html><h1>Sorry</h1>'), /web page/],
  ];
  for (const [what, body, words] of bad) {
    web.set('/packed.tar.gz', body);
    await check(id);
    const row = await source(id);
    assert.match(row.last_error ?? '', words, what);
    assert.match(row.last_error ?? '', /last good copy stays in use/, what);
    assert.equal((await versions(id)).length, 1, what);
  }
  assert.equal((await versions(id))[0]?.state, 'in-use');
});

test('a folder on this server is kept as versions too: one that lost more than half or grew tenfold is held, and nothing opens', async () => {
  const folder = testFolder({ 'phishing/domains': honest(200, 7000), 'malware/domains': honest(200, 7500) });
  const id = await run((tx) => addSource(tx, school.deps, by(), { location: folder, name: 'local', reason: WHY }));
  await agreeToAll(school);
  await check(id);
  const [first] = await versions(id);
  assert.deepEqual([first?.state, first?.entries], ['in-use', { malware: 200, phishing: 200 }]);
  const list = join(folder, 'phishing/domains');
  for (const [n, words] of [
    [40, /“phishing” lost more than half, from 200 names to 40/],
    [9000, /grew more than tenfold/],
    [0, /“phishing” lost more than half, from 200 names to 0/],
  ] as const) {
    writeFileSync(list, honest(n, 7000));
    await check(id);
    const [newest] = await versions(id);
    assert.equal(newest?.state, 'held');
    assert.match(newest.reason ?? '', words);
  }
  rmSync(join(folder, 'phishing'), { recursive: true });
  await compile();
  await isClosed('honest-7199.example');
  await isClosed('honest-7501.example');
  mkdirSync(join(folder, 'phishing'));
  writeFileSync(list, honest(201, 7000));
  await check(id);
  assert.equal((await versions(id))[0]?.state, 'in-use');
});

test('an archive and a file on this server are bounded in bytes and names, as a list from the web is', async () => {
  const folder = testFolder({ 'list.txt': honest(500, 9000) });
  const location = join(folder, 'list.txt');
  const id = await run((tx) => addSource(tx, school.deps, by(), { location, name: 'bounded', category: 'phishing' }));
  await check(id);
  await run((tx) => setSource(tx, school.deps, by(), id, { mostNames: '600' }));
  writeFileSync(location, honest(601, 9000));
  await check(id);
  assert.match((await source(id)).last_error ?? '', /holds more than 600 names/);
  await run((tx) => setSource(tx, school.deps, by(), id, { mostNames: '', mostMib: '1' }));
  writeFileSync(location, `${honest(500, 9000)}${'#'.repeat(2 ** 20)}\n`);
  await check(id);
  assert.match((await source(id)).last_error ?? '', /larger than 1 MiB/);
  writeFileSync(location, honest(501, 9000));
  await check(id);
  assert.equal((await source(id)).last_error, null);
  assert.deepEqual((await versions(id))[0]?.entries, { phishing: 501 });
});
