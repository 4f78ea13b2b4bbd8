import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { Reach } from '#core/reach.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import type { TestSchool } from '#testing/web.ts';
import { fetchSource, nextCheck } from './fetching.service.ts';
import { filteringJobs } from './filtering.jobs.ts';
import { compileLists, downloadsOf } from './lists.service.ts';
import type { ListTrouble } from './lists.trouble.ts';
import { versionFile } from './sources.rules.ts';
import { addSource, checkNow, setSource, useVersion } from './sources.service.ts';
import { agreeToAll, filteringSchool } from './testing.ts';
import { currentIndex } from './verdict.service.ts';
import { refuseVersion, versionsOf } from './versions.service.ts';

let t: TestDatabase;
let school: TestSchool;
let server: Server;
let base: string;
/** What the web sends for each path. */
const web = new Map<string, RequestListener>();
const troubles: ListTrouble[] = [];
const onTrouble = async (_tx: unknown, trouble: ListTrouble) => void troubles.push(trouble);

before(async () => {
  t = await testDatabase();
  school = await filteringSchool(t);
  const settings = { allowedPrivate: ['127.0.0.1/32'] };
  await t.asOwner('update school set settings = settings || $2 where id = $1', [school.id, JSON.stringify(settings)]);
  server = createServer((q, r) => (web.get(q.url ?? '') ?? ((_q, r2) => r2.writeHead(404).end()))(q, r));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await t.drop();
});

const by = () => school.people.ictManager.context;
const run = <T>(work: Parameters<typeof t.db.in<T>>[1]) => t.db.in(by(), work);
const names = (n: number, from = 0) => Array.from({ length: n }, (_, i) => `site-${from + i}.example\n`).join('');
const serve = (path: string, text: string | Buffer, etag?: string) =>
  web.set(path, (q, r) => {
    if (etag && q.headers['if-none-match'] === etag) r.writeHead(304).end();
    else r.writeHead(200, etag ? { etag } : {}).end(text);
  });
const compile = (scheduled = false) => compileLists(school.deps, school.id, { onTrouble, scheduled });
/** Ask one list, an hour later. */
const check = async (id: string) => {
  school.clock.advance(HOUR);
  const downloads = downloadsOf(school.deps, school.id);
  const reach = new Reach(['127.0.0.1/32']);
  await fetchSource(school.deps, await source(id), { downloads, reach, own: { exact: [], over: [] }, onTrouble });
};
const checkAndCompile = async (id: string) => {
  school.clock.advance(HOUR);
  await run((tx) => checkNow(tx, school.deps, by(), id));
  await compile();
};
const add = async (path: string, text: string | Buffer, etag?: string) => {
  serve(path, text, etag);
  const input = { location: `${base}${path}`, category: 'games', name: path.slice(1).replaceAll(/\W/g, '-') };
  const id = await run((tx) => addSource(tx, school.deps, by(), input));
  await check(id);
  return id;
};
const versions = (id: string) => run((tx) => versionsOf(tx, id));
/** One asks for a version, another agrees. */
const use = async (id: string) => {
  await run((tx) => useVersion(tx, school.deps, by(), id, 'The publisher says that it is right.'));
  await agreeToAll(school);
};
const states = async (id: string) => (await versions(id)).map((v) => v.state);
const source = (id: string) =>
  run((tx) => tx.selectFrom('list_source').selectAll().where('id', '=', id).executeTakeFirstOrThrow());
const isGame = async (host: string) => {
  const index = await run((tx) => currentIndex(school.deps, tx));
  return (index?.categoriesOf(index.find(host)) ?? []).includes('games');
};

test('every version that came is kept with its size, figures and time', async () => {
  const id = await add('/kept', names(100), '"1"');
  serve('/kept', names(120), '"2"');
  await checkAndCompile(id);
  const [newer, older] = await versions(id);
  assert.deepEqual(newer?.entries, { games: 120 });
  assert.equal(newer.digest, createHash('sha256').update(names(120)).digest('hex'));
  assert.equal(Number(newer.bytes), names(120).length);
  assert.equal(newer.etag, '"2"');
  assert.deepEqual([newer.state, older?.state], ['in-use', 'superseded']);
  assert.ok(await isGame('site-119.example'));
  const checked = (await source(id)).checked_at;
  await check(id);
  assert.equal((await versions(id)).length, 2, 'a server that says nothing is new gives no version');
  assert.ok(((await source(id)).checked_at ?? 0) > (checked ?? 0));
});

test('a version that lost more than half is held, told once, and the old one stays in use until somebody decides', async () => {
  const id = await add('/shrunk', names(100, 1000));
  const before = (await source(id)).checked_at;
  serve('/shrunk', names(49, 1000));
  await checkAndCompile(id);
  await check(id);
  assert.deepEqual(await states(id), ['held', 'in-use']);
  assert.ok(await isGame('site-1099.example'));
  assert.deepEqual((await source(id)).checked_at, before, 'the old one grows older');
  const told = troubles.filter((x) => x.source === id);
  assert.deepEqual(
    told.map((x) => x.kind),
    ['held'],
  );
  assert.match(told[0]?.text ?? '', /“shrunk” is held: It lost more than half, from 100 names to 49/);

  const [held] = await versions(id);
  await run((tx) => refuseVersion(tx, school.deps, by(), held?.id ?? ''));
  await check(id);
  assert.deepEqual(await states(id), ['refused', 'in-use'], 'the same bytes are not asked about again');
});

test('FIL-04 a version that is held is used once two people say so, and who they were is recorded', async () => {
  const id = await add('/grown', names(20, 2000));
  serve('/grown', names(201, 2000));
  await check(id);
  const [held] = await versions(id);
  assert.match(held?.reason ?? '', /grew more than tenfold/);
  await use(held?.id ?? '');
  school.clock.advance(HOUR);
  await compile();
  assert.ok(await isGame('site-2200.example'));
  const [inUse] = await versions(id);
  const approver = school.people.filterApprover.id;
  assert.deepEqual([inUse?.state, inUse?.decided_by], ['in-use', approver]);
  const entries = await t.asOwner(
    `select action, actor, detail from ledger_entry where action like 'list-change.%' and object_id = $1 order by id`,
    [id],
  );
  assert.deepEqual(
    entries.map((e) => [e.action, e.actor, e.detail.kind, e.detail.opens]),
    [
      ['list-change.apply-now', by().person, 'add', false],
      ['list-change.propose', by().person, 'version', true],
      ['list-change.approve', approver, 'version', true],
    ],
  );
});

test('an earlier version is taken up again by hand, and the one that was left does not come back by itself', async () => {
  const id = await add('/rolled', names(100, 3000));
  serve('/rolled', names(110, 3000));
  await check(id);
  const [bad, good] = await versions(id);
  await use(good?.id ?? '');
  await check(id);
  assert.deepEqual(
    (await versions(id)).map((v) => [v.digest, v.state]),
    [
      [bad?.digest, 'refused'],
      [good?.digest, 'in-use'],
    ],
  );
  serve('/rolled', names(111, 3000));
  await check(id);
  assert.deepEqual(await states(id), ['in-use', 'refused', 'superseded'], 'a new version is used again');
});

test('five versions stay on disk; an older one is said to be gone', async () => {
  const id = await add('/many', names(100, 4000));
  for (let n = 1; n <= 6; n++) {
    serve('/many', names(100 + n, 4000));
    await check(id);
  }
  const downloads = downloadsOf(school.deps, school.id);
  const all = await versions(id);
  const kept = all.map((v) => existsSync(versionFile(downloads, id, v.digest)));
  assert.deepEqual(kept, [true, true, true, true, true, false, false]);
  await assert.rejects(
    run((tx) => useVersion(tx, school.deps, by(), all.at(-1)?.id ?? '', 'It was the best of them.')),
    (e) => e instanceof Refusal && e.code === 'list-change.possible',
  );
});

for (const [what, path, answer, words] of [
  ['an empty file', '/bad1', (_q, r) => r.end(), /empty file/],
  ['half of a packed file', '/bad2.gz', (_q, r) => r.end(gzipSync(names(100)).subarray(0, -5)), /before it was whole/],
  ['a web page with status 200', '/bad3', (_q, r) => r.end('<html><p>\nsite-1.example\n'), /web page/],
  ['a loop of redirects', '/bad4', (_q, r) => r.writeHead(302, { location: '/bad4' }).end(), /without end/],
  ['random bytes', '/bad5', (_q, r) => r.end(Buffer.alloc(5000, 'a\u0000\nb.example\n')), /not one name/],
  [
    'the way into the school’s network',
    '/bad6',
    (_q, r) => r.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
    /private/,
  ],
] as const satisfies readonly (readonly [string, string, RequestListener, RegExp])[]) {
  test(`a server that sends ${what} changes nothing, and the source says so`, async () => {
    const number = 5000 + 100 * Number(/\d/.exec(path)?.[0]);
    const id = await add(path, path.endsWith('.gz') ? gzipSync(names(50, number)) : names(50, number));
    const good = await versions(id);
    web.set(path, answer);
    await check(id);
    assert.deepEqual(await versions(id), good);
    assert.equal(good[0]?.state, 'in-use');
    const row = await source(id);
    assert.match(row.last_error ?? '', words);
    assert.match(row.last_error ?? '', /last good copy stays in use/);
    assert.ok((row.next_check_at?.getTime() ?? 0) <= school.clock.now() + HOUR, 'it is asked again soon');
  });
}

test('a mirror is asked when the first address fails, and a list must be what its checksum promises', async () => {
  const id = await add('/first', names(30, 7000));
  web.delete('/first');
  serve('/second', names(31, 7000));
  const settings = { everyHours: '6', maxAgeHours: '24', publicKey: '' };
  const set = (checksum: string) =>
    run((tx) =>
      setSource(tx, school.deps, by(), id, { ...settings, mirrors: `${base}/second`, checksum }, 'The first is away.'),
    );
  await set('');
  await agreeToAll(school);
  await check(id);
  assert.equal((await versions(id))[0]?.from_url, `${base}/second`);
  assert.equal((await source(id)).last_error, null);
  await set('0'.repeat(64));
  await check(id);
  assert.match((await source(id)).last_error ?? '', /answered 404.*checksum is not the one/);
  await assert.rejects(set('no checksum'), (e) => e instanceof Refusal && e.fields?.checksum !== undefined);
});

test('a list from the web is asked when its time comes, a little later each, and nothing is compiled for nothing', async () => {
  for (let n = 0; n < 200; n++) {
    const hours = (nextCheck(0, 24).getTime() as number) / HOUR;
    assert.ok(hours >= 24 && hours < 26.4);
  }
  let asked = 0;
  const id = await add('/timed', names(30, 8000));
  await compile();
  web.set('/timed', (_q, r) => {
    asked++;
    r.end(names(30, 8000));
  });
  const { tasks } = filteringJobs(school.deps, { onListTrouble: onTrouble });
  const waiting = async () => {
    const jobs = await t.asOwner<{ payload: { scheduled: boolean } }>(
      `select payload from graphile_worker._private_jobs where key = $1`,
      [`lists.compile:${school.id}`],
    );
    await t.asOwner(`delete from graphile_worker._private_jobs`);
    return jobs.map((j) => j.payload.scheduled);
  };
  await t.asOwner(`update list_source set next_check_at = $1 where school_id = $2`, [
    new Date(school.clock.now() + 10 * HOUR),
    school.id,
  ]);
  await waiting();
  await tasks['lists.tend']?.({});
  assert.deepEqual(await waiting(), []);
  school.clock.advance(11 * HOUR);
  await tasks['lists.tend']?.({});
  assert.deepEqual(await waiting(), [true]);
  const built = async () => (await t.asOwner(`select max(built_at) as at from list_version`))[0]?.at;
  const before = await built();
  await compile(true);
  assert.equal(asked, 1);
  assert.deepEqual(await built(), before);
  assert.ok((await source(id)).checked_at);
});

test('FIL-03 a list that grows older than its age allows is told once, and again only after it was fresh', async () => {
  const id = await add('/ageing', names(30, 9000));
  troubles.length = 0;
  const { tasks } = filteringJobs(school.deps, { onListTrouble: onTrouble });
  const kinds = () => troubles.filter((x) => x.source === id).map((x) => x.kind);
  school.clock.advance(2 * DAY - MINUTE);
  await tasks['lists.tend']?.({});
  assert.deepEqual(kinds(), []);
  school.clock.advance(2 * MINUTE);
  await tasks['lists.tend']?.({});
  await tasks['lists.tend']?.({});
  assert.deepEqual(kinds(), ['stale']);
  await check(id);
  await tasks['lists.tend']?.({});
  assert.deepEqual(kinds(), ['stale', 'fresh']);
  assert.equal((await source(id)).stale_since, null);
});
