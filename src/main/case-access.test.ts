import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SECOND, systemClock, type TestClock } from '#core/clock.ts';
import { filteringSchool, testFolder } from '#rooms/filtering/testing.ts';
import { type Examining, examining } from '#rooms/incidents/access/fixture.ts';
import { removeAccess } from '#rooms/incidents/access/index.ts';
import { incidentsRoom } from '#rooms/incidents/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { BLOCK_PAGE, ELSEWHERE, type House, wholeHouse } from '#testing/house.ts';
import { type Pages, type Part, pagesFor, type TestSchool } from '#testing/web.ts';

/** What a case does to the network, at a real control and a real gateway, by their own clocks. */
/** On the shipped list of help. */
const HELP = 'www.childline.org.uk';
let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
let house: House;
let x: Examining;
let registered: string;

before(async () => {
  t = await testDatabase();
  const lists = testFolder({
    'blacklists/extremism/domains': 'speeches.example\n',
    'blacklists/child-abuse/domains': 'never.example\n',
    'blacklists/health/domains': 'fine.example\nexams.example\n',
  });
  s = await filteringSchool(t, {
    lists: `${lists}/blacklists`,
    policy: 'tuition-centre',
    clock: systemClock as TestClock,
  });
  pages = await pagesFor(s.deps, incidentsRoom(s.deps));
  x = await examining(t, s, pages, '127.0.0.1');
  await atDevice('teacher');
  house = await wholeHouse(t, s);
  await within(20 * SECOND, async () => (await house.dns('fine.example')) === ELSEWHERE);
});
after(async () => {
  await house.stop();
  await pages.close();
  await t.drop();
});

/** Whose device it is that the test asks from. */
async function atDevice(part: Part): Promise<void> {
  await t.asOwner('delete from registered_address where school_id = $1', [s.id]);
  const [row] = await t.asOwner<{ id: string }>(
    `insert into registered_address (school_id, cidr, label, person_id) values ($1, '127.0.0.1/32', 'Laptop', $2) returning id`,
    [s.id, s.people[part].id],
  );
  registered = row?.id ?? '';
  await t.asOwner('update school set snapshot_number = snapshot_number + 1 where id = $1', [s.id]);
  await t.asOwner(`select pg_notify('gatehouse_feed', $1)`, [s.id]);
}

async function within(ms: number, so: () => Promise<boolean>): Promise<void> {
  const from = performance.now();
  while (!(await so())) {
    assert.ok(performance.now() - from < ms, `not so within ${ms} ms`);
    await new Promise((r) => setTimeout(r, 25));
  }
}
const LIVE = 2 * SECOND;
const answers = (host: string, answer: string) => within(LIVE, async () => (await house.dns(host)) === answer);

test('INC-07 EVI-04 FIL-02 an examination opens and shuts at the gateway within two seconds, the illegal stays shut, and each visit is in the case', async () => {
  assert.equal(await house.dns('speeches.example'), BLOCK_PAGE);
  const c = await x.examinedCase();
  await answers('speeches.example', ELSEWHERE);
  assert.equal(await house.dns('never.example'), BLOCK_PAGE);
  await x.step('dsl', c.reference, 'suspect', { text: '' });
  await answers('speeches.example', BLOCK_PAGE);
  const hosts = async () =>
    (
      await t.asOwner<{ host: string; outcome: string }>(
        'select distinct host, outcome from case_visit where case_id = $1 order by 1, 2',
        [c.id],
      )
    ).map((v) => `${v.host} ${v.outcome}`);
  await within(10 * SECOND, async () => (await hosts()).length >= 2);
  assert.ok((await hosts()).includes('speeches.example allow'));
  assert.ok((await hosts()).includes('never.example block'));
});

test('INC-19 an isolated device is cut off at DNS and proxy within two seconds, and back when it is let go', async () => {
  const c = await x.readyCase();
  const dsl = pages.as(s.people.dsl);
  const sealed = { device: 'A laptop', place: 'Safe, seal 4', text: 'Taken by Sid Marsh.', address: registered };
  assert.equal((await dsl.post(`/cases/${c.reference}/isolate`, sealed)).statusCode, 303);
  await answers('fine.example', BLOCK_PAGE);
  assert.match((await house.fetch('http://fine.example/')).body, /set this device aside/);
  assert.match(await house.tunnel('fine.example'), / 403 /);
  assert.equal(await house.dns(HELP), BLOCK_PAGE);
  const page = (await dsl.get(`/cases/${c.reference}`)).body;
  const isolation = /name="isolation" type="radio" value="([^"]+)"/.exec(page)?.[1] ?? '';
  const back = { isolation, text: 'Given back to its owner.' };
  assert.equal((await dsl.post(`/cases/${c.reference}/release-device`, back)).statusCode, 303);
  await answers('fine.example', ELSEWHERE);
});

test('SAN-31 access is gone within two seconds, keeps help and exams, and comes back at its end with control stopped', async () => {
  const c = await x.readyCase();
  await atDevice('year8');
  await answers('fine.example', ELSEWHERE);
  const now = Date.now();
  const removal = {
    case: c.id,
    person: s.people.year8.id,
    level: 'internet' as const,
    from: new Date(now),
    until: new Date(now + 5 * SECOND),
    keeps: ['exams.example'],
  };
  await t.db.in(s.people.dsl.context, (tx) => removeAccess(s.deps, tx, s.people.dsl.context, removal));
  await answers('fine.example', BLOCK_PAGE);
  assert.match((await house.fetch('http://fine.example/')).body, /taken your access away until/);
  assert.equal(await house.dns('exams.example'), ELSEWHERE);
  assert.equal(await house.dns(HELP), ELSEWHERE);
  await house.control.close();
  assert.equal(await house.dns('fine.example'), BLOCK_PAGE);
  await within(now + 7 * SECOND - Date.now(), async () => (await house.dns('fine.example')) === ELSEWHERE);
  assert.ok(Date.now() >= now + 5 * SECOND, 'not before its end');
});
