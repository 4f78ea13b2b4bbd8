import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readConfig } from '#platform/config.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { registeredAddresses } from './addresses.service.ts';
import { devicesRoom } from './devices.routes.ts';

const PROFILES = [
  { id: 'staff', name: 'Staff' },
  { id: 'pupil-7', name: 'Year 7 pupils' },
];
const known = { profiles: async () => PROFILES };

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  const config = readConfig({ GATEHOUSE_PROXY: '192.0.2.10:3128', GATEHOUSE_DNS: '192.0.2.10:53' }, '/');
  school = await testSchool(t, { config });
  pages = await pagesFor(school.deps, devicesRoom(school.deps, known));
});
after(async () => {
  await pages.close();
  await t.drop();
});

const ict = () => pages.as(school.people.ictManager);
const registered = () => t.db.in(school.people.ictManager.context, registeredAddresses);
const snapshotNumber = async () =>
  BigInt((await t.asOwner(`select snapshot_number from school where id = $1`, [school.id]))[0]?.snapshot_number);

test('every route that is not public is closed to whoever lacks its duty', async () => {
  assert.ok((await everyRouteDenies(pages, school)) >= 3);
});

test('anyone can read how to point a device here, with the addresses of this installation', async () => {
  const page = await pages.as(null).get('/help/devices');
  assert.equal(page.statusCode, 200);
  for (const words of [
    'http://192.0.2.10:3128/proxy.pac',
    '192.0.2.10',
    'Windows',
    'Chromebook',
    'iPad',
    'Android',
    'Mac',
    'option 252',
  ]) {
    assert.ok(page.body.includes(words), words);
  }
});

test('an address is registered, listed most specific first, found by search, and removed', async () => {
  const before = await snapshotNumber();
  for (const [cidr, label] of [
    ['10.1.0.0/16', 'Whole school'],
    ['10.1.20.0/24', 'Library'],
  ] as const) {
    const answer = await ict().post('/devices', { cidr, label, profile: 'pupil-7', username: '' });
    assert.match((await ict().follow(answer)).body, /is registered/);
  }
  await ict().post('/devices', { cidr: '10.1.20.9', label: 'Tablet', profile: '', username: 'YARA.pupil' });
  assert.deepEqual(
    (await registered()).map((a) => [a.cidr, a.person, a.profile]),
    [
      ['10.1.20.9/32', school.people.year7.id, null],
      ['10.1.20.0/24', null, 'pupil-7'],
      ['10.1.0.0/16', null, 'pupil-7'],
    ],
  );
  assert.ok((await snapshotNumber()) > before);
  const found = await ict().get('/devices?q=yara');
  assert.match(found.body, /10\.1\.20\.9\/32/);
  assert.doesNotMatch(found.body, /10\.1\.0\.0/);
  assert.match((await ict().get('/devices?q=nothing-like-it')).body, /Nothing here matches/);

  const [first] = await registered();
  const removed = await ict().post(`/devices/${first?.id}/remove`);
  assert.match((await ict().follow(removed)).body, /taken out/);
  assert.equal((await registered()).length, 2);
  assert.equal((await ict().post(`/devices/${first?.id}/remove`)).statusCode, 404);
  const entries = await t.asOwner(
    `select action, actor from ledger_entry where school_id = $1 and action like 'device.%' order by id`,
    [school.id],
  );
  assert.deepEqual(
    entries.map((e) => e.action),
    [...Array(3).fill('device.address.add'), 'device.address.remove'],
  );
  assert.ok(entries.every((e) => e.actor === school.people.ictManager.id));
});

test('what is wrong is said beside its field, and what was typed stays', async () => {
  const wrong = [
    [{ cidr: '10.2.0.1/24', label: 'Room 4', profile: 'staff' }, 'cidr', /Enter 10\.2\.0\.0\/24/],
    [{ cidr: '10.2.0.0/24', label: ' ', profile: 'staff' }, 'label', /Enter a name/],
    [{ cidr: '10.2.0.0/24', label: 'Room 4', profile: 'nonsense' }, 'profile', /no such profile/],
    [{ cidr: '10.2.0.0/24', label: 'Room 4', profile: '', username: 'nobody.here' }, 'username', /Nobody here/],
    [{ cidr: '10.2.0.0/24', label: 'Room 4', profile: 'staff', username: 'theo.wren' }, 'profile', /Choose one/],
    [{ cidr: '10.1.0.0/16', label: 'Again', profile: 'staff' }, 'cidr', /registered already/],
  ] as const;
  for (const [fields, at, words] of wrong) {
    const page = await ict().post('/devices', fields);
    assert.equal(page.statusCode, 400, JSON.stringify(fields));
    assert.match(page.body, words);
    assert.ok(page.body.includes(`id="${at}-error"`), at);
    assert.ok(page.body.includes(`value="${fields.cidr}"`));
  }
  assert.equal(
    (await ict().post('/devices', { cidr: '10.2.0.0/24', label: 'x', profile: 'staff', more: '1' })).statusCode,
    400,
  );
});

test('people who have left can have no device registered', async () => {
  const { visitor } = school.people;
  await t.asOwner(`update person set left_on = current_date - 1 where id = $1`, [visitor.id]);
  const page = await ict().post('/devices', { cidr: '10.9.0.1', label: 'Gone', username: visitor.username });
  assert.equal(page.statusCode, 400);
});

test('a school sees and removes only its own addresses', async () => {
  const other = await testSchool(t);
  assert.deepEqual(await t.db.in(other.people.ictManager.context, registeredAddresses), []);
  const [mine] = await registered();
  const answer = await pages.as(other.people.ictManager).post(`/devices/${mine?.id}/remove`);
  assert.equal(answer.statusCode, 404);
  assert.match((await pages.as(other.people.ictManager).get('/devices')).body, /No address is registered yet/);
});
