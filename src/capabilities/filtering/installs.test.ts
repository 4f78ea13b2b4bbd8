import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool } from '#testing/web.ts';
import { filteringRoom } from './filtering.routes.ts';
import { programsWaiting } from './installs.service.ts';
import { filteringSchool } from './testing.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  school = await filteringSchool(t);
  pages = await pagesFor(school.deps, filteringRoom(school.deps, { onGatewayTrouble: async () => undefined }));
});
after(async () => {
  await pages.close();
  await t.drop();
});

const as = (part: Part) => pages.as(school.people[part]);
const REQUEST = {
  program: 'Score Writer 4',
  site: 'https://scores.example/download.exe',
  device: 'The computers in the music room',
  reason: 'Year 10 write their compositions with it from January.',
};
const requests = () =>
  t.asOwner(`select * from site_question where school_id = $1 and kind = 'program' order by asked_at`, [school.id]);
const waiting = (part: Part) =>
  t.db.in(school.people[part].context, (tx) => programsWaiting(tx, school.people[part].viewer));
const answer = (part: Part, id: string, fields: Record<string, string> = {}) =>
  as(part).post(`/filtering/programs/${id}/answer`, {
    outcome: 'installed',
    answer: 'It stands on all of them since this morning.',
    ...fields,
  });

test('SEC-10 from the block page staff ask for a program; what is missing is said, and ICT is told', async () => {
  const form = await as('teacher').get('/ask/program?site=scores.example');
  assert.match(form.body, /value="scores\.example"/);
  const empty = await as('teacher').post('/ask/program', { program: ' ', site: 'not one', reason: 'please' });
  assert.equal(empty.statusCode, 400);
  for (const field of ['program', 'site', 'reason']) assert.match(empty.body, new RegExp(`id="${field}-error"`), field);
  assert.equal((await requests()).length, 0);

  const asked = await as('teacher').follow(await as('teacher').post('/ask/program', REQUEST));
  assert.match(asked.body, /Score Writer 4[\s\S]*Waits for an answer/);
  const [row] = await requests();
  assert.deepEqual(
    [row?.asked_by, row?.host, row?.program, row?.device, row?.reason],
    [school.people.teacher.id, 'scores.example', REQUEST.program, REQUEST.device, REQUEST.reason],
  );
  const mail = await t.asOwner('select recipient, subject from mail where about_id = $1', [row?.id]);
  assert.deepEqual(
    mail.map((m) => [m.recipient, m.subject]),
    [[school.people.ictManager.id, 'A colleague asks for a program']],
  );
  assert.equal(await waiting('ictManager'), 1);
  assert.equal(await waiting('teacher'), 0);
});

test('SEC-10 ICT answers, the person who asked reads it by mail and on the page, and the ledger has both', async () => {
  const [row] = await requests();
  const id = String(row?.id);
  const wrong = await answer('ictManager', id, { outcome: 'perhaps', answer: 'ok' });
  assert.equal(wrong.statusCode, 400);
  assert.match(wrong.body, /Choose what becomes of it/);
  assert.match(wrong.body, new RegExp(`id="answer-${id}-error"`));
  assert.equal((await answer('ictManager', id)).statusCode, 303);
  assert.equal((await answer('administrator', id)).statusCode, 409, 'once');
  assert.match((await as('teacher').get('/ask/program')).body, /Installed[\s\S]*since this morning/);
  const letters = await t.asOwner(`select recipient, subject, body from mail where about_id = $1 and recipient = $2`, [
    id,
    school.people.teacher.id,
  ]);
  assert.equal(letters.length, 1);
  assert.doesNotMatch(letters[0]?.subject, /Score/);
  assert.match(letters[0]?.body, /“Score Writer 4”. Installed\.[\s\S]*since this morning/);
  const entries = await t.asOwner(`select action, actor, detail from ledger_entry where object_id = $1 order by id`, [
    id,
  ]);
  assert.deepEqual(
    entries.map((e) => [e.action, e.actor]),
    [
      ['program.ask', school.people.teacher.id],
      ['program.answer', school.people.ictManager.id],
    ],
  );
  assert.doesNotMatch(JSON.stringify(entries), /Score|compositions/);
  assert.equal(await waiting('ictManager'), 0);
});

test('SEC-10 the list is searched, is no list of questions about sites, and nobody answers what they asked for', async () => {
  await as('ictManager').post('/ask/program', { ...REQUEST, program: 'Network Viewer', site: 'nets.example' });
  const own = (await requests()).find((r) => r.program === 'Network Viewer');
  assert.equal(await waiting('ictManager'), 0);
  assert.equal((await answer('ictManager', String(own?.id))).statusCode, 403);
  assert.equal((await answer('administrator', String(own?.id), { outcome: 'refused' })).statusCode, 303);
  const found = (await as('ictManager').get('/filtering/programs?q=compositions')).body;
  assert.match(found, /Score Writer 4/);
  assert.match(
    (await as('ictManager').get('/filtering/programs?q=nets.example')).body,
    /Network Viewer[\s\S]*Not installed/,
  );
  assert.doesNotMatch((await as('ictManager').get('/filtering/programs?q=nets.example')).body, /Score Writer/);
  assert.doesNotMatch((await as('filterApprover').get('/filtering/questions')).body, /Score Writer|scores\.example/);
  assert.doesNotMatch((await as('teacher').get('/ask')).body, /scores\.example/);
});

test('SEC-10 whoever does not work here cannot ask, only those who install may answer, and of illegal content nothing is asked', async () => {
  for (const part of ['year8', 'parent', 'visitor', 'volunteer', 'governor'] as const) {
    assert.equal((await as(part).post('/ask/program', REQUEST)).statusCode, 403, part);
  }
  assert.equal((await as('teacher').get('/filtering/programs')).statusCode, 403);
  const never = await as('teacher').post('/ask/program', { ...REQUEST, site: 'child-abuse.gatehouse-test.example' });
  assert.match(never.body, /This page cannot be opened/);
  assert.equal((await requests()).length, 2);
  assert.equal((await t.asOwner(`select 1 from ledger_entry where action = 'program.never'`)).length, 1);
  assert.ok((await everyRouteDenies(pages, school)) >= 20);
});
