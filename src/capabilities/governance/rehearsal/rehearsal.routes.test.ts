import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '#core/ids.ts';
import { editDraft } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestPerson } from '#testing/web.ts';
import { NOW_IN_FORCE, rehearsalStage, SITES, type Stage } from './fixture.ts';
import { rehearsalRoutes } from './rehearsal.routes.ts';
import { tellProgress } from './rehearsal.store.ts';
import { headline, peopleCount } from './rehearsal.words.ts';

let t: TestDatabase;
let stage: Stage;
let other: Stage;
let pages: Pages;
/** Signs the draft, and may not read activity. */
let subjectLead: Pick<TestPerson, 'id' | 'viewer'>;
before(async () => {
  t = await testDatabase();
  stage = await rehearsalStage(t);
  other = await rehearsalStage(t);
  pages = await pagesFor(stage.school.deps, {
    name: 'rehearsal',
    routes: (app) => rehearsalRoutes(app, stage.school.deps),
  });
  const { viewer } = stage.school.people.teacher;
  subjectLead = { id: newId(), viewer: { ...viewer, duties: ['staff', 'subject-lead'] } };
  await stage.browsed([
    { who: 'year7', site: SITES.games, hours: 2, count: 5 },
    { who: 'year8', site: SITES.games, hours: 30, count: 2 },
    { who: 'year12', site: SITES.games, hours: 3 },
    { who: 'year7', site: SITES.shopping, hours: 4 },
    { who: 'staff', site: SITES.plain, hours: 5 },
  ]);
});
after(async () => {
  await pages.close();
  await t.drop();
});

const as = (part: Part, s = stage) => pages.as(s.school.people[part]);
const home = (draft: string) => `/policy/drafts/${draft}/rehearsal`;
const rehearsed = async (): Promise<string> => {
  const draft = await stage.draft();
  await stage.work(await stage.begin(draft));
  return draft;
};

test('every route of a rehearsal is closed to whoever is not signed in or has no duty there', async () => {
  const closed = pages.app.routeTable.filter((r) => r.access !== 'public');
  assert.equal(await everyRouteDenies(pages, stage.school), closed.length);
  const draft = await rehearsed();
  const readers: readonly Part[] = ['dsl', 'dslDeputy', 'head', 'ictManager', 'leadGovernor'];
  for (const part of Object.keys(stage.school.people) as Part[]) {
    for (const url of [home(draft), `${home(draft)}/chart.svg`]) {
      assert.equal((await as(part).get(url)).statusCode, readers.includes(part) ? 200 : 403, `${url} as ${part}`);
    }
    if (!readers.includes(part)) assert.equal((await as(part).get(`${home(draft)}/live`)).statusCode, 403, part);
  }
  assert.equal((await pages.as(subjectLead).get(home(draft))).statusCode, 200);
});

test('a draft of another school is not there', async () => {
  const draft = await rehearsed();
  for (const url of [home(draft), `${home(draft)}/live`, `${home(draft)}/chart.svg`, home(newId()), home('nonsense')]) {
    assert.equal((await as('dsl', other).get(url)).statusCode, 404, url);
  }
  assert.equal((await as('dsl', other).post(home(draft), { days: '1' })).statusCode, 404);
  assert.equal((await as('dsl', other).post(`${home(draft)}/cancel`)).statusCode, 404);
});

test('GOV-33 whoever writes policies rehearses a draft, and reads in one sentence what it would change', async () => {
  const draft = await stage.draft();
  const begun = await as('dsl').post(home(draft), { days: '7' });
  const page = await as('dsl').follow(begun);
  assert.match(page.body, /waiting for its turn/);
  assert.match(page.body, /<progress[^>]+max="1" value="0"/);
  const row = await stage.last(draft);
  assert.ok(row);
  await stage.work(row.id);
  const found = await as('dsl').get(home(draft));
  assert.match(
    found.body,
    /If this version had held in the last 2 days: 8 requests by 3 people would newly open, 1 request by fewer than 3 people would newly be stopped\./,
  );
  assert.match(found.body, /Year 7/);
  assert.match(found.body, /About games/);
  for (const { displayName, id } of Object.values(stage.school.people)) {
    if (id === stage.school.people.dsl.id) continue;
    assert.ok(!found.body.includes(displayName) && !found.body.includes(id), displayName);
  }
  const chart = await as('dsl').get(`${home(draft)}/chart.svg?size=narrow`);
  assert.equal(chart.headers['content-type'], 'image/svg+xml');
  assert.match(chart.body, /^<svg.*Year 7/s);
});

test('GOV-33 sites of a rehearsal are shown only to those who may read activity; others see counts', async () => {
  const draft = await rehearsed();
  for (const part of ['dsl', 'head', 'ictManager'] as const) {
    assert.ok((await as(part).get(home(draft))).body.includes(SITES.games), part);
  }
  for (const reader of [pages.as(subjectLead), as('leadGovernor')]) {
    const { body } = await reader.get(home(draft));
    assert.ok(!body.includes('.example<'));
    assert.match(body, /8 requests by 3 people would newly open/);
    assert.match(body, /Sites are shown only to those who may read activity/);
    assert.doesNotMatch(body, /Begin the rehearsal/);
  }
  const search = (q: string) => as('dsl').get(`${home(draft)}?q=${q}`);
  assert.ok(!(await search('shopping')).body.includes(SITES.games));
  assert.match((await search('%3Cb%3E')).body, /No site matches “&lt;b&gt;”/);
});

test('GOV-33 a result says that it was rehearsed before the last changes of the draft', async () => {
  const draft = await rehearsed();
  const said = /rehearsed before the last changes/;
  assert.doesNotMatch((await as('dsl').get(home(draft))).body, said);
  const { deps, people } = stage.school;
  await editDraft(deps, people.dsl.viewer, draft, { what: 'Again.', edit: 2 }, () => NOW_IN_FORCE);
  assert.match((await as('leadGovernor').get(home(draft))).body, said);
});

test('a running rehearsal shows how far it is, is cancelled by those who begin them, and is not begun twice', async () => {
  const draft = await stage.draft();
  await stage.begin(draft);
  const [row] = await t.asOwner<{ id: string }>(
    `update rehearsal set state = 'running', attempt = 1, done = 500, total = 2000 where draft_id = $1 returning id`,
    [draft],
  );
  assert.ok(row);
  const page = await as('leadGovernor').get(home(draft));
  assert.match(page.body, /500 of 2,000 requests asked again/);
  assert.match(page.body, /<progress[^>]+max="2000" value="500"/);
  assert.doesNotMatch(page.body, /Cancel it/);
  const again = await as('head').post(home(draft), { days: '1' });
  assert.equal(again.statusCode, 409);
  assert.match(again.body, /one at a time/);
  for (const part of ['leadGovernor', 'ictManager'] as const) {
    assert.equal((await as(part).post(`${home(draft)}/cancel`)).statusCode, 403, part);
  }
  assert.equal((await as('head').post(`${home(draft)}/cancel`)).statusCode, 303);
  assert.match((await as('head').get(home(draft))).body, /was cancelled/);
  assert.equal((await as('head').post(`${home(draft)}/cancel`)).statusCode, 409);
});

test('a choice that is none is refused beside the field', async () => {
  const draft = await stage.draft();
  for (const days of ['2', '', 'x', '-1']) {
    const answer = await as('dsl').post(home(draft), { days });
    assert.equal(answer.statusCode, 400, days);
    assert.match(answer.body, /Choose one of the times in the list/);
  }
  assert.equal((await as('dsl').post(home(draft))).statusCode, 400);
});

test('the page hears how far a rehearsal is, and when it has ended', async () => {
  const draft = await stage.draft();
  const id = await stage.begin(draft);
  const base = await pages.app.listen({ host: '127.0.0.1', port: 0 });
  const stop = new AbortController();
  const answer = await fetch(`${base}${home(draft)}/live`, {
    headers: { cookie: as('dsl').cookie },
    signal: stop.signal,
  });
  assert.equal(answer.headers.get('content-type'), 'text/event-stream');
  let heard = '';
  const reading = (async () => {
    const words = new TextDecoder();
    for await (const chunk of answer.body ?? []) heard += words.decode(chunk, { stream: true });
  })().catch(() => undefined);
  const until = async (what: RegExp) => {
    for (const end = Date.now() + 5000; !what.test(heard); await new Promise((r) => setTimeout(r, 20))) {
      assert.ok(Date.now() < end, heard);
    }
  };
  await until(/"state":"waiting"/);
  await t.asOwner(`update rehearsal set state = 'running', attempt = 1 where id = $1`, [id]);
  const { context } = stage.school.people.dsl;
  await t.db.in(context, (tx) => tellProgress(tx, { id, attempt: 1, draft_id: draft }, { done: 3, total: 9 }));
  await until(/"state":"running","done":3,"total":9/);
  await stage.work(id);
  await until(/"state":"done"/);
  stop.abort();
  await reading;
});

test('small numbers of people are not told, and the sentence says where nobody was signed in', () => {
  assert.deepEqual([0, 1, 2, 3, 1204].map(peopleCount), ['0', 'fewer than 3', 'fewer than 3', '3', '1,204']);
  const none = { requests: 0, people: 0, unsigned: 0 };
  const found = (opens = none, stops = none) =>
    headline(
      {
        all: { requests: 9, people: 3, unsigned: 0 },
        opens,
        stops,
        groups: [],
        sites: [],
        categories: [],
        reasons: [],
      },
      14,
    );
  assert.equal(
    found({ requests: 1204, people: 214, unsigned: 0 }, { requests: 31, people: 6, unsigned: 0 }),
    'If this version had held in the last 14 days: 1,204 requests by 214 people would newly open, 31 requests by 6 people would newly be stopped.',
  );
  assert.match(found(), /nothing would have been different for any of 9 requests/);
  assert.match(
    found({ requests: 7, people: 0, unsigned: 7 }),
    /7 requests where nobody was signed in would newly open/,
  );
});
