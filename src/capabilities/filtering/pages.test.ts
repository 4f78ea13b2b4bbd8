import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MINUTE } from '#core/clock.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool } from '#testing/web.ts';
import { filteringRoom } from './filtering.routes.ts';
import { compileLists } from './lists.service.ts';
import { agreeToAll, filteringSchool, testFolder } from './testing.ts';

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

const as = (part: Part | null) => pages.as(part && school.people[part]);
const GAMBLING = 'gambling.gatehouse-test.example';
const ILLEGAL = 'child-abuse.gatehouse-test.example';
const questions = () =>
  t.asOwner(`select * from site_question where school_id = $1 order by asked_at, id`, [school.id]);

test('every route that is not public is closed to whoever lacks its duty', async () => {
  assert.ok((await everyRouteDenies(pages, school)) >= 9);
});

test('the tester says outcome, rule, clause and list, which source said so, and what everybody would get', async () => {
  const page = await as('teacher').get(`/filtering/test?address=https://www.${GAMBLING}/play&profile=pupil-8`);
  assert.equal(page.statusCode, 200);
  for (const words of [
    'Sites listed under “Gambling”',
    'RSK-04',
    'Clause ',
    '/policy#risks.commerce',
    'starter',
    GAMBLING,
    'Everybody',
  ]) {
    assert.ok(page.body.includes(words), words);
  }
});

test('where profiles get different answers, each stands beside those who get it', async () => {
  const page = await as('teacher').get('/filtering/test?address=forums.gatehouse-test.example&profile=staff');
  const rows = [...page.body.matchAll(/<tr><th scope="row">([^<]*)<\/th><td><strong[^>]*>([^<]*)</g)].map((m) => [
    m[1],
    m[2],
  ]);
  assert.ok(rows.some(([who, answer]) => who?.includes('Year 7 pupils') && answer === 'Closed'));
  assert.ok(
    rows.some(([who, answer]) => who?.includes('Sixth-form students') && who.includes('Staff') && answer === 'Open'),
  );
});

test('FIL-02 FIL-19 of illegal content the tester says nothing but that it is closed, to whoever asks', async () => {
  for (const part of ['administrator', 'dsl', 'ictManager', 'filterApprover', 'teacher'] as const) {
    const page = await as(part).get(`/filtering/test?address=${ILLEGAL}&profile=staff`);
    assert.match(page.body, /This page cannot be opened\./);
    assert.doesNotMatch(page.body, /safety\.illegal|Child sexual abuse|starter|Which lists say so/);
  }
});

test('at a glance: how old the lists are, that no illegal list is supplied, the gateways; a teacher sees only the tester', async () => {
  const page = await as('leadGovernor').get('/filtering');
  assert.match(page.body, /sites on the lists/);
  assert.match(
    page.body,
    /Internet Watch Foundation[^<]*<\/strong>\s*<strong class="gh-tag gh-tag--danger">Not supplied/,
  );
  assert.match(page.body, /No gateway is enrolled/);
  assert.doesNotMatch(page.body, /Enrol another gateway/);
  const teacher = await as('teacher').get('/filtering');
  assert.match(teacher.body, /Test an address/);
  assert.doesNotMatch(teacher.body, /How it stands/);
});

test('lists that were not read for two days stand there as late', async () => {
  assert.doesNotMatch((await as('ictManager').get('/filtering')).body, /which is late/);
  school.clock.advance(49 * 60 * MINUTE);
  assert.match((await as('ictManager').get('/filtering')).body, /which is late/);
  await compileLists(school.deps, school.id);
  assert.doesNotMatch((await as('ictManager').get('/filtering')).body, /which is late/);
});

test('a source is added, the page watches the compilation and then shows the report; the source is switched off again', async () => {
  const ict = as('ictManager');
  const folder = testFolder({
    'games/domains': 'ours.example\n999.1.1.1\nwikipedia.org\n',
    'mystery/domains': 'x.example\n',
  });
  const wrong = await ict.post('/filtering/lists', { location: '/no/such/place', name: '', category: '' });
  assert.equal(wrong.statusCode, 400);
  assert.match(wrong.body, /id="location-error"/);
  const single = await ict.post('/filtering/lists', {
    location: join(folder, 'games/domains'),
    name: '',
    category: '',
  });
  assert.match(single.body, /id="category-error"/);
  const games = join(folder, 'games/domains');
  const open = await ict.post('/filtering/lists', { location: games, name: 'everything', category: 'help' });
  assert.equal(open.statusCode, 400);
  assert.match(open.body, /Only the lists that ship with Gatehouse name help services/);
  const added = await ict.post('/filtering/lists', { location: folder, name: 'ours', category: '' });
  const watching = await ict.follow(added);
  assert.match(watching.body, /are being compiled/);
  assert.equal(watching.headers.refresh, '2');

  school.clock.advance(MINUTE);
  await compileLists(school.deps, school.id);
  const report = await ict.get('/filtering/lists');
  assert.equal(report.headers.refresh, undefined);
  assert.match(report.body, /ours: mystery/);
  assert.match(report.body, /Lines that could not be read/);
  assert.match(report.body, /What contradicts our own lists/);
  assert.match((await ict.get('/filtering/lists?q=wikip')).body, /wikipedia\.org<\/th><td>ours<\/td><td>Games/);
  assert.match((await ict.get('/filtering/test?address=en.wikipedia.org')).body, /our own lists know this site/);
  const searched = (await ict.get('/filtering/lists?q=GAMBL')).body;
  assert.match(searched, /<th scope="row">Gambling<\/th>/);
  assert.doesNotMatch(searched, /<th scope="row">Games<\/th>/);

  const [row] = await t.asOwner(`select id from list_source where school_id = $1 and name = 'ours'`, [school.id]);
  const ours = `/filtering/lists/${row?.id}`;
  assert.equal((await ict.post(`${ours}/off`)).statusCode, 400, 'it may open sites, so it needs a reason');
  const asked = await ict.follow(await ict.post(`${ours}/off`, { reason: 'Nobody needs it any more.' }));
  assert.match(asked.body, /waits for a second person/);
  assert.match((await ict.get(ours)).body, /Switch off/, 'and holds until then');
  await agreeToAll(school);
  assert.match((await ict.get(ours)).body, /Switch on/);
  assert.equal((await ict.post(`${ours}/sideways`)).statusCode, 400);
  const starter = await t.asOwner(`select id from list_source where school_id = $1 and origin = 'starter'`, [
    school.id,
  ]);
  assert.equal((await ict.post(`/filtering/lists/${starter[0]?.id}/off`)).statusCode, 409);
  assert.match((await as('head').get('/filtering/lists')).body, /By category/);
  assert.doesNotMatch((await as('head').get('/filtering/lists')).body, /Add a source/);
});

test('a gateway is enrolled; its token is shown once and kept nowhere', async () => {
  const page = await as('administrator').post('/filtering/gateways', { gateway: 'Annexe' });
  const token = /&quot;token&quot;: &quot;([\w-]{43})&quot;/.exec(page.body)?.[1];
  assert.ok(token);
  assert.match(page.body, /BEGIN PUBLIC KEY/);
  const again = await as('administrator').post('/filtering/gateways', { gateway: 'Annexe' });
  assert.equal(again.statusCode, 400);
  assert.match(again.body, /of this name already/);
  assert.match((await as('ictManager').get('/filtering')).body, /Annexe/);
  assert.doesNotMatch(JSON.stringify(await t.asOwner(`select * from ledger_entry`)), new RegExp(token));
});

test('FIL-19 from the block page anyone may ask; a person who is not signed in is marked so', async () => {
  const link = `/ask?site=${GAMBLING}&rule=RSK-04&category=gambling`;
  assert.match((await as(null).get(link)).body, new RegExp(`value="${GAMBLING}"`));
  const asked = await as(null).post('/ask', { site: GAMBLING, reason: 'For a talk on odds', school: school.slug });
  assert.match(asked.body, /Somebody will look at it/);
  await as('teacher').post('/ask', { site: `https://${GAMBLING}/x`, reason: 'For a lesson on odds' });
  await as('year8').post('/ask', { site: GAMBLING, reason: 'I was only curious' });
  const rows = await questions();
  assert.deepEqual(
    rows.map((q) => [q.asked_by, q.host, q.because.rule]),
    [
      [null, GAMBLING, 'RSK-04'],
      [school.people.teacher.id, GAMBLING, 'RSK-04'],
      [school.people.year8.id, GAMBLING, 'RSK-04'],
    ],
  );
  assert.ok(rows.every((q) => q.because.text.includes('Gambling')));
});

test('what is open needs no asking, what is asked twice is not taken twice, and what is missing is said', async () => {
  const open = await as('teacher').post('/ask', { site: 'education.gatehouse-test.example', reason: 'For a lesson' });
  assert.match(open.body, /is open to you/);
  const twice = await as('teacher').post('/ask', { site: GAMBLING, reason: 'For a lesson, again' });
  assert.equal(twice.statusCode, 409);
  const empty = await as('teacher').post('/ask', { site: 'not one', reason: ' ' });
  assert.equal(empty.statusCode, 400);
  assert.match(empty.body, /id="site-error"/);
  assert.match(empty.body, /id="reason-error"/);
  assert.equal((await questions()).length, 3);
});

test('FIL-02 illegal content cannot be asked for: neutral words, no question, and the attempt is in the ledger', async () => {
  for (const part of ['teacher', null] as const) {
    const page = await as(part).post('/ask', {
      site: ILLEGAL,
      reason: 'I want to see it',
      ...(part ? {} : { school: school.slug }),
    });
    assert.equal(page.statusCode, 200);
    assert.match(page.body, /This page cannot be opened/);
    assert.doesNotMatch(page.body, /child|abuse|illegal/i);
  }
  assert.equal((await questions()).length, 3);
  const attempts = await t.asOwner(
    `select actor, detail from ledger_entry where school_id = $1 and action = 'question.refused' order by id`,
    [school.id],
  );
  assert.deepEqual(
    attempts.map((a) => a.actor),
    [school.people.teacher.id, null],
  );
  assert.doesNotMatch(JSON.stringify(attempts), /gatehouse-test/);
});

test('a pupil’s words go to teachers with the name, to the technical side without it; others’ words not to teachers', async () => {
  const teacher = (await as('teacher').get('/filtering/questions')).body;
  assert.match(teacher, /Zed Pupil/);
  assert.match(teacher, /only curious/);
  assert.doesNotMatch(teacher, /For a talk on odds/);
  const approver = (await as('filterApprover').get('/filtering/questions')).body;
  assert.match(approver, /A pupil/);
  assert.doesNotMatch(approver, /Zed Pupil/);
  assert.match(approver, /Theo Wren/);
  assert.match(approver, /Not signed in/);
  assert.match((await as('filterApprover').get('/filtering/questions?q=curious')).body, /only curious/);
  assert.doesNotMatch((await as('filterApprover').get('/filtering/questions?q=curious')).body, /talk on odds/);
});

test('an answer is words: it reaches whoever asked, by mail where there is an address, and is given once', async () => {
  const [nobody, teachers, pupils] = await questions();
  assert.equal(
    (await as('teacher').post(`/filtering/questions/${teachers?.id}/answer`, { answer: 'I say yes' })).statusCode,
    404,
  );
  assert.equal(
    (await as('ictManager').post(`/filtering/questions/${teachers?.id}/answer`, { answer: ' ' })).statusCode,
    400,
  );
  const answered = await as('ictManager').post(`/filtering/questions/${teachers?.id}/answer`, {
    answer: 'Use the odds page of the maths site.',
  });
  assert.equal(answered.statusCode, 303);
  assert.equal(
    (await as('filterApprover').post(`/filtering/questions/${teachers?.id}/answer`, { answer: 'No.' })).statusCode,
    409,
  );
  assert.equal(
    (await as('teacher').post(`/filtering/questions/${pupils?.id}/answer`, { answer: 'Come and see me.' })).statusCode,
    303,
  );
  await as('ictManager').post(`/filtering/questions/${nobody?.id}/answer`, { answer: 'Please sign in and ask again.' });

  assert.match((await as('teacher').get('/ask')).body, /Use the odds page/);
  assert.match((await as('year8').get('/ask')).body, /Come and see me/);
  const mail = await t.asOwner(
    `select recipient, subject, body from mail where school_id = $1 and about_kind = 'site_question'`,
    [school.id],
  );
  assert.deepEqual(
    mail.map((m) => m.recipient),
    [school.people.teacher.id],
  );
  assert.doesNotMatch(mail[0]?.subject, /gambling/i);
  assert.match(mail[0]?.body, /Use the odds page/);
});

test('nobody answers what they asked themselves', async () => {
  await as('ictManager').post('/ask', { site: GAMBLING, reason: 'To check the block page' });
  const mine = (await questions()).at(-1);
  const answer = await as('ictManager').post(`/filtering/questions/${mine?.id}/answer`, { answer: 'Fine by me.' });
  assert.equal(answer.statusCode, 403);
});

test('asking is limited, and one person’s limit is not another’s', async () => {
  const answers: number[] = [];
  for (let n = 0; n < 12; n++) {
    answers.push(
      (await as('volunteer').post('/ask', { site: `site-${n}.example`, reason: 'For the club' })).statusCode,
    );
  }
  assert.equal(answers.at(-1), 429);
  assert.notEqual((await as('parent').post('/ask', { site: GAMBLING, reason: 'For the club' })).statusCode, 429);
});
