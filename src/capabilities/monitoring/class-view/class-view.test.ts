import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { MINUTE, SECOND } from '#core/clock.ts';
import { readConfig } from '#platform/config.ts';
import { systemContext } from '#platform/db.ts';
import type { ActivityEvent } from '#policy/feed.ts';
import { compileLists, ensureSources } from '#rooms/filtering/index.ts';
import { identityRoom } from '#rooms/identity/index.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor } from '#testing/web.ts';
import { type Bench, monitored } from '../fixture.ts';
import { monitoringJobs, monitoringRoom } from '../index.ts';
import { IDLE, LONGEST } from './class-view.rules.ts';

const root = mkdtempSync(join(tmpdir(), 'gatehouse-class-'));
const lists: Readonly<Record<string, string>> = {
  health: 'clinic.example\nboth.example\n',
  education: 'both.example\nschool-books.example\n',
  help: 'listening-line.example\n',
};
for (const [category, names] of Object.entries(lists)) {
  mkdirSync(join(root, 'lists', category), { recursive: true });
  writeFileSync(join(root, 'lists', category, 'domains'), names);
}

let b: Bench;
let pages: Pages;
before(async () => {
  const config = readConfig({ GATEHOUSE_DATA: join(root, 'data'), GATEHOUSE_LISTS: join(root, 'lists') }, '/');
  b = await monitored({ config });
  const { school, t } = b;
  const by = systemContext(school.id);
  await t.db.in(by, (tx) => ensureSources(tx, school.deps, by));
  await compileLists(school.deps, school.id);
  await t.asOwner(`update person set group_name = '8B' where id = $1`, [school.people.year8.id]);
  await t.asOwner(`update person set group_name = '7A' where id = $1`, [school.people.year7.id]);
  await t.asOwner(
    `insert into class_teacher (school_id, group_name, person_id, from_at) values ($1, '8B', $2, now())`,
    [school.id, school.people.teacher.id],
  );
  pages = await pagesFor(school.deps, identityRoom(school.deps), monitoringRoom(school.deps));
});
after(async () => {
  await pages.close();
  await b.t.drop();
  rmSync(root, { recursive: true });
});
beforeEach(async () => {
  b.school.clock.advance(30 * MINUTE);
  await minutely();
});

const as = (part: Part) => pages.as(b.school.people[part]);
async function look(part: Part = 'teacher', group = '8B', reason = ''): Promise<string> {
  const answer = await as(part).post('/class', { group, ...(reason && { reason }) });
  assert.equal(answer.statusCode, 303, answer.body);
  return String(answer.headers.location);
}
const allowed = (host: string, category: string | null, more: Partial<ActivityEvent> = {}) =>
  b.event({ host, category, outcome: 'allow', rule: 'profile', ...more });
const ledger = (action: string) =>
  b.t.asOwner<{ actor: string | null; at: Date; detail: Record<string, unknown>; object_id: string }>(
    `select * from ledger_entry where school_id = $1 and action = $2 order by id`,
    [b.school.id, action],
  );
const minutely = () => monitoringJobs(b.school.deps).tasks['class-views.close']?.({});

test('MON-10 a teacher sees what each pupil of their class has open, and of what was stopped only that it was', async () => {
  await b.deliver([
    allowed('www.school-books.example', 'education'),
    b.event({ host: 'casino.example', category: 'gambling' }),
    allowed('nearby.example', null, { person: b.school.people.year7.id }),
    allowed('pixel.example', 'tracking'),
  ]);
  const page = (await as('teacher').get(await look())).body;
  assert.match(page, /Zed Pupil/);
  assert.match(page, />school-books\.example</);
  assert.match(page, /A blocked site/);
  for (const hidden of ['casino.example', 'nearby.example', 'pixel.example', 'Yara']) {
    assert.ok(!page.includes(hidden), hidden);
  }
});

test('MON-10 what a child seeks for help or health is not shown to the teacher, whichever list says so', async () => {
  await b.deliver([
    allowed('listening-line.example', 'help'),
    allowed('clinic.example', 'health'),
    // The activity names one category; the lists know of the other.
    allowed('both.example', 'education'),
    b.event({ host: 'search.example', category: 'self-harm' }),
  ]);
  const page = (await as('teacher').get(await look())).body;
  for (const host of ['listening-line', 'clinic', 'both.example', 'search.example'])
    assert.ok(!page.includes(host), host);
  assert.ok(!page.includes('A blocked site'), 'not even that something was stopped');
  assert.match(page, /Nothing just now/);
  // The safeguarding lead may read these lines elsewhere; a class view is not the place.
  const lead = (await as('dsl').get(await look('dsl', '8B', 'A parent asked about this lesson.'))).body;
  for (const host of ['listening-line', 'clinic', 'both.example']) assert.ok(!lead.includes(host), host);
});

test('MON-10 MON-11 the database shows a teacher the lines of a class that they look at, while they look, and no others', async () => {
  const { teacher, year8, year7 } = b.school.people;
  await b.deliver([
    allowed('school-books.example', 'education'),
    allowed('listening-line.example', 'help'),
    allowed('nearby.example', null, { person: year7.id }),
  ]);
  const since = new Date(b.school.clock.now());
  const lines = () =>
    b.t.db.in(teacher.context, (tx) =>
      tx.selectFrom('activity').select(['host', 'person_id as person']).where('at', '>=', since).execute(),
    );
  assert.deepEqual(await lines(), []);
  const url = await look();
  assert.deepEqual(await lines(), [{ host: 'school-books.example', person: year8.id }]);
  await as('teacher').post(`${url}/close`);
  assert.deepEqual(await lines(), []);
});

test('MON-10 the opening and the closing of a look stand in the ledger: who, which class, from when until when', async () => {
  const url = await look();
  const id = url.split('/').at(-1);
  const from = b.school.clock.now();
  b.school.clock.advance(10 * MINUTE);
  const closed = await as('teacher').follow(await as('teacher').post(`${url}/close`));
  assert.match(closed.body, /You have stopped looking/);
  const opening = (await ledger('class-view.open')).find((e) => e.object_id === id);
  const closing = (await ledger('class-view.close')).find((e) => e.object_id === id);
  assert.equal(opening?.actor, b.school.people.teacher.id);
  assert.deepEqual([opening?.detail.class, opening?.detail.as, opening?.at.getTime()], ['8B', 'teacher', from]);
  assert.deepEqual(
    [closing?.detail.from, closing?.detail.until],
    [new Date(from).toISOString(), new Date(from + 10 * MINUTE).toISOString()],
  );
  assert.match((await as('teacher').get(url)).body, /This look is over/);
  assert.equal((await as('teacher').get(`${url}/list`)).statusCode, 410);
});

test('MON-10 a look that nobody is seen at, and one whose time is over, close by the clock', async () => {
  const left = await look();
  const at = b.school.clock.now();
  b.school.clock.advance(MINUTE);
  await as('teacher').get(`${left}/list`);
  b.school.clock.advance(IDLE - SECOND);
  await minutely();
  assert.equal((await as('teacher').get(`${left}/list`)).statusCode, 200);
  b.school.clock.advance(IDLE);
  await minutely();
  const closing = (await ledger('class-view.close')).at(-1);
  assert.equal(closing?.actor, null);
  assert.deepEqual(closing?.detail.until, new Date(at + MINUTE + IDLE - SECOND).toISOString());

  const long = await look();
  b.school.clock.advance(LONGEST);
  assert.match((await as('teacher').get(long)).body, /This look is over/);
});

test('MON-10 a teacher opens their own classes only; others need a role that the policy names, and a reason', async () => {
  assert.equal((await as('teacher').post('/class', { group: '7A' })).statusCode, 403);
  assert.equal((await as('staff').post('/class', { group: '8B' })).statusCode, 403);
  assert.equal(
    (await as('ictManager').post('/class', { group: '8B', reason: 'I should like to see it.' })).statusCode,
    403,
  );
  const silent = await as('dsl').post('/class', { group: '8B', reason: 'why' });
  assert.equal(silent.statusCode, 400);
  assert.match(silent.body, /Say why you need to look/);
  const url = await look('dsl', '8B', 'A parent asked about this lesson.');
  assert.match((await as('dsl').get(url)).body, /Zed Pupil/);
  for (const part of ['teacher', 'head'] as const) assert.equal((await as(part).get(url)).statusCode, 404, part);
  const opening = (await ledger('class-view.open')).at(-1);
  assert.equal(opening?.detail.as, 'dsl');
  assert.match(String(opening?.detail.reason), /^hmac-sha256:/);
});

test('MON-10 who no longer teaches a class sees it no longer, though the page is open', async () => {
  const url = await look();
  await b.t.asOwner(`update class_teacher set ended_at = now() where school_id = $1`, [b.school.id]);
  try {
    assert.equal((await as('teacher').get(`${url}/list`)).statusCode, 410);
  } finally {
    await b.t.asOwner(`update class_teacher set ended_at = null where school_id = $1`, [b.school.id]);
  }
});

test('MON-10 the page follows within two seconds, and is silent about another class', async () => {
  const url = await look();
  const address = await pages.app.listen({ port: 0, host: '127.0.0.1' });
  const stop = new AbortController();
  let heard = '';
  try {
    const answer = await fetch(`${address}${url}/live`, {
      headers: { cookie: as('teacher').cookie },
      signal: stop.signal,
    });
    assert.equal(answer.headers.get('content-type'), 'text/event-stream');
    const reader = answer.body?.getReader();
    void (async () => {
      for (;;) {
        const chunk = await reader?.read();
        if (!chunk || chunk.done) return;
        heard += Buffer.from(chunk.value).toString();
      }
    })().catch(() => undefined);
    const within = async (ms: number) => {
      for (const end = Date.now() + ms; Date.now() < end; await new Promise((r) => setTimeout(r, 10))) {
        if (heard.includes('event: class')) return true;
      }
      return false;
    };
    await b.deliver([allowed('nearby.example', null, { person: b.school.people.year7.id })]);
    assert.equal(await within(300), false);
    await b.deliver([allowed('school-books.example', 'education')]);
    assert.equal(await within(2 * SECOND), true);
    assert.match((await as('teacher').get(`${url}/list`)).body, />school-books\.example</);
  } finally {
    stop.abort();
  }
});

test('MON-10 a pupil reads when their class was looked at, and by which role; not by whom, and not of other classes', async () => {
  await look();
  await look('dsl', '7A', 'A parent asked about this lesson.');
  const page = (await as('year8').get('/me')).body;
  assert.match(page, /When your class was looked at/);
  assert.match(page, /A teacher of your class/);
  assert.ok(!page.includes('Theo Wren') && !page.includes('A parent asked'));
  const other = (await as('year7').get('/me')).body;
  assert.match(other, /Designated/i);
  assert.ok(!other.includes('A teacher of your class') && !other.includes('Dina Sharp'));
  assert.ok(!(await as('teacher').get('/me')).body.includes('When your class was looked at'));
  const { year8 } = b.school.people;
  assert.deepEqual(await b.t.db.in(year8.context, (tx) => tx.selectFrom('class_view').selectAll().execute()), []);
});

test('MON-10 whoever leads on safeguarding reads who looked at which class, and finds a look', async () => {
  await look('head', '8B', 'The governors asked how it works.');
  const page = (await as('dsl').get('/class/looks?q=governors')).body;
  assert.match(page, /Hetty Vale/);
  assert.ok(!page.includes('Theo Wren'));
  assert.equal((await as('teacher').get('/class/looks')).statusCode, 403);
});

test('MON-10 FIL-18 from a line one click reports the site, and another gives the class a list of its own', async () => {
  await b.deliver([allowed('school-books.example', 'education')]);
  const page = (await as('teacher').get(await look())).body;
  const form = /<form method="post" action="\/filtering\/reports">([\s\S]*?)<\/form>/.exec(page)?.[1] ?? '';
  assert.match(form, /name="site" value="school-books\.example"/);
  assert.match(form, /name="group" value="8B"/);
  assert.match(page, /\/filtering\/changes\/new\?kind=only-these&amp;scope=class%3A8B/);
});

test('MON-10 nobody but staff has a class view', async () => {
  for (const part of ['year8', 'parent', 'governor', 'visitor'] as const) {
    assert.equal((await as(part).get('/class')).statusCode, 403, part);
  }
  assert.ok((await everyRouteDenies(pages, b.school)) > 20);
});
