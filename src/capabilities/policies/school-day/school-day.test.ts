import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { schoolFacts } from '../school-facts.ts';
import { schoolDayRoutes } from './index.ts';

const HERE = '/settings/school-day';
let t: TestDatabase;
let s: TestSchool;
let other: TestSchool;
let pages: Pages;
let site: string;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'tuition-centre' });
  other = await testSchool(t);
  pages = await pagesFor(s.deps, { name: 'school-day', routes: (app) => schoolDayRoutes(app, s.deps) });
  const [row] = await t.asOwner<{ id: string }>(
    `insert into site (school_id, name) values ($1, 'Grove Lane'), ($2, 'Theirs') returning id`,
    [s.id, other.id],
  );
  site = row?.id ?? '';
});
after(async () => {
  await pages.close();
  await t.drop();
});

const post = (url: string, fields: Record<string, string | string[]> = {}, part: Part = 'ictManager') =>
  pages.as(s.people[part]).post(HERE + url, fields);
const get = async (query = '', part: Part = 'ictManager') => (await pages.as(s.people[part]).get(HERE + query)).body;
const number = async () =>
  (await t.asOwner<{ n: string }>('select snapshot_number as n from school where id = $1', [s.id]))[0]?.n;
const entries = async () =>
  (await t.asOwner(`select action from ledger_entry where action like 'school-day.%' order by id`)).map(
    (e) => e.action,
  );
const idOf = async (table: string, name: string) =>
  (await t.asOwner<{ id: string }>(`select id from ${table} where name = $1`, [name]))[0]?.id ?? '';
const lesson = { name: 'Lesson 1', kind: 'lesson', days: ['1', '2', '3', '4', '5'], from: '08:50', to: '09:50' };

test('the page is read by staff and governors and changed by the administrator and the ICT manager alone', async () => {
  assert.equal(await everyRouteDenies(pages, s), 9);
  const { body } = await pages.as(s.people.teacher).get(HERE);
  assert.doesNotMatch(body, /<form method="post" action="\/settings/);
});

test('an empty page says which rules stay closed because nothing is entered', async () => {
  const body = await get();
  assert.match(body, /4 rules open at certain times; without a timetable they stay closed: .*Shopping/);
  assert.match(body, /No term dates are entered/);
});

test('every change of the day is saved, entered in the ledger and told to gateways', async () => {
  const changes: [string, () => Promise<{ statusCode: number; body: string }>][] = [
    ['slot.add', () => post('/slots', lesson)],
    [
      'slot.change',
      async () => post(`/slots/${await idOf('timetable_slot', 'Lesson 1')}`, { ...lesson, name: 'First' }),
    ],
    ['zone.add', () => post('/zones', { zone: 'Field', 'zone-kind': 'outside', site })],
    [
      'zone.change',
      async () => post(`/zones/${await idOf('zone', 'Field')}`, { zone: 'Yard', 'zone-kind': 'outside', site }),
    ],
    ['zone.remove', async () => post(`/zones/${await idOf('zone', 'Yard')}/remove`)],
    ['slot.remove', async () => post(`/slots/${await idOf('timetable_slot', 'First')}/remove`)],
    [
      'timetable.replace',
      () =>
        post('/import', {
          timetable: 'L1, lesson, Mon-Fri, 08:50, 09:50\nLunch, lunch, Mon-Fri, 12:00, 13:00',
          replace: 'yes',
        }),
    ],
  ];
  for (const [action, change] of changes) {
    const before = await number();
    const answer = await change();
    assert.equal(answer.statusCode, 303, `${action} ${answer.body}`);
    assert.notEqual(await number(), before, action);
    assert.equal((await entries()).at(-1), `school-day.${action}`);
  }
  const facts = await t.db.in(s.people.administrator.context, (tx) => schoolFacts(tx, s.clock.now()));
  assert.deepEqual(
    facts.slots.map((x) => [x.kind, x.days.length, x.from, x.to]),
    [
      ['lesson', 5, '08:50', '09:50'],
      ['lunch', 5, '12:00', '13:00'],
    ],
  );
});

test('what is wrong is said beside its field, what was typed stays, and nothing is saved', async () => {
  const before = [await number(), await entries()];
  const cases: [string, Record<string, string>, RegExp, number][] = [
    [
      '/slots',
      { name: 'Nap', kind: 'lesson', days: '1', from: '10:00', to: '09:00' },
      /value="Nap"[\s\S]*ends after it begins/,
      400,
    ],
    ['/slots', { ...lesson, name: 'l1', days: '1' }, /called “l1” already/, 409],
    ['/import', { timetable: 'A, nap, Mon, 09:00, 10:00' }, /Line 1: kind[\s\S]*A, nap, Mon/, 400],
    ['/zones', { zone: '', 'zone-kind': 'outside', site }, /Give the place a name/, 400],
    [
      '/zones',
      { zone: 'Hall', 'zone-kind': 'main-building', site: await idOf('site', 'Theirs') },
      /Choose a site/,
      400,
    ],
  ];
  for (const [url, fields, says, status] of cases) {
    const answer = await post(url, fields);
    assert.equal(answer.statusCode, status, url);
    assert.match(answer.body, says, url);
  }
  assert.deepEqual([await number(), await entries()], before);
});

test('two kinds at one time are warned of, and a search finds parts and places', async () => {
  await post('/slots', { name: 'Choir', kind: 'club', days: '2', from: '12:30', to: '13:10' });
  const body = await get();
  assert.match(body, /“Lunch” \(12:00 to 13:00\) and “Choir” \(12:30 to 13:10\), Tuesday/);
  assert.match(await get('?q=choir'), /scope="row">Choir</);
  assert.doesNotMatch(await get('?q=choir'), /scope="row">Lunch</);
});

test('the day of another school is not there', async () => {
  await t.asOwner(
    `insert into timetable_slot (school_id, name, kind, days, from_time, to_time) values ($1, 'Theirs', 'break', '{1}', '10:00', '10:20')`,
    [other.id],
  );
  const id = await idOf('timetable_slot', 'Theirs');
  assert.equal((await post(`/slots/${id}/remove`)).statusCode, 404);
  assert.equal((await post(`/slots/${id}`, lesson)).statusCode, 404);
  assert.doesNotMatch(await get(), /Theirs/);
});
