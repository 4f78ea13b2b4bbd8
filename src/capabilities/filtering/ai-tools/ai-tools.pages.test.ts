import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, HOUR } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool } from '#testing/web.ts';
import { filteringRoom } from '../filtering.routes.ts';
import { countSeen } from './ai-tools.clock.ts';
import { assessment, onRegister, proposal, toolSchool } from './testing.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  school = await toolSchool(t);
  pages = await pagesFor(school.deps, filteringRoom(school.deps, { onGatewayTrouble: async () => undefined }));
});
after(async () => {
  await pages.close();
  await t.drop();
});

const as = (part: Part) => pages.as(school.people[part]);
const REGISTER = '/filtering/ai-tools';
const { wantedFor, ...typed } = proposal();
const sites = (name: string) => ({ sites: `${name}.example` });
const propose = async (part: Part, fields: Record<string, string | string[]> = {}) =>
  as(part).post(REGISTER, { ...typed, wantedFor: [...wantedFor], ...fields });
const place = (id: string) =>
  [
    'pupil-7',
    'pupil-8',
    'pupil-9',
    'pupil-10',
    'pupil-11',
    'sixth-form',
    'staff',
    'governor',
    'guest',
    'unidentified',
  ].indexOf(id);

test('AIG-01 every route is closed to nobody, to those without the duty, and with a first password', async () => {
  assert.ok((await everyRouteDenies(pages, school)) > 15);
  for (const part of ['year8', 'parent', 'visitor', 'volunteer'] as const) {
    assert.equal((await as(part).get(REGISTER)).statusCode, 403, part);
    assert.equal((await propose(part)).statusCode, 403, part);
    assert.equal((await as(part).get('/ai-tools')).statusCode, 200, part);
  }
});

test('AIG-05 proposed, assessed and approved in the browser by three people, each seeing what is theirs', async () => {
  const known = await as('teacher').get(`${REGISTER}/new?tool=ChatGPT`);
  assert.match(known.body, /value="OpenAI"/);
  assert.match(known.body, />chatgpt\.com\n/);
  const bad = await propose('teacher', { name: '', purpose: 'x', sites: 'nowhere' });
  assert.equal(bad.statusCode, 400);
  for (const field of ['name', 'purpose', 'sites']) assert.match(bad.body, new RegExp(`href="#${field}"`));
  const proposed = await propose('teacher', sites('first'));
  const here = String(proposed.headers.location);
  assert.match(here, /^\/filtering\/ai-tools\/AI-[A-HJ-NP-Z2-9]{6}$/);

  const own = await as('teacher').get(here);
  assert.match(own.body, /To be assessed/);
  assert.doesNotMatch(own.body, /Keep this assessment|name="reason"/, 'whoever proposed it has no button');
  assert.match((await as('dsl').get(REGISTER)).body, /Waits for you[\s\S]*Chatter/);
  const half = await as('ictManager').post(`${here}/assess`, { ...assessment(sites('first')), hazards: 'none' });
  assert.equal(half.statusCode, 400);
  assert.match(half.body, /href="#hazards"[\s\S]*It stores what is typed for thirty days/);
  const assessed = await as('ictManager').post(`${here}/assess`, { ...assessment(sites('first')) });
  assert.equal(assessed.headers.location, here);

  assert.doesNotMatch((await as('ictManager').get(here)).body, /Decide for whom it opens/);
  const page = await as('head').get(here);
  assert.match(page.body, /It makes things up[\s\S]*Decide for whom it opens[\s\S]*Younger than its terms allow/);
  const young = await as('head').post(`${here}/approve`, { [`s${place('pupil-8')}`]: 'approved' });
  assert.equal(young.statusCode, 400);
  assert.match(young.body, /By its terms it is for people of 13 and over/);
  const decided = await as('head').post(`${here}/approve`, {
    [`s${place('staff')}`]: 'approved',
    [`s${place('pupil-9')}`]: 'trial',
    trialEnds: '2026-12-18',
  });
  assert.equal(decided.statusCode, 303, decided.body);
  const done = await as('teacher').get(here);
  assert.match(done.body, /Approved[\s\S]*Staff<\/th><td><strong class="gh-tag gh-tag--calm">Open<\/strong>/);
  assert.match(done.body, /14 May 2027/);
  assert.equal((await as('head').post(`${here}/approve`, { s0: 'approved' })).statusCode, 409, 'decided once');
  const closed = await as('dsl').post(`${here}/close`, { reason: 'Its terms of use have changed.' });
  assert.equal(closed.statusCode, 303);
  assert.match((await as('teacher').get(here)).body, /Its terms of use have changed\./);
});

test('AIG-01 pupils and parents read which tools there are and for whom, and nothing that colleagues wrote', async () => {
  await onRegister(school, {
    proposal: { name: 'Sketchmate', sites: 'sketchmate.example' },
    chosen: { 'sixth-form': 'approved' },
  });
  await propose('teacher', { ...sites('waiting'), name: 'Waiting tool' });
  for (const part of ['year8', 'year12', 'parent', 'visitor', 'staff'] as const) {
    const { body } = await as(part).get('/ai-tools');
    assert.match(body, /Sketchmate[\s\S]*Open<\/strong> Sixth-form students/, part);
    assert.match(body, /Waiting tool[\s\S]*Closed<\/strong>/, part);
    assert.doesNotMatch(body, /makes things up|practise conversation|Theo|Ivo|Hetty|sketchmate\.example|AI-/, part);
  }
  const found = await as('parent').get('/ai-tools?q=sketch');
  assert.match(found.body, /Sketchmate/);
  assert.doesNotMatch(found.body, /Waiting tool/);
});

test('AIG-01 AI sites that were asked for and never assessed are listed by count, and nobody is named', async () => {
  const day = new Date(school.clock.now()).toISOString().slice(0, 10);
  const next = new Date(school.clock.now() + DAY).toISOString().slice(0, 10);
  await t.asOwner(`create table activity_now partition of activity for values from ('${day}') to ('${next}')`);
  let line = 0;
  const asked = (host: string, outcome: string, count: number, category = 'ai-chat') =>
    t.asOwner(
      `insert into activity (school_id, at, gateway_id, batch, line, via, person_id, address, profile, host, category, outcome, rule, snapshot, count)
       values ($1, $2, $3, 1, $4, 'proxy', $5, '10.0.0.1', 'pupil-8', $6, $7, $8, 'AIG-05', 1, $9)`,
      [
        school.id,
        new Date(school.clock.now() - HOUR),
        newId(),
        ++line,
        school.people.year8.id,
        host,
        category,
        outcome,
        count,
      ],
    );
  await asked('chatgpt.com', 'block', 7);
  await asked('files.oaiusercontent.com', 'block', 2);
  await asked('www.newbot.example', 'allow', 3);
  await asked('www.sketchmate.example', 'block', 5);
  await asked('paper.example', 'allow', 4, 'news');
  await countSeen(school.deps);
  await countSeen(school.deps);
  const page = await as('dsl').get(REGISTER);
  const seen = page.body.slice(page.body.indexOf('id="seen"'));
  // A known tool is one line, whichever of its sites was asked for.
  assert.match(seen, /ChatGPT<br>[\s\S]*?chatgpt\.com[\s\S]*?">9<\/td><td class="gh-table__number">9<\/td>/);
  assert.match(seen, /newbot\.example[\s\S]*?">3<\/td><td class="gh-table__number">0<\/td>/);
  assert.doesNotMatch(seen, /sketchmate|paper\.example|Zed|oaiusercontent/);
  assert.match(seen, /href="\/filtering\/ai-tools\/new\?site=newbot\.example"/);
  assert.match((await as('ictManager').get(`${REGISTER}/new?site=chatgpt.com`)).body, /value="ChatGPT"/);
  assert.doesNotMatch((await as('teacher').get(REGISTER)).body, /Seen and not assessed/);
  const columns = await t.asOwner<{ column_name: string }>(
    `select column_name from information_schema.columns where table_name = 'ai_host_seen'`,
  );
  assert.deepEqual(columns.map((c) => c.column_name).sort(), ['day', 'host', 'requests', 'school_id', 'stopped']);
});

test('AIG-05 another school reaches no page of this one', async () => {
  const reference = await onRegister(school, { proposal: { sites: 'elsewhere.example' } });
  const other = await toolSchool(t);
  const stranger = pages.as(other.people.dsl);
  assert.equal((await stranger.get(`${REGISTER}/${reference}`)).statusCode, 404);
  assert.equal((await stranger.post(`${REGISTER}/${reference}/approve`, { s0: 'approved' })).statusCode, 404);
  for (const action of ['refuse', 'withdraw', 'close']) {
    const answer = await stranger.post(`${REGISTER}/${reference}/${action}`, { reason: 'It was agreed.' });
    assert.equal(answer.statusCode, 404);
  }
  assert.doesNotMatch((await stranger.get('/ai-tools')).body, /Chatter|Sketchmate/);
});
