import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool } from '#testing/web.ts';
import { filteringRoom } from '../filtering.routes.ts';
import { closeChanges, sendMonth } from './changes.closing.ts';
import { changesWaiting } from './changes.pages.ts';
import { lesson, lessonSchool } from './testing.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  school = await lessonSchool(t);
  pages = await pagesFor(school.deps, filteringRoom(school.deps, { onGatewayTrouble: async () => undefined }));
});
after(async () => {
  await pages.close();
  await t.drop();
});

const as = (part: Part) => pages.as(school.people[part]);
const { checked: _, ...typed } = lesson();
const post = async (part: Part, url: string, fields: Record<string, string> = {}) => as(part).post(url, fields);
const REFERENCE = /\/filtering\/changes\/([A-HJ-NP-Z2-9]{6})$/;
async function ask(more: Record<string, string> = {}, part: Part = 'teacher'): Promise<string> {
  const answer = await post(part, '/filtering/changes', { ...typed, do: 'ask', ...more });
  assert.equal(answer.statusCode, 303, answer.body);
  return REFERENCE.exec(String(answer.headers.location))?.[1] ?? '';
}
const APPROVE = { d0: 'approve', d1: 'approve', d2: 'refuse', r2: 'It is a game, and shows nothing of the time.' };
const mails = (about: string) =>
  t.asOwner<{ recipient: string; subject: string; body: string }>(
    `select recipient, subject, body from mail where school_id = $1 and about_kind = $2 order by id`,
    [school.id, about],
  );

test('FCR-01 FIL-04 every route is closed to nobody, to those without the duty, and with a first password', async () => {
  assert.ok((await everyRouteDenies(pages, school)) > 15);
  for (const part of ['year8', 'parent', 'visitor', 'volunteer'] as const) {
    assert.equal((await as(part).get('/filtering/changes')).statusCode, 403);
    assert.equal((await post(part, '/filtering/changes', { ...typed, do: 'ask' })).statusCode, 403);
  }
});

test('FCR-01 FCR-02 a teacher sees what each site is and why it is closed for the class, and what is missing is said at its field', async () => {
  const form = await as('teacher').get('/filtering/changes/new?kind=open&site=speeches.example');
  assert.match(form.body, /<option value="class:8B">8B<\/option>/);
  assert.match(form.body, />speeches\.example<\/textarea>/);
  const looked = await post('teacher', '/filtering/changes', { ...typed, do: 'look' });
  assert.match(looked.body, /speeches\.example<\/strong>[\s\S]{0,200}Closed now[\s\S]{0,200}xtremis/);
  assert.match(looked.body, /It is open to them already/);
  const bad = await post('teacher', '/filtering/changes', {
    ...typed,
    do: 'ask',
    topic: '',
    purpose: 'short',
    until: '',
  });
  assert.equal(bad.statusCode, 400);
  for (const field of ['topic', 'purpose', 'until']) assert.match(bad.body, new RegExp(`href="#${field}"`));
  const suffix = await post('teacher', '/filtering/changes', { ...typed, do: 'ask', sites: 'co.uk blogspot.com' });
  assert.match(suffix.body, /Many people’s sites live under co\.uk/);
});

test('FCR-04 FCR-05 asked by one, decided site by site by another, seen by both; letters name nobody in their subjects', async () => {
  const reference = await ask();
  const here = `/filtering/changes/${reference}`;
  const own = await as('teacher').get(here);
  assert.match(own.body, /Waits for a decision/);
  assert.doesNotMatch(own.body, /name="d0"/, 'whoever asked gets no button to decide');
  assert.equal((await post('teacher', `${here}/decide`, APPROVE)).statusCode, 403);
  assert.equal((await post('ictManager', `${here}/decide`, APPROVE)).statusCode, 403);
  assert.equal((await as('staff').get(here)).statusCode, 404, 'a colleague has no business with it');
  const waits = () =>
    t.db.in(school.people.filterApprover.context, (tx) =>
      changesWaiting(tx, school.people.filterApprover.viewer, school.clock.now()),
    );
  assert.equal((await waits()).waiting, 1);
  const page = await as('filterApprover').get(here);
  assert.match(page.body, /name="d0"[\s\S]*name="d1"[\s\S]*name="d2"/);
  const half = await post('filterApprover', `${here}/decide`, { d0: 'approve' });
  assert.equal(half.statusCode, 400);
  assert.match(half.body, /Still open: speeches\.example, marches\.example/);
  assert.equal((await post('filterApprover', `${here}/decide`, APPROVE)).statusCode, 303);
  assert.equal((await waits()).waiting, 0);
  const decided = await as('teacher').get(here);
  assert.match(decided.body, /Agreed, not begun[\s\S]*It is a game, and shows nothing of the time\./);
  assert.equal((await post('filterApprover', `${here}/decide`, APPROVE)).statusCode, 409, 'decided once');
  const letters = await mails('filter_change');
  assert.deepEqual(
    letters.map((l) => [l.recipient, l.subject]),
    [
      [school.people.filterApprover.id, 'A site change waits for you'],
      [school.people.teacher.id, 'Your site change is decided'],
    ],
  );
  assert.ok(!JSON.stringify(letters).match(/Theo|speeches|8B/), 'no name, site or class travels by mail');
});

test('FCR-07 no button approves what can never be opened, and the call is refused', async () => {
  const refused = await post('teacher', '/filtering/changes', { ...typed, do: 'ask', sites: 'never.example' });
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /never\.example stays closed to everybody/);
  assert.doesNotMatch(refused.body, /abuse/i);
  const reference = await ask({ sites: 'archive.example' });
  await t.asOwner(`alter table filter_change_site disable trigger fixed`);
  await t.asOwner(
    `update filter_change_site set host = 'never.example' where change_id = (select id from filter_change where reference = $1)`,
    [reference],
  );
  await t.asOwner(`alter table filter_change_site enable trigger fixed`);
  const page = await as('filterApprover').get(`/filtering/changes/${reference}`);
  assert.doesNotMatch(page.body, /value="approve"/);
  assert.equal(
    (await post('filterApprover', `/filtering/changes/${reference}/decide`, { d0: 'approve' })).statusCode,
    400,
  );
});

test('FCR-05 a draft is nobody else’s to see; asking for it makes it fixed', async () => {
  const saved = await post('teacher', '/filtering/changes', { ...typed, do: 'save', purpose: '' });
  const reference = REFERENCE.exec(String(saved.headers.location))?.[1] ?? '';
  assert.equal((await as('filterApprover').get(`/filtering/changes/${reference}`)).statusCode, 404);
  assert.match((await as('teacher').get(`/filtering/changes/new?draft=${reference}`)).body, /The rise of fascism/);
  const asked = await post('teacher', '/filtering/changes', { ...typed, do: 'ask', draft: reference });
  assert.equal(asked.headers.location, `/filtering/changes/${reference}`);
  assert.equal(
    (await post('teacher', '/filtering/changes', { ...typed, do: 'save', draft: reference })).statusCode,
    409,
  );
  assert.equal((await post('teacher', `/filtering/changes/${reference}/withdraw`, { reason: 'no' })).statusCode, 400);
  assert.equal(
    (await post('teacher', `/filtering/changes/${reference}/withdraw`, { reason: 'The lesson moved to May.' }))
      .statusCode,
    303,
  );
});

test('FIL-04 technical staff close at once, a second looks at it, and after a day without that people are reminded once', async () => {
  const input = {
    do: 'close-now',
    kind: 'emergency-block',
    sites: 'marches.example',
    scope: 'everyone',
    purpose: 'A film of a real attack is on its first page.',
  };
  assert.equal((await post('teacher', '/filtering/changes', input)).statusCode, 403);
  const closed = await post('ictManager', '/filtering/changes', input);
  assert.equal(closed.statusCode, 303, closed.body);
  const here = String(closed.headers.location);
  assert.doesNotMatch((await as('ictManager').get(here)).body, /Keep it closed/);
  school.clock.advance(DAY);
  await closeChanges(school.deps);
  await closeChanges(school.deps);
  const reminded = await mails('filter_change_overdue');
  assert.deepEqual(new Set(reminded.map((l) => l.recipient)).size, reminded.length);
  assert.ok(
    reminded.some((l) => l.recipient === school.people.dsl.id) &&
      !reminded.some((l) => l.recipient === school.people.ictManager.id),
  );
  const seen = await t.db.in(school.people.filterApprover.context, (tx) =>
    changesWaiting(tx, school.people.filterApprover.viewer, school.clock.now()),
  );
  assert.ok(seen.overdue === 1);
  assert.match((await as('filterApprover').get(here)).body, /Keep it closed[\s\S]*Lift it/);
  assert.equal((await post('filterApprover', `${here}/keep`, { reason: 'Seen: it stays closed.' })).statusCode, 303);
});

test('FCR-03 FCR-09 when an opening is over, the clock’s end and what was visited under it are written down once', async () => {
  const start = school.clock.now();
  const wall = (at: number) => new Date(at).toISOString().slice(0, 16);
  const reference = await ask({ from: '', until: wall(start + HOUR) });
  await post('filterApprover', `/filtering/changes/${reference}/decide`, APPROVE);
  const day = wall(start).slice(0, 10);
  await t.asOwner(
    `create table activity_now partition of activity for values from ('${day}') to ('${wall(start + DAY).slice(0, 10)}')`,
  );
  const seen = (host: string, person: string, count: number) =>
    t.asOwner(
      `insert into activity (school_id, at, gateway_id, batch, line, via, person_id, address, profile, host, outcome, rule, snapshot, count)
       values ($1, $2, $3, 1, $4, 'proxy', $5, '10.0.0.1', 'pupil-8', $6, 'allow', $7, 1, $4)`,
      [school.id, new Date(start + MINUTE), newId(), count, person, host, `change.${reference}`],
    );
  await seen('www.speeches.example', school.people.year8.id, 3);
  await seen('speeches.example', school.people.year8.id, 2);
  await seen('speeches.example', school.people.year7.id, 4);
  school.clock.advance(HOUR + 5 * MINUTE);
  await closeChanges(school.deps);
  assert.match(
    (await as('teacher').get(`/filtering/changes/${reference}`)).body,
    /Over[\s\S]*counted a few minutes after/,
  );
  school.clock.advance(6 * MINUTE);
  await Promise.all([closeChanges(school.deps), closeChanges(school.deps)]).catch(() => undefined);
  await closeChanges(school.deps);
  const page = await as('filterApprover').get(`/filtering/changes/${reference}`);
  assert.match(
    page.body,
    /speeches\.example<\/th><td class="gh-table__number">6<\/td><td class="gh-table__number">2<\/td>[\s\S]*www\.speeches\.example<\/th><td class="gh-table__number">3<\/td>/,
  );
  assert.match(page.body, /Ended by the clock/);
  assert.equal(
    (
      await t.asOwner(
        `select 1 from filter_change_step where action = 'end' and change_id = (select id from filter_change where reference = $1)`,
        [reference],
      )
    ).length,
    1,
  );
});

test('FCR-09 FIL-07 the month’s report counts and links each request and the time it took; the same as a spreadsheet', async () => {
  for (const part of ['teacher', 'staff', 'governor', 'parent', 'year8'] as const) {
    assert.equal((await as(part).get('/filtering/changes/report')).statusCode, 403, part);
  }
  await t.asOwner(
    `insert into site_question (school_id, asked_at, host, reason, because, answered_at, answer) values
     ($1, $2, 'a.example', 'For history', '{}', $3, 'Yes'), ($1, $2, 'b.example', 'For art', '{}', null, null)`,
    [school.id, new Date(school.clock.now() - 3 * HOUR), new Date(school.clock.now() - HOUR)],
  );
  const page = await as('dsl').get('/filtering/changes/report?month=2026-11');
  assert.match(page.body, /2 asked from the block page, 1 answered; time to answer: 2 hours/);
  const [any] = await t.asOwner<{ reference: string }>(
    `select reference from filter_change where school_id = $1 and kind = 'open' limit 1`,
    [school.id],
  );
  assert.match(page.body, new RegExp(`href="/filtering/changes/${any?.reference}"`));
  const csv = await as('dsl').get('/filtering/changes/report.csv?month=2026-11');
  assert.match(String(csv.headers['content-type']), /^text\/csv/);
  assert.match(csv.body, new RegExp(`"${any?.reference}","Open sites"`));
  assert.match(
    (await as('dsl').get('/filtering/changes/report?month=2025-02')).body,
    /Nothing was asked for in this month/,
  );
});

test('FCR-09 on the first of the month those who oversee filtering are led to the report of the month before', async () => {
  await sendMonth(school.deps);
  const letters = await mails('filter_changes');
  const { dsl, dslDeputy, coordinator, leadGovernor } = school.people;
  assert.deepEqual(
    letters.map((l) => l.recipient).sort(),
    [dsl.id, dslDeputy.id, coordinator.id, leadGovernor.id].sort(),
  );
  assert.match(letters[0]?.body ?? '', /report\?month=2026-10/);
});

test('FCR-09 a cell that a spreadsheet would run is made harmless', async () => {
  await ask({ topic: '=HYPERLINK("http://x.example")', from: '2026-12-05T11:05', until: '2026-12-05T12:05' });
  const csv = await as('dsl').get('/filtering/changes/report.csv');
  assert.match(csv.body, /"'=HYPERLINK\(""http/);
});

test('FIL-18 a teacher reports a site with its class in one click, and the decision comes back', async () => {
  const open = await as('teacher').get('/filtering/reports?site=https://shock.example/page&class=8B');
  assert.match(open.body, /value="https:\/\/shock\.example\/page"[\s\S]*value="8B" selected/);
  assert.equal(
    (await post('teacher', '/filtering/reports', { site: 'https://shock.example/page', group: '8B' })).statusCode,
    303,
  );
  assert.equal((await post('teacher', '/filtering/reports', { site: 'fine.example' })).statusCode, 303);
  const rows = await t.asOwner<{ id: string; host: string; group_name: string; at: Date }>(
    `select * from site_report where school_id = $1 order by at, host desc`,
    [school.id],
  );
  assert.deepEqual(
    rows.map((r) => [r.host, r.group_name, r.at.getTime()]),
    [
      ['shock.example', '8B', school.clock.now()],
      ['fine.example', null, school.clock.now()],
    ],
  );
  const [shock, fine] = rows;
  assert.equal(
    (
      await post('teacher', `/filtering/reports/${shock?.id}/decide`, {
        decision: 'block',
        answer: 'It is closed now.',
      })
    ).statusCode,
    403,
  );
  assert.equal(
    (await post('ictManager', `/filtering/reports/${shock?.id}/decide`, { decision: 'block', answer: 'x' })).statusCode,
    400,
  );
  assert.equal(
    (
      await post('ictManager', `/filtering/reports/${shock?.id}/decide`, {
        decision: 'block',
        answer: 'You are right, it is gone.',
      })
    ).statusCode,
    303,
  );
  assert.equal(
    (
      await post('ictManager', `/filtering/reports/${fine?.id}/decide`, {
        decision: 'leave',
        answer: 'It is a news site of the region.',
      })
    ).statusCode,
    303,
  );
  assert.equal(
    (
      await post('filterApprover', `/filtering/reports/${fine?.id}/decide`, {
        decision: 'block',
        answer: 'I would close it.',
      })
    ).statusCode,
    409,
  );
  const back = await as('teacher').get('/filtering/reports');
  assert.match(back.body, /shock\.example\/page[\s\S]*Closed[\s\S]*You are right, it is gone\./);
  assert.match(back.body, /Left as it is[\s\S]*It is a news site of the region\./);
  const [closing] = await t.asOwner(
    `select 1 from filter_change c join site_report r on r.change_id = c.id where r.id = $1 and c.kind = 'emergency-block'`,
    [shock?.id],
  );
  assert.ok(closing, 'it is closed by a change that a second person reviews');
  assert.equal((await mails('site_report')).filter((l) => l.recipient === school.people.teacher.id).length, 2);
});

test('FIL-07 a question from the block page becomes a request, and its decision answers whoever asked', async () => {
  const id = newId();
  await t.asOwner(
    `insert into site_question (id, school_id, asked_by, asked_at, host, reason, because) values ($1, $2, $3, $4, 'speeches.example', 'For history', '{}')`,
    [id, school.id, school.people.year8.id, new Date(school.clock.now())],
  );
  const form = await as('teacher').get(`/filtering/changes/new?question=${id}`);
  assert.match(form.body, />speeches\.example<\/textarea>/);
  const reference = await ask({
    sites: 'speeches.example',
    question: id,
    from: '2026-12-08T11:05',
    until: '2026-12-08T12:05',
  });
  await post('filterApprover', `/filtering/changes/${reference}/decide`, { d0: 'approve' });
  const [question] = await t.asOwner<{ answer: string }>(`select answer from site_question where id = $1`, [id]);
  assert.match(question?.answer ?? '', new RegExp(`request ${reference}`));
});

test('FCR-08 another school reaches no page of this one', async () => {
  const reference = await ask({ from: '2026-12-09T11:05', until: '2026-12-09T12:05' });
  const other = await lessonSchool(t);
  const stranger = pages.as(other.people.filterApprover);
  assert.equal((await stranger.get(`/filtering/changes/${reference}`)).statusCode, 404);
  assert.equal((await stranger.post(`/filtering/changes/${reference}/decide`, APPROVE)).statusCode, 404);
  for (const action of ['withdraw', 'ask-to-lift', 'keep', 'lift']) {
    assert.equal(
      (await stranger.post(`/filtering/changes/${reference}/${action}`, { reason: 'It was agreed.' })).statusCode,
      404,
    );
  }
  assert.doesNotMatch((await stranger.get('/filtering/changes')).body, new RegExp(reference));
});
