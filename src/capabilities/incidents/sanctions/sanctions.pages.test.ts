import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { identityRoom } from '#rooms/identity/index.ts';
import { launchBrowser } from '#testing/browser.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { readPdf } from '#testing/pdf.ts';
import { type Pages, type Part, pagesFor } from '#testing/web.ts';
import { incidentsRoom } from '../index.ts';
import { type SanctionSchool, sanctionSchool, WHY } from './fixture.ts';

let t: TestDatabase;
let b: SanctionSchool;
let pages: Pages;
let browser: Browser;
before(async () => {
  t = await testDatabase();
  b = await sanctionSchool(t, 'secondary-school');
  const { deps, people, id } = b.s;
  pages = await pagesFor(deps, identityRoom(deps), incidentsRoom(deps));
  await pages.app.listen({ host: '127.0.0.1', port: 0 });
  browser = await launchBrowser();
  await t.asOwner(
    `insert into parent_link (school_id, parent_id, child_id, linked_by, linked_at) values ($1, $2, $3, $4, now())`,
    [id, people.parent.id, people.year8.id, people.administrator.id],
  );
});
after(async () => {
  await browser?.close();
  await pages?.close();
  await t.drop();
});
const as = (part: Part) => pages.as(b.s.people[part]);
const form = Object.fromEntries(Object.entries(WHY).map(([k, v]) => [k, String(v)]));

test('SAN-34 SAN-05 the page offers exactly the marked cells, and a post of any other is refused with what was typed', async () => {
  const c = await b.judged();
  const url = `/cases/${c}/sanction`;
  const types = (await as('dsl').get(url)).body;
  assert.match(types, /Which type of incident is it, for Zed Pupil/);
  assert.match(types, /Nothing else about Zed Pupil was proven before/);
  assert.doesNotMatch(types, /value="repeated"/);
  const menu = (await as('dsl').get(`${url}?type=misuse`)).body;
  const offered = [...menu.matchAll(/name="actions" value="([a-z-]+)"/g)].map((m) => m[1]);
  assert.deepEqual(offered, [
    'refer-tutor',
    'refer-head-of-department',
    'refer-head',
    'refer-technical',
    'inform-parents',
    'remove-access',
    'warning',
    'further-sanction',
  ]);
  assert.match(menu, /value="refer-tutor" checked/, 'what is usual is ticked');
  const refused = await as('dsl').post(url, {
    ...form,
    person: b.s.people.year8.id,
    type: 'misuse',
    actions: 'refer-police',
  });
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /does not list this action/);
  assert.match(refused.body, /He says that he was bored/);
  const empty = await as('dsl').post(url, { person: b.s.people.year8.id, type: 'misuse', actions: 'warning' });
  assert.match(empty.body, /Say what the circumstances were[\s\S]*Say how serious it was/);
  assert.equal((await as('teacher').get(url)).statusCode, 404);
  assert.equal((await as('year8').get(url)).statusCode, 403);
});

test('SAN-02 a second senior finds what waits, sees it as it was chosen, and makes it hold', async () => {
  const c = await b.judged();
  const choice = {
    person: b.s.people.year8.id,
    type: 'cyber-bullying',
    actions: ['refer-police'],
  };
  const first = await as('dsl').follow(await as('dsl').post(`/cases/${c}/sanction`, { ...form, ...choice }));
  assert.match(first.body, /holds once a second senior has decided the same/);
  assert.doesNotMatch(first.body, /Look at it and decide/);
  const second = await as('dslDeputy').get(`/cases/${c}`);
  const [, same = ''] = /sanction\?same=([0-9a-f-]+)/.exec(second.body) ?? [];
  const page = (await as('dslDeputy').get(`/cases/${c}/sanction?same=${same}`)).body;
  assert.match(page, /value="refer-police" checked/);
  assert.doesNotMatch(page, /He says that he was bored/, 'reasons are their own');
  const held = await as('dslDeputy').follow(
    await as('dslDeputy').post(`/cases/${c}/sanction`, { ...form, ...choice, same }),
  );
  assert.match(held.body, /Decided<\/strong>[\s\S]*by Dina Sharp and Dev Mistry[\s\S]*under Behaviour policy/);
  assert.match(held.body, /Tell the police about what Zed Pupil did/);
});

test('SAN-25 a task stands among my tasks, is searched, accepted and finished without the case', async () => {
  const c = await b.judged();
  await b.decide('dsl', c, {
    person: b.s.people.year8.id,
    type: 'misuse',
    actions: ['refer-tutor'],
    'refer-tutor--person': b.s.people.staff.id,
    'refer-tutor--text': 'Ask about the lesson on Tuesday.',
  });
  const doer = as('staff');
  const list = (await doer.get('/tasks?q=Tuesday')).body;
  const [, url = ''] = /href="(\/tasks\/[0-9a-f-]{36})"/.exec(list) ?? [];
  assert.match((await doer.get('/tasks?q=Wednesday')).body, /No task has these words/);
  assert.doesNotMatch((await doer.get('/tasks')).body, new RegExp(c));
  const page = await doer.get(url);
  assert.match(page.body, /Talk with Zed Pupil[\s\S]*Ask about the lesson on Tuesday/);
  assert.doesNotMatch(page.body, new RegExp(`${c}|bored`));
  assert.equal((await as('teacher').get(url)).statusCode, 404);
  assert.equal((await as('year8').get(url)).statusCode, 403);
  await doer.post(`${url}/accept`);
  assert.match((await doer.post(`${url}/finish`, { text: '' })).body, /Write down what was done/);
  const done = await doer.follow(await doer.post(`${url}/finish`, { text: 'We talked on Monday.' }));
  assert.match(done.body, /Done<\/strong>[\s\S]*We talked on Monday/);
  assert.match((await as('dsl').get(`/cases/${c}`)).body, /Talk with Zed Pupil[\s\S]*Done/);
});

test('SAN-32 whoever is warned is led from their own page to the warning and says that they have read it', async () => {
  const c = await b.judged(['year7']);
  await b.decide('dsl', c, {
    person: b.s.people.year7.id,
    type: 'misuse',
    actions: ['warning'],
    'warning--text': 'Please keep games for free time.',
  });
  const warned = as('year7');
  assert.match((await warned.get('/me')).body, /href="\/me\/warnings"/);
  const page = (await warned.get('/me/warnings')).body;
  assert.match(page, /Please keep games for free time/);
  assert.doesNotMatch(page, new RegExp(c));
  const [, id = ''] = /action="\/me\/warnings\/([0-9a-f-]+)"/.exec(page) ?? [];
  assert.equal((await as('year8').post(`/me/warnings/${id}`)).statusCode, 404);
  const read = await warned.follow(await warned.post(`/me/warnings/${id}`));
  assert.match(read.body, /You said that you had read it/);
});

test('SAN-30 a letter is made from a template, changed, kept as it went, told without names, read, answered, and printed', async () => {
  const c = await b.judged();
  const { people } = b.s;
  await b.decide('dsl', c, { person: people.year8.id, type: 'misuse', actions: ['inform-parents'] });
  const url = `/cases/${c}/letters`;
  const task = await b.task(c, 'inform-parents');
  await b.move('dsl', task.id, 'accept');
  assert.match(
    (await as('dsl').post(`/tasks/${task.id}/finish`, { text: 'Done as asked.' })).body,
    /Send the letter, or record/,
  );
  const draft = (await as('dsl').get(`${url}?child=${people.year8.id}&template=decided`)).body;
  assert.match(draft, /Dear Pat Rowan[\s\S]*Misuse of school technology[\s\S]*Inform parents or carers/);
  assert.doesNotMatch(draft, /\{\w+\}/);
  const letter = {
    child: people.year8.id,
    template: 'decided',
    parents: people.parent.id,
    title: 'A letter about Zed Pupil',
  };
  const unfilled = await as('dsl').post(url, { ...letter, body: 'Dear {parent}, we would like to talk.' });
  assert.match(unfilled.body, /still stands in the letter/);
  const body = 'Dear Pat Rowan,\n\nPlease ring us when you have a moment.';
  const sent = await as('dsl').post(url, { ...letter, body });
  const at = String(sent.headers.location);
  const hash = createHash('sha256').update(`${letter.title}\n\n${body}`).digest('hex');
  assert.match((await as('dsl').get(at)).body, new RegExp(`SHA-256 ${hash}`));
  assert.match((await as('dsl').get(`/cases/${c}`)).body, new RegExp(`were told[\\s\\S]*${hash}`));
  await as('dsl').post(`/tasks/${task.id}/finish`, { text: 'The letter has gone.' });
  assert.equal((await b.task(c, 'inform-parents')).state, 'finished');

  const [mail] = await t.asOwner<{ subject: string; body: string }>(
    `select subject, body from mail where recipient = $1`,
    [people.parent.id],
  );
  assert.match(mail?.body ?? '', new RegExp(at));
  assert.doesNotMatch(`${mail?.subject} ${mail?.body}`, /Zed|Pupil|Dear/);
  const parent = as('parent');
  assert.match((await parent.get('/letters')).body, new RegExp(`${at}[\\s\\S]*New`));
  const read = (await parent.get(at)).body;
  assert.match(read, /Please ring us/);
  assert.doesNotMatch(read, new RegExp(c));
  const pdf = await parent.get(`${at}/pdf`);
  assert.match(readPdf(pdf.rawPayload).text, /Pleaseringuswhenyouhaveamoment/);
  await parent.post(`${at}/reply`, { text: 'I shall ring on Friday.' });
  assert.match((await as('dsl').get(at)).body, /I shall ring on Friday[\s\S]*Pat Rowan/);
  for (const part of ['year8', 'teacher', 'staff', 'ictManager', 'administrator'] as const)
    for (const path of [at, `${at}/pdf`]) assert.equal((await as(part).get(path)).statusCode, 404, `${part} ${path}`);
  assert.equal((await as('staff').post(`${at}/reply`, { text: 'Not mine.' })).statusCode, 404);
});

test('SAN-30 a letter does not go while the safeguarding lead has parents not told, and goes on paper where nobody is linked', async () => {
  const c = await b.judged(['year12']);
  const child = b.s.people.year12.id;
  const url = `/cases/${c}/letters`;
  await b.step('dsl', c, 'inform', { detail: { decision: 'withheld' } });
  const letter = {
    child,
    template: 'meeting',
    title: 'Could we meet?',
    body: 'Please ring us when you have a moment.',
  };
  const held = await as('dsl').post(url, letter);
  assert.equal(held.statusCode, 409);
  assert.match(held.body, /decided that they are not told for now/);
  await b.step('dsl', c, 'inform', { detail: { decision: 'told' } });
  assert.match((await as('dsl').get(`${url}?child=${child}&template=meeting`)).body, /the letter goes on paper/);
  const stranger = await as('dsl').post(url, { ...letter, parents: b.s.people.parent.id });
  assert.match(stranger.body, /Choose from the list/);
  const paper = await as('dsl').follow(await as('dsl').post(url, letter));
  assert.match(paper.body, /on paper/);
  assert.equal((await as('teacher').post(url, letter)).statusCode, 404);
});

test('SAN-26 who heads a year is named by those who keep it, and changes with its history', async () => {
  const page = (await as('head').get('/tasks/heads-of-year')).body;
  assert.match(page, /Year 8/);
  for (const person of [b.s.people.staff.id, b.s.people.teacher.id])
    assert.equal((await as('head').post('/tasks/heads-of-year', { year: '8', person })).statusCode, 303);
  assert.equal(
    (await as('head').post('/tasks/heads-of-year', { year: '8', person: b.s.people.year8.id })).statusCode,
    400,
  );
  assert.equal((await as('teacher').get('/tasks/heads-of-year')).statusCode, 403);
  const rows = await t.asOwner(
    `select ended_at is null as now from year_head where school_id = $1 order by from_at, ended_at`,
    [b.s.id],
  );
  assert.deepEqual(rows.map((r) => r.now).sort(), [false, true]);
});

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const violations = (page: Page): Promise<string[]> =>
  page.evaluate(`${AXE}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
    .then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).join(', ')))`);

test('the pages of a decision, its tasks, warnings and letters can be read and used by everybody, wide and narrow, light and dark', async () => {
  const c = await b.judged(['year8']);
  const child = b.s.people.year8.id;
  await b.decide('dsl', c, {
    person: child,
    type: 'misuse',
    actions: ['warning', 'refer-tutor'],
    'refer-tutor--person': b.s.people.staff.id,
    'warning--text': 'Please keep games for free time.',
  });
  await b.step('dsl', c, 'contact', {
    detail: { body: 'Local authority, safeguarding desk', basis: 'Legal duty', reply: 'A meeting on Friday.' },
  });
  await b.step('dsl', c, 'join', { person: b.s.people.ictManager.id });
  await b.step('dsl', c, 'task', { person: b.s.people.ictManager.id, detail: { due: '2026-11-09' } });
  const { id } = await b.task(c, 'refer-tutor');
  const origin = `http://127.0.0.1:${(pages.app.server.address() as { port: number }).port}`;
  const LOOKS: readonly (readonly [Part, string])[] = [
    ['dsl', `/cases/${c}`],
    ['dsl', `/cases/${c}/sanction`],
    ['dsl', `/cases/${c}/sanction?type=misuse`],
    ['dsl', `/cases/${c}/letters?child=${child}&template=decided`],
    ['staff', '/tasks'],
    ['staff', `/tasks/${id}`],
    ['head', '/tasks/heads-of-year'],
    ['year8', '/me/warnings'],
    ['parent', '/letters'],
  ];
  for (const [part, path] of LOOKS)
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ] as const) {
      const context = await browser.newContext({
        viewport: { width, height: 900 },
        colorScheme,
        extraHTTPHeaders: { cookie: as(part).cookie },
      });
      const page = await context.newPage();
      const answer = await page.goto(`${origin}${path}`);
      assert.equal(answer?.status(), 200, path);
      assert.ok(
        Number(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')) <= 0,
        `${path} at ${width}`,
      );
      assert.deepEqual(await violations(page), [], `${path} at ${width}`);
      if (process.env.SHOTS)
        await page.screenshot({
          path: `${process.env.SHOTS}/${LOOKS.findIndex((l) => l[1] === path)}-${width}.png`,
          fullPage: true,
        });
      await context.close();
    }
});
