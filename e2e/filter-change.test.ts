import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { lesson, lessonSchool } from '../src/capabilities/filtering/changes/testing.ts';
import { currentIndex, enrolGateway, filteringRoom } from '../src/capabilities/filtering/index.ts';
import { sealedSnapshot } from '../src/capabilities/filtering/snapshot.service.ts';
import { HOUR, systemClock, type TestClock } from '../src/core/clock.ts';
import { startGateway, writeEnrolment } from '../src/gateway/gateway.ts';
import { startProxy } from '../src/gateway/proxy/index.ts';
import { GatewayState } from '../src/gateway/state.ts';
import { open, type Snapshot } from '../src/policy/index.ts';
import { launchBrowser } from '../src/testing/browser.ts';
import { type TestDatabase, testDatabase } from '../src/testing/database.ts';
import { temporaryFolder } from '../src/testing/folder.ts';
import { type Pages, type Part, pagesFor, type TestSchool } from '../src/testing/web.ts';
import { SESSION_COOKIE } from '../src/web/index.ts';

/** Scene 5 of a school's day: a lesson's sites, asked for by one, decided by another, met by a class. */

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = process.env.SHOTS;
let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
let url: string;
let chromium: Browser;
before(async () => {
  t = await testDatabase();
  s = await lessonSchool(t);
  pages = await pagesFor(s.deps, filteringRoom(s.deps, { onGatewayTrouble: async () => undefined }));
  url = await pages.app.listen({ host: '127.0.0.1', port: 0 });
  chromium = await launchBrowser();
});
after(async () => {
  await chromium.close();
  await pages.close();
  await t.drop();
});

async function browserOf(part: Part, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  pages.as(s.people[part]);
  const context: BrowserContext = await chromium.newContext({
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    ...options,
  });
  await context.addCookies([{ name: SESSION_COOKIE, value: s.people[part].id, url }]);
  return context.newPage();
}

/** WCAG 2.2 AA by axe, and a picture where somebody wants to look. */
async function sound(page: Page, name: string): Promise<void> {
  const faults = await page.evaluate(
    `${AXE}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
      .then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target).join(' ')))`,
  );
  assert.deepEqual(faults, [], name);
  if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

const BEGIN = Date.parse('2026-11-05T11:05:00Z');
const END = Date.parse('2026-11-05T12:05:00Z');

test('FCR-01 FCR-03 FCR-04 FCR-05 FCR-08 three people in the browser open two sites for a class, and with control stopped they open and close at the proxy by the clock', async (tt) => {
  // The teacher, in the words of the lesson; every page on the way is sound.
  const teacher = await browserOf('teacher');
  await teacher.goto(`${url}/filtering/changes`);
  await sound(teacher, 'changes-empty');
  await teacher.getByRole('link', { name: 'Open sites' }).click();
  const { sites, topic, purpose, from, until } = lesson();
  await teacher.getByLabel('For whom').selectOption('class:8B');
  await teacher.getByLabel('Sites', { exact: true }).fill(sites);
  await teacher.getByRole('button', { name: 'Look at these sites' }).click();
  await teacher.getByText('closed as extremism').waitFor();
  await teacher.getByLabel('From').fill(from);
  await teacher.getByLabel('Until').fill(until);
  await teacher.getByLabel('What is studied').fill(topic);
  await sound(teacher, 'new-looked');
  await teacher.getByRole('button', { name: 'Ask', exact: true }).click();
  await teacher.getByText('at least 20 letters').first().waitFor();
  await sound(teacher, 'new-error');
  await teacher.getByLabel('What pupils will do').fill(purpose);
  await teacher.getByRole('button', { name: 'Ask', exact: true }).click();
  await teacher.getByText('Waits for a decision').waitFor();
  await sound(teacher, 'asked');
  const here = teacher.url();

  // Everybody else: refused, or shown no button.
  for (const part of ['year8', 'parent', 'governor'] as const) {
    const page = await browserOf(part);
    assert.ok([403, 404].includes((await page.goto(here))?.status() ?? 0), part);
    await page.context().close();
  }
  assert.equal(await teacher.getByRole('button', { name: 'Decide' }).count(), 0);

  // The colleague with the duty, on a phone.
  const approver = await browserOf('filterApprover', { viewport: { width: 390, height: 844 } });
  await approver.goto(`${url}/filtering/changes`);
  await sound(approver, 'to-decide-phone');
  await approver.getByRole('link', { name: /^[A-Z2-9]{6}$/ }).click();
  const card = (host: string) => approver.getByRole('article', { name: host });
  await card('archive.example').getByLabel('Approve').check();
  await card('speeches.example').getByLabel('Approve').check();
  await card('marches.example').getByLabel('Refuse', { exact: true }).check();
  await card('marches.example')
    .getByLabel('If you refuse it: why')
    .fill('It is a game, and shows nothing of the time.');
  await sound(approver, 'decide-phone');
  await approver.getByRole('button', { name: 'Decide' }).click();
  await approver.getByText('Agreed, not begun').waitFor();

  const dark = await browserOf('teacher', { colorScheme: 'dark' });
  await dark.goto(here);
  await sound(dark, 'decided-dark');
  await dark.goto(`${url}/filtering/changes`);
  await sound(dark, 'changes-dark');
  const dsl = await browserOf('dsl');
  await dsl.goto(`${url}/filtering/changes/report?month=2026-11`);
  await sound(dsl, 'report');
  const ict = await browserOf('ictManager');
  await ict.goto(`${url}/filtering/changes/new?kind=emergency-block`);
  await sound(ict, 'close-now');
  await ict.goto(`${url}/filtering/changes/new?kind=only-these`);
  await sound(ict, 'only-these');
  await ict.goto(`${url}/filtering/reports?site=shock.example`);
  await ict.getByRole('button', { name: 'Report it' }).click();
  await sound(ict, 'site-reports');

  // What a gateway took, before the server went away; from here on nothing but its own clock.
  const sealed = await sealedSnapshot(s.deps, s.id);
  const [key] = await t.asOwner<{ signing_public: string }>('select signing_public from installation');
  const index = await t.db.in(s.people.administrator.context, (tx) => currentIndex(s.deps, tx));
  const opened = open<Snapshot>(sealed ?? '', key?.signing_public ?? '');
  assert.ok(opened.ok && index);
  const state = new GatewayState(s.clock);
  state.use(opened.part, index);
  const site = await webSite(tt);
  const proxy = await startProxy({
    listen: { address: '127.0.0.1', port: 0 },
    judge: state,
    recorder: { record: () => undefined },
    verify: async (username) => Object.values(s.people).find((p) => p.username === username)?.id ?? null,
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    settings: () => ({ ...opened.part.settings, allowedPrivate: ['127.0.0.0/8'] }),
    page: () => ({ school: s.name, pagesUrl: 'https://pages.example', clauses: {}, categories: {} }),
    clock: s.clock,
    timeouts: { grace: 100 },
  });
  tt.after(() => proxy.close());
  const status = (part: Part, host: string) => through(proxy.port, `http://${host}:${site}/`, s.people[part].username);
  const clock: TestClock = s.clock;
  clock.advance(BEGIN - 1 - clock.now());
  assert.equal(await status('year8', 'speeches.example'), 403, 'a millisecond before the lesson');
  clock.advance(1);
  assert.equal(await status('year8', 'speeches.example'), 200);
  assert.equal(await status('year8', 'marches.example'), 403, 'what was refused');
  assert.equal(await status('year7', 'speeches.example'), 403, 'another class, in the same minute');
  clock.advance(END - BEGIN - 1);
  assert.equal(await status('year8', 'speeches.example'), 200);
  clock.advance(1);
  assert.equal(await status('year8', 'speeches.example'), 403, 'over, although nobody was there to end it');
});

/** A web site that answers for every name. */
async function webSite(tt: { after(fn: () => unknown): void }): Promise<number> {
  const server: Server = createServer((_, answer) => answer.end('here'));
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
  tt.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** One GET through a proxy, signed in to it; the status. */
const through = (port: number, target: string, username?: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const credentials = `Basic ${Buffer.from(`${username}:secret`).toString('base64')}`;
    const headers = { host: new URL(target).host, ...(username && { 'proxy-authorization': credentials }) };
    const asked = request({ host: '127.0.0.1', port, path: target, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on('error', reject).end();
  });

test('FIL-04 an opening and a closing are obeyed by a running gateway within two seconds of the decision', async (tt) => {
  // This gateway keeps the real time, so the school does too.
  s.clock.advance(systemClock.now() - s.clock.now());
  const folder = temporaryFolder('filter-change');
  const by = s.people.ictManager.context;
  const token = await t.db.in(by, (tx) => enrolGateway(tx, s.deps, by, 'Hall'));
  const [key] = await t.asOwner<{ signing_public: string }>('select signing_public from installation');
  writeEnrolment(folder, { control: url, token, publicKey: key?.signing_public ?? '' });
  await t.asOwner(
    `insert into registered_address (school_id, cidr, label, person_id) values ($1, '127.0.0.1/32', 'Test', $2)`,
    [s.id, s.people.year8.id],
  );
  await t.asOwner(`update school set snapshot_number = snapshot_number + 1 where id = $1`, [s.id]);
  const local = { address: '127.0.0.1', port: 0 };
  const gateway = await startGateway({
    folder,
    clock: systemClock,
    log: () => undefined,
    threads: 1,
    dns: local,
    proxy: local,
    block: local,
    upstreamDns: [{ address: '127.0.0.1', port: 9 }],
    proxyTls: null,
    pagesUrl: url,
  });
  tt.after(() => gateway.stop());
  // An open name cannot be found in this test's world, which is 502; a closed one is 403.
  const status = () => through(gateway.proxy.port, 'http://speeches.example/');
  while (gateway.status().snapshot === null) await wait(20);
  assert.equal(await status(), 403);
  const turns = async (expected: number): Promise<number> => {
    const began = performance.now();
    while ((await status()) !== expected) {
      assert.ok(performance.now() - began < 10_000, `never ${expected}`);
      await wait(10);
    }
    return performance.now() - began;
  };
  const wall = (at: number) =>
    Temporal.Instant.fromEpochMilliseconds(at)
      .toZonedDateTimeISO('Europe/London')
      .toPlainDateTime()
      .toString({ smallestUnit: 'minute' });
  const { checked: _, ...typed } = lesson({ sites: 'speeches.example', from: '', until: wall(s.clock.now() + HOUR) });
  const asked = await pages.as(s.people.teacher).post('/filtering/changes', { ...typed, do: 'ask' });
  const here = String(asked.headers.location);
  assert.equal((await pages.as(s.people.filterApprover).post(`${here}/decide`, { d0: 'approve' })).statusCode, 303);
  const opening = await turns(502);
  const ended = await pages.as(s.people.ictManager).post(`${here}/withdraw`, { reason: 'The lesson was given up.' });
  assert.equal(ended.statusCode, 303);
  const closing = await turns(403);
  tt.diagnostic(`opened after ${Math.round(opening)} ms, closed after ${Math.round(closing)} ms`);
  assert.ok(opening < 2000 && closing < 2000, `${opening} and ${closing} ms`);
});
