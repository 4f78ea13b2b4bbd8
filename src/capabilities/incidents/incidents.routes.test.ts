import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '#core/ids.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { STEP_FORMS } from './case.forms.ts';
import { CASE_ACTIONS } from './case.workflow.ts';
import { alertAbout } from './fixture.ts';
import { incidentsRoom } from './index.ts';

let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'secondary-school' });
  pages = await pagesFor(s.deps, incidentsRoom(s.deps));
});
after(async () => {
  await pages.close();
  await t.drop();
});

const browser = (part: Part) => pages.as(s.people[part]);
const form = (more: Record<string, string | string[]> = {}) => ({
  intent: 'log',
  title: 'Unkind messages',
  category: 'bullying',
  happenedOn: '2026-11-02',
  text: 'Two pupils told me of messages from last night.',
  ...more,
});
const log = async (by: Part, more: Record<string, string | string[]> = {}) => {
  const answer = await browser(by).post('/cases/new', form(more));
  assert.equal(answer.statusCode, 303, answer.body);
  return String(answer.headers.location).replace('/cases/received/', '');
};

/** Every route of the room and who may call it; which case somebody may see is decided row by row. */
const NAMED = ['dsl', 'centre-lead', 'head', 'online-safety-coordinator', 'coordinator', 'chair', 'lead-governor'];
const READERS = ['staff', ...NAMED];
const SAFEGUARDING = ['dsl', 'centre-lead', 'head'];
const TABLE = [
  ['GET', '/cases', READERS],
  ['GET', '/cases/list.csv', READERS],
  ['GET', '/cases/:id/record-sheet', READERS],
  ['POST', '/cases/:id/record-sheet', READERS],
  ['GET', '/cases/figures', READERS],
  ['GET', '/cases/figures.svg', READERS],
  ['GET', '/cases/chronology', SAFEGUARDING],
  ['POST', '/cases/chronology', SAFEGUARDING],
  ['GET', '/cases/chronology/:person', SAFEGUARDING],
  ['GET', '/cases/chronology/:person/print', SAFEGUARDING],
  ['GET', '/cases/new', ['staff']],
  ['POST', '/cases/new', ['staff']],
  ['GET', '/cases/received/:id', ['staff']],
  ['POST', '/cases/from-alert/:id', NAMED],
  ['GET', '/cases/flow', READERS],
  ['GET', '/cases/:id/visits', READERS],
  ['GET', '/cases/:id/visits.csv', READERS],
  ['GET', '/cases/:id/visits.pdf', READERS],
  ['GET', '/cases/:id/form', READERS],
  ['GET', '/cases/:id/form/:name', READERS],
  ['POST', '/cases/:id/form/dispose', READERS],
  ['POST', '/cases/:id/form/disposal/:disposal', READERS],
  ['GET', '/cases/retention', READERS],
  ['GET', '/cases/follow-ups', READERS],
  ['POST', '/cases/follow-ups/:id/done', READERS],
  ['GET', '/cases/summary', SAFEGUARDING],
  ['GET', '/cases/summary.svg', SAFEGUARDING],
  ['POST', '/cases/summary', SAFEGUARDING],
  ['GET', '/cases/:id', READERS],
  ['GET', '/cases/:id/print', READERS],
  ['GET', '/cases/:id/sanction', READERS],
  ...CASE_ACTIONS.filter((a) => a !== 'report').map((a) => ['POST', `/cases/:id/${a}`, READERS]),
];

test('the room has exactly the routes of this table, each open to exactly these duties', async () => {
  const routes = pages.app.routeTable
    // Rooms within the room have tables of their own.
    .filter((r) => /^\/cases(?!\/:id\/(?:evidence|letters)|\/computers)/.test(r.url) && r.method !== 'HEAD')
    .map((r) => [r.method, r.url, typeof r.access === 'object' ? r.access.duties : r.access]);
  assert.deepEqual(routes.sort(), [...TABLE].sort());
  assert.ok((await everyRouteDenies(pages, s)) >= TABLE.length);
});

test('from alert to closed case by the pages alone, with no more than what each page offers', async () => {
  const alert = await alertAbout(s, s.people.year8.id);
  const dsl = browser('dsl');
  const opened = await dsl.post(`/cases/from-alert/${alert.id}`);
  const url = String(opened.headers.location);
  const page = await dsl.follow(opened);
  assert.match(page.body, /The alert is now a case/);
  assert.match(page.body, /Zed Pupil/);
  assert.match(page.body, /Next step[\s\S]*Give the case to somebody/);
  assert.doesNotMatch(
    page.body,
    new RegExp(`action="${url}/(act|close|resolve|reopen)"`),
    'what the table does not offer is not there',
  );

  const given = await dsl.post(`${url}/assign`, { person: s.people.dsl.id, text: '' });
  assert.match((await dsl.follow(given)).body, /Next step[\s\S]*Help at once/);
  await dsl.post(`${url}/support`, { text: 'Talked with her and her mother.' });
  const refused = await dsl.post(`${url}/resolve`, { text: 'All is well for now.' });
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /There is something to put right[\s\S]*Choose one/);
  assert.match(refused.body, /First:[\s\S]*parents or carers were told[\s\S]*safeguarding record system/);
  assert.match(refused.body, /All is well for now\./, 'what was typed is still there');
  await dsl.post(`${url}/inform`, { decision: 'told', text: 'Rang her mother at noon.' });
  await dsl.post(`${url}/record`, { reference: 'R-17' });
  await dsl.post(`${url}/resolve`, { outcome: 'supported', text: 'Plan agreed.' });
  const closed = await dsl.follow(await dsl.post(`${url}/close`, { text: '' }));
  assert.match(closed.body, /Nothing more is to be done/);
  assert.match(closed.body, /Everything is done: Support is in place/);
  assert.match(closed.body, /Talked with her and her mother/);

  const print = await dsl.get(`${url}/print`);
  assert.match(print.body, /Talked with her and her mother/);
  assert.doesNotMatch(print.body, /<textarea/);
  assert.match(
    (await dsl.get(`/cases?state=closed&q=${encodeURIComponent('Zed Pupil')}`)).body,
    new RegExp(url.replace('/cases/', '')),
  );
});

test('INC-05 the pages of a case about somebody do not exist for them, and their list is what it would be without it', async () => {
  const list = async () => (await browser('head').get('/cases')).body.replace(/nonce="[^"]*"/g, '');
  const before = await list();
  const reference = await log('teacher', { people: [s.people.head.id] });
  assert.equal(await list(), before);
  assert.equal((await browser('dsl').get(`/cases/${reference}`)).statusCode, 200);
  const nowhere = await browser('head').get('/cases/C-ZZZZZZ');
  for (const path of ['', '/print']) {
    const answer = await browser('head').get(`/cases/${reference}${path}`);
    assert.equal(answer.statusCode, 404);
    assert.equal(
      answer.body.replaceAll(reference, 'C-ZZZZZZ').replace(/nonce="[^"]*"/g, ''),
      nowhere.body.replace(/nonce="[^"]*"/g, ''),
    );
  }
  for (const form of STEP_FORMS) {
    const filled = Object.fromEntries(form.fields.map((f) => [f.name, f.options?.[0]?.value ?? 'Something.']));
    const answer = await browser('head').post(`/cases/${reference}/${form.action}`, filled);
    assert.equal(answer.statusCode, 404, form.action);
  }
  assert.equal((await browser('head').get(`/cases/received/${reference}`)).statusCode, 404);
});

test('INC-23 whoever logs something gets a receipt, can find it again, and sees nothing of the case', async () => {
  const reference = await log('staff', { people: [s.people.year8.id] });
  const receipt = await browser('staff').get(`/cases/received/${reference}`);
  assert.match(receipt.body, new RegExp(reference));
  assert.doesNotMatch(receipt.body, /Zed|Unkind/);
  assert.match((await browser('staff').get('/cases')).body, new RegExp(`/cases/received/${reference}`));
  assert.equal((await browser('staff').get(`/cases/${reference}`)).statusCode, 404);
  assert.equal((await browser('teacher').get(`/cases/received/${reference}`)).statusCode, 404, 'another’s receipt');
});

test('people are found by name without script; what was typed stays, also beside errors', async () => {
  const found = await browser('teacher').post(
    '/cases/new',
    form({ intent: 'find', find: 'Pupil', title: 'Half written' }),
  );
  assert.equal(found.statusCode, 200);
  assert.match(found.body, new RegExp(`value="${s.people.year8.id}"`));
  assert.match(found.body, /Half written/);
  const wrong = await browser('teacher').post(
    '/cases/new',
    form({ people: [s.people.year8.id], happenedOn: '2030-01-01' }),
  );
  assert.equal(wrong.statusCode, 400);
  assert.match(wrong.body, /This day has not come yet/);
  assert.match(wrong.body, new RegExp(`value="${s.people.year8.id}"[^>]*checked`));
  assert.match(wrong.body, /Two pupils told me/);
});

test('hostile words stay words', async () => {
  const reference = await log('teacher', { title: '<script>alert(1)</script>', text: '<img src=x onerror=alert(1)>' });
  const { body } = await browser('dsl').get(`/cases/${reference}`);
  assert.doesNotMatch(body, /<script>alert|<img src=x/);
  assert.match(body, /&lt;script&gt;/);
  assert.equal((await browser('dsl').get(`/cases?q=${encodeURIComponent("%' or 1=1 --")}`)).statusCode, 200);
});

test('a case, alert or person that does not exist is a plain 404 or field error, never a fault', async () => {
  const dsl = browser('dsl');
  for (const id of [newId(), 'C-AAAAAA', 'nonsense', '%00']) {
    assert.ok([404, 400].includes((await dsl.get(`/cases/${encodeURIComponent(id)}`)).statusCode), id);
  }
  assert.equal((await dsl.post(`/cases/from-alert/${newId()}`)).statusCode, 404);
  assert.equal((await dsl.post('/cases/from-alert/x')).statusCode, 404);
  const reference = await log('teacher');
  for (const person of ['', 'x', newId()]) {
    assert.equal((await dsl.post(`/cases/${reference}/assign`, { person, text: '' })).statusCode, 400);
  }
  assert.equal((await dsl.post(`/cases/${reference}/close`, { text: '' })).statusCode, 409);
});

test('empty lists say what will stand there and how to begin', async () => {
  const { body } = await browser('coordinator').get('/cases');
  assert.match(body, /will stand here[\s\S]*\/cases\/new/);
});
