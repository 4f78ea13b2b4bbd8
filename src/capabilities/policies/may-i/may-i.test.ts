import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HOUR } from '#core/clock.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { grantUse } from '../permissions/index.ts';
import { writeMoment } from '../permissions/permissions.rules.ts';
import { addSlots, addZone } from '../school-day/index.ts';
import { mayIRoutes } from './index.ts';

let t: TestDatabase;
let s: TestSchool;
let other: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'secondary-school' });
  other = await testSchool(t, { policy: 'tuition-centre' });
  pages = await pagesFor(s.deps, { name: 'may-i', routes: (app) => mayIRoutes(app, s.deps) });
});
after(async () => {
  await pages.close();
  await t.drop();
});

const ask = async (part: Part | null, q: string, more = '') => {
  const who = part ? s.people[part] : null;
  const answer = await pages.as(who).get(`/may-i?q=${encodeURIComponent(q)}${more}`);
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.body.replace(/\s+/g, ' ');
};

test('the page is for everybody, and nothing of it changes anything', async () => {
  assert.deepEqual(
    pages.app.routeTable.filter((r) => r.url === '/may-i').map((r) => [r.method, r.access]),
    [['GET', 'public']],
  );
  await everyRouteDenies(pages, s);
});

test('the answer stands with its rule, the clause it comes from, and the version in force', async () => {
  const body = await ask('year8', 'May a Year 9 pupil use a messaging app at lunch?');
  assert.match(body, /We understood: Year 9 pupils · Use messaging apps · at lunch/);
  assert.match(body, /Only with permission\./);
  assert.match(body, /Rule “Messaging apps”, <a class="govuk-link" href="\/policy#use\.messaging">clause 6\.6<\/a>/);
  assert.match(body, /version 1, in force since 3 Nov 2026/);
  assert.match(body, /Any member of staff can give permission/);
  assert.match(body, /Every rule that was asked/);
  assert.match(body, /<option value="action:use-messaging-apps" selected>/);
});

test('what was understood can be changed by the drop-downs, and no script is needed', async () => {
  const query = 'what=action:use-messaging-apps&who=any:pupil&when=at&day=1&time=12:20&zone=outside&equipment=personal';
  const { body } = await pages.as(s.people.parent).get(`/may-i?${query}`);
  assert.match(body, /on Monday at 12:20/);
  assert.match(body, /Only with permission/);
  assert.doesNotMatch(body, /<script/);
});

test('COM-08 COM-12 “I” is whoever asks: the same words, another answer with a permission and once it has ended', async () => {
  const question = 'Can I use a messaging app now?';
  assert.match(await ask('year8', question), /Only with permission/);
  const by = s.people.teacher.context;
  const until = writeMoment(s.clock.now() + HOUR, 'Europe/London');
  const [audience, purpose] = ['pupil', 'A school newspaper'];
  const input = { rule: 'COM-08', audience, people: [s.people.year8.id], group: '', purpose, from: '', until };
  await t.db.in(by, (tx) => grantUse(tx, s.deps, by, input));
  assert.match(await ask('year8', question), /Yes, this is allowed/);
  assert.match(await ask('year7', question), /Only with permission/);
  s.clock.advance(HOUR);
  assert.match(await ask('year8', question), /Only with permission/);
});

test('what the filter does with such sites stands beside the answer, group by group', async () => {
  const body = await ask('staff', 'May pupils watch videos?');
  assert.match(body, /That depends\./);
  assert.match(body, /Not allowed: Year 7 pupils, Year 8 pupils, Year 9 pupils\./);
  assert.match(body, /At the filter[\s\S]*Closed[\s\S]*Open/);
});

test('a device is asked about like anything else', async () => {
  const body = await ask(null, 'May a visitor’s laptop use the network?', `&school=${s.slug}`);
  assert.match(body, /Yes, but the internet only/);
  assert.match(body, /a device that is registered/);
});

test('anybody may ask a school by its name, and gets that school’s own answer', async () => {
  const question = 'Can I use a blog?';
  assert.match(await ask(null, question, `&school=${s.slug}`), /Only with permission/);
  assert.match(await ask(null, question, `&school=${other.slug}`), /No, this is not allowed/);
  const choose = await pages.as(null).get('/may-i');
  assert.match(choose.body, new RegExp(`/may-i\\?school=${s.slug}`));
  assert.equal((await pages.as(null).get('/may-i?school=nowhere')).statusCode, 404);
  assert.doesNotMatch(await ask(null, question, `&school=${s.slug}`), /value="me"/);
});

test('where nothing is understood there are examples, and what was typed stays on the page and nowhere else', async () => {
  const body = await ask('year7', 'Can I bring a <b>dragon</b>?');
  assert.match(body, /We did not understand that/);
  assert.match(body, /q=May%20a%20Year%209%20pupil/);
  assert.match(body, /Can I bring a &lt;b&gt;dragon/);
  assert.doesNotMatch(JSON.stringify(s.logged), /dragon/);
  assert.doesNotMatch(JSON.stringify(await t.asOwner('select detail from ledger_entry')), /dragon/);
});

test('the school’s own places and times are known by their names', async () => {
  const before = await ask('year8', 'May pupils use phones now?');
  assert.match(before, /The school has still to enter its timetable/);
  const by = s.people.administrator.context;
  await t.asOwner(
    `insert into term (school_id, name, starts, ends) values ($1, 'Autumn', '2026-09-02', '2026-12-18')`,
    [s.id],
  );
  const [site] = await t.asOwner<{ id: string }>(
    `insert into site (school_id, name) values ($1, 'Main') returning id`,
    [s.id],
  );
  await t.db.in(by, async (tx) => {
    await addZone(tx, s.deps, by, site?.id ?? '', { name: 'Old chapel', kind: 'main-building' });
    const all = { kind: 'lesson', days: [1, 2, 3, 4, 5], from: '08:00', to: '16:00' } as const;
    await addSlots(tx, s.deps, by, [{ name: 'All day', ...all }]);
  });
  assert.match(await ask('year8', 'May pupils use phones in the Old Chapel at lunch?'), /in the main building/);
  const now = await ask('year8', 'May pupils use phones now?');
  assert.match(now, /No, this is not allowed/);
  assert.doesNotMatch(now, /still to enter its timetable/);
});
