import assert from 'node:assert/strict';
import { existsSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DAY, HOUR } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { type BuildReport, loadIndex } from '#filter/index.ts';
import { dataPaths } from '#platform/config.ts';
import { systemContext } from '#platform/db.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import type { TestSchool } from '#testing/web.ts';
import { filteringJobs, tendLists } from './filtering.jobs.ts';
import { filteringAtAGlance } from './glance.service.ts';
import { compileLists, indexFile, newestVersion } from './lists.service.ts';
import { addSource, checkNow, ensureSources, switchSource } from './sources.service.ts';
import { agreeToAll, filteringSchool, testFolder } from './testing.ts';
import { currentIndex } from './verdict.service.ts';

let t: TestDatabase;
let school: TestSchool;
let own: string;
before(async () => {
  t = await testDatabase();
  own = testFolder({ 'games/domains': 'one-of-ours.example\n', 'no-such-kind/domains': 'unknown.example\n' });
  school = await filteringSchool(t, { lists: own });
});
after(() => t.drop());

const by = () => school.people.ictManager.context;
const run = <T>(work: Parameters<typeof t.db.in<T>>[1]) => t.db.in(by(), work);
const switchOff = async (id: string) => {
  await run((tx) => switchSource(tx, school.deps, by(), id, false, 'This test is done with it.'));
  await agreeToAll(school);
};
const version = async () => {
  const found = await run(newestVersion);
  assert.ok(found);
  return found;
};
const state = () => run((tx) => tx.selectFrom('list_build').selectAll().executeTakeFirstOrThrow());
const source = (name: string) =>
  run((tx) => tx.selectFrom('list_source').selectAll().where('name', '=', name).executeTakeFirstOrThrow());
const snapshotNumber = async () =>
  BigInt((await t.asOwner(`select snapshot_number from school where id = $1`, [school.id]))[0]?.snapshot_number);
const categoriesOf = async (host: string) => {
  const index = await run((tx) => currentIndex(school.deps, tx));
  return index?.categoriesOf(index.find(host)) ?? [];
};
/** An hour later. */
const compile = (deps = school.deps) => {
  school.clock.advance(HOUR);
  return compileLists(deps, school.id);
};
const again = async (id: string) => {
  await run((tx) => checkNow(tx, school.deps, by(), id));
  await compile();
};
const jobs = async () =>
  (await t.asOwner(`select key, run_at from graphile_worker.jobs where task_identifier = 'lists.compile'`)).filter(
    (j) => j.key?.includes(school.id),
  );

test('the starter lists and what GATEHOUSE_LISTS names are compiled into one index, with a report', async () => {
  const { sha256, report } = await version();
  const index = loadIndex(indexFile(school.deps, sha256));
  assert.equal(index.version, sha256);
  assert.deepEqual(await categoriesOf('one-of-ours.example'), ['games']);
  assert.deepEqual(await categoriesOf('gambling.gatehouse-test.example'), ['gambling']);
  const told = report as BuildReport;
  assert.deepEqual(
    told.unmapped.map((u) => u.outside),
    ['no-such-kind'],
  );
  assert.deepEqual(told.perSource.map((s) => s.source)[0], 'starter');
  assert.equal((await state()).state, 'done');
});

test('compiling the same lists again gives the same version and does not trouble the gateways', async () => {
  const [first, number] = [await version(), await snapshotNumber()];
  await compile();
  const second = await version();
  assert.equal(second.sha256, first.sha256);
  assert.equal(second.built_at.getTime() - first.built_at.getTime() >= HOUR, true);
  assert.equal(await snapshotNumber(), number);
});

test('a new list is a new version: gateways are told, the ledger has it, the old index is swapped', async () => {
  const [first, number] = [await version(), await snapshotNumber()];
  writeFileSync(join(own, 'games/domains'), 'one-of-ours.example\nanother-of-ours.example\n');
  await compile();
  assert.notEqual((await version()).sha256, first.sha256);
  assert.ok((await snapshotNumber()) > number);
  assert.deepEqual(await categoriesOf('another-of-ours.example'), ['games']);
  const [entry] = await t.asOwner(
    `select object_id, detail from ledger_entry where school_id = $1 and action = 'lists.compile' order by id desc limit 1`,
    [school.id],
  );
  assert.equal(entry?.object_id, (await version()).sha256);
  assert.equal(entry?.detail.changed, true);
});

test('a source that cannot be read stays in use as it was read last, and says why', async () => {
  const folder = testFolder({ 'games/domains': 'soon-gone.example\n' });
  const id = await run((tx) => addSource(tx, school.deps, by(), { location: folder, name: 'fading' }));
  await compile();
  const good = await version();
  rmSync(folder, { recursive: true });
  await compile();
  assert.equal((await version()).sha256, good.sha256);
  assert.deepEqual(await categoriesOf('soon-gone.example'), ['games']);
  assert.equal((await state()).state, 'done', 'other lists do not wait for it');
  assert.match((await source('fading')).last_error ?? '', /"fading".*not there.*last good copy stays in use/);
  assert.equal((await source('starter')).last_error, null);
  await switchOff(id);
  await compile();
  assert.equal((await state()).state, 'done');
});

test('a file in which nothing is a name is refused instead of taken for an empty list', async () => {
  const folder = testFolder({ 'page.html': '<html><body>Service unavailable</body></html>\n' });
  const location = join(folder, 'page.html');
  const id = await run((tx) => addSource(tx, school.deps, by(), { location, name: 'page', category: 'games' }));
  await compile();
  assert.match((await source('page')).last_error ?? '', /"page" holds not one name/);
  assert.equal((await state()).state, 'done', 'what was never in use is left out');
  await switchOff(id);
});

test('lines of a single file never come to light by being refused', async () => {
  const location = join(testFolder({ secret: 'password=opensesame\nfine.example\n' }), 'secret');
  const id = await run((tx) => addSource(tx, school.deps, by(), { location, name: 'a-file', category: 'games' }));
  await compile();
  const { report } = await version();
  assert.deepEqual(await categoriesOf('fine.example'), ['games']);
  assert.doesNotMatch(JSON.stringify(report), /opensesame/);
  await switchOff(id);
});

test('a list from the web is fetched; when it fails later, the last good copy stays in use and the failure is kept', async () => {
  let answer: [number, string] = [200, 'from-the-web.example\n'];
  const server = createServer((_q, r) => r.writeHead(answer[0]).end(answer[1])).listen(0, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  const location = `http://127.0.0.1:${(server.address() as AddressInfo).port}/games.txt`;
  const id = await run((tx) => addSource(tx, school.deps, by(), { location, category: 'games' }));
  try {
    await compile();
    assert.equal((await state()).state, 'done', 'what was never in use is left out');
    assert.match((await source('games')).last_error ?? '', /private network/);
    const settings = { allowedPrivate: ['127.0.0.1/32'] };
    await t.asOwner('update school set settings = settings || $2 where id = $1', [school.id, JSON.stringify(settings)]);
    await again(id);
    assert.deepEqual(await categoriesOf('from-the-web.example'), ['games']);
    const { checked_at: checked } = await source('games');
    for (const [bad, why] of [
      [[500, 'oops'], /answered 500/],
      [[200, 'moved\n'], /not one name/],
    ] as const) {
      answer = [...bad];
      await again(id);
      assert.equal((await state()).state, 'done');
      assert.deepEqual(await categoriesOf('from-the-web.example'), ['games']);
      const row = await source('games');
      assert.match(row.last_error ?? '', why);
      assert.match(row.last_error ?? '', /last good copy/);
      assert.deepEqual(row.checked_at, checked);
    }
    school.clock.advance(3 * DAY);
    const glance = await run((tx) => filteringAtAGlance(tx, school.deps));
    assert.equal(glance.sources.find((s) => s.name === 'games')?.late, true);
    assert.equal(glance.late, true);
  } finally {
    server.close();
    await switchOff(id);
  }
});

test('old index files are pruned, the three newest stay', async () => {
  for (let n = 0; n < 2; n++) {
    writeFileSync(join(own, 'games/domains'), `one-of-ours.example\nround-${n}.example\n`);
    await compile();
  }
  const versions = await run((tx) =>
    tx.selectFrom('list_version').select('sha256').orderBy('built_at', 'desc').execute(),
  );
  const kept = versions.map((v) => existsSync(indexFile(school.deps, v.sha256)));
  assert.deepEqual(kept.slice(0, 3), [true, true, true]);
  assert.ok(kept.length > 3 && kept.slice(3).every((k) => !k));
});

test('two compilations at once are one after the other, and several wishes are one job', async () => {
  await Promise.all([compileLists(school.deps, school.id), compileLists(school.deps, school.id)]);
  const waiting = await jobs();
  assert.equal(waiting.length, 1);
  assert.equal((await state()).state, 'done');
});

test('what a crash cut short, a lost index file and a new GATEHOUSE_LISTS are put right by themselves', async () => {
  const clear = () => t.asOwner(`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))`);
  const tend = async (deps = school.deps) => {
    await clear();
    await t.db.in(systemContext(school.id), (tx) => tendLists(tx, deps, school.id));
    return (await jobs()).length;
  };
  assert.equal(await tend(), 0);
  await t.asOwner(`update list_build set state = 'running' where school_id = $1`, [school.id]);
  assert.equal(await tend(), 1);
  await compile();
  unlinkSync(indexFile(school.deps, (await version()).sha256));
  assert.equal(await tend(), 1);
  await compile();
  assert.equal(await tend(), 0);

  const elsewhere = testFolder({ 'games/domains': 'elsewhere.example\n' });
  const moved = { ...school.deps, config: { ...school.deps.config, lists: elsewhere } };
  assert.equal(await tend(moved), 1);
  await compile(moved);
  assert.deepEqual(await categoriesOf('elsewhere.example'), ['games']);
  assert.deepEqual(await categoriesOf('one-of-ours.example'), []);
  assert.equal(await tend(moved), 0);
  assert.equal(await tend({ ...moved, config: { ...moved.config, lists: '/not/there' } }), 0, 'gone for a while: kept');
});

test('each night every school’s lists are wished for anew', async () => {
  const { tasks, recurring } = filteringJobs(school.deps, { onListTrouble: async () => undefined });
  assert.equal(recurring.find((r) => r.task === 'lists.recheck')?.cron, '30 3 * * *');
  assert.ok(recurring.every((r) => r.task in tasks));
  await tasks['lists.recheck']?.({});
  assert.equal((await jobs()).length, 1);
});

test('the starter lists cannot be switched off, names are used once, and a single list must say what it is', async () => {
  const starter = await source('starter');
  const code = (c: string) => (e: unknown) => e instanceof Refusal && e.code === c;
  await assert.rejects(
    run((tx) => switchSource(tx, school.deps, by(), starter.id, false)),
    code('lists.starter'),
  );
  const add = (input: Parameters<typeof addSource>[3]) => run((tx) => addSource(tx, school.deps, by(), input));
  const folder = testFolder({ 'a.txt': 'a.example\n' });
  await assert.rejects(add({ location: folder, name: 'starter' }), code('lists.name'));
  await assert.rejects(add({ location: folder, name: 'Not A Name' }), code('lists.source.name'));
  await assert.rejects(add({ location: join(folder, 'a.txt') }), code('lists.source.category'));
  await assert.rejects(add({ location: join(folder, 'a.txt'), category: 'nonsense' }), code('lists.source.category'));
});

test('a school sees only its own sources and versions, and has its own index even of the same lists', async () => {
  const other = await filteringSchool(t, { config: school.deps.config });
  const seen = await t.db.in(other.people.ictManager.context, (tx) =>
    tx.selectFrom('list_version').select('sha256').execute(),
  );
  const mine = await run((tx) => tx.selectFrom('list_version').select('sha256').execute());
  assert.equal(seen.length, 1);
  assert.ok(!mine.some((v) => v.sha256 === seen[0]?.sha256));
  assert.ok(existsSync(join(dataPaths(school.deps.config.data).index, `${seen[0]?.sha256}.idx`)));
  await t.db.in(systemContext(other.id), (tx) => ensureSources(tx, other.deps, systemContext(other.id)));
});

test('CAL-06 lists that were read and compiled are the evidence that they were', async () => {
  const given = async () =>
    (
      await t.asOwner(
        `select count(*) from duty_evidence e join duty_occurrence o on o.id = e.occurrence_id
         where o.school_id = $1 and o.duty = 'CAL-06'`,
        [school.id],
      )
    )[0]?.count;
  const before = Number(await given());
  school.clock.advance(DAY);
  await compile();
  assert.equal(Number(await given()), before + 1);
});
