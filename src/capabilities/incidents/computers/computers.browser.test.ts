import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '#testing/browser.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { SESSION_COOKIE } from '#web/index.ts';
import { type Examining, examining } from '../access/fixture.ts';
import { incidentsRoom } from '../index.ts';

/** The key as a browser really keeps it: registered and proved in one browser, and in no other. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = process.env.SHOTS;
let t: TestDatabase;
let s: TestSchool;
let x: Examining;
let pages: Pages;
let url: string;
let chromium: Browser;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'tuition-centre' });
  pages = await pagesFor(s.deps, incidentsRoom(s.deps));
  x = await examining(t, s, pages, '127.0.0.1');
  url = await pages.app.listen({ host: '127.0.0.1', port: 0 });
  chromium = await launchBrowser();
});
after(async () => {
  await chromium.close();
  await pages.close();
  await t.drop();
});

async function signInAt(context: BrowserContext, part: Part): Promise<void> {
  pages.as(s.people[part]);
  await context.addCookies([{ name: SESSION_COOKIE, value: s.people[part].id, url }]);
}
/** WCAG 2.2 AA by axe, nothing wider than the screen, and a picture where somebody wants to look. */
async function sound(page: Page, name: string): Promise<void> {
  const faults = await page.evaluate(
    `${AXE}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
      .then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target).join(' ')))`,
  );
  assert.deepEqual(faults, [], name);
  assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, `${name} fits`);
  if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}
/** The pages under their own content security policy; axe looks at them in a second context. */
const look = async (part: Part, path: string, name: string, options = {}): Promise<void> => {
  const context = await chromium.newContext({ bypassCSP: true, locale: 'en-GB', ...options });
  await signInAt(context, part);
  const page = await context.newPage();
  await page.goto(url + path);
  await sound(page, name);
  await context.close();
};

test('INC-06 a browser makes a key that nobody can take out of it, proves it later, and no other browser can', async () => {
  const laptop = await chromium.newContext({ locale: 'en-GB' });
  await signInAt(laptop, 'head');
  const page = await laptop.newPage();
  await page.goto(`${url}/cases/computers`);
  await page.getByLabel('Name', { exact: true }).fill('Interview room');
  await page.getByLabel('Where it is kept (optional)').fill('First floor');
  await page.getByRole('button', { name: 'Set this computer apart' }).click();
  await page.getByText('This computer is set apart. Pupils cannot sign in on it.').waitFor();
  await page.getByText('You are at it').waitFor();
  const kept = await page.evaluate(`new Promise((done) => {
    const open = indexedDB.open('gatehouse-computer', 1);
    open.onsuccess = () => {
      const get = open.result.transaction('keys').objectStore('keys').get('own');
      get.onsuccess = () =>
        crypto.subtle.exportKey('pkcs8', get.result.privateKey).then(() => 'given', () => 'kept').then(done);
    };
  })`);
  assert.equal(kept, 'kept');

  await signInAt(laptop, 'dsl');
  await page.goto(`${url}/cases/computers/this`);
  await page.getByLabel('Interview room').check();
  await page.getByRole('button', { name: 'Prove it' }).click();
  await page.waitForURL(`${url}/cases/computers`);
  await page.goto(`${url}/cases/computers/this`);
  await page.getByText('This browser has proved to be Interview room').waitFor();

  const other = await chromium.newContext({ locale: 'en-GB' });
  await signInAt(other, 'dsl');
  const elsewhere = await other.newPage();
  await elsewhere.goto(`${url}/cases/computers/this`);
  await elsewhere.getByLabel('Interview room').check();
  await elsewhere.getByRole('button', { name: 'Prove it' }).click();
  await elsewhere.getByText('This browser holds no key').waitFor();
  await elsewhere.reload();
  assert.equal(await elsewhere.getByText('has proved to be').count(), 0);
});

test('INC-06 INC-21 the pages of computers, case and visits are sound at a desk, on a phone and in the dark', async () => {
  const c = await x.examinedCase();
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  await look('head', '/cases/computers', 'computers');
  await look('head', '/cases/computers', 'computers-phone', phone);
  await look('dsl', '/cases/computers/this', 'this-dark', { colorScheme: 'dark' });
  await look('dsl', `/cases/${c.reference}`, 'case-examined-elsewhere', phone);
  await t.asOwner(
    `insert into case_visit (school_id, case_id, order_id, gateway_id, batch, line, at, person_id, second_id, host, via, outcome, times)
     select a.school_id, a.case_id, a.order_id, a.order_id, 1, n, now(), $2, $3, 'found-' || n || '.example', 'proxy',
       case when n = 3 then 'block' else 'allow' end, n
     from case_access a, generate_series(1, 5) n where a.case_id = $1`,
    [c.id, s.people.teacher.id, s.people.dsl.id],
  );
  await x.step('teacher', c.reference, 'finding', {
    fromComputer: x.computer.id,
    detail: { url: 'https://found-1.example/a' },
  });
  await x.step('teacher', c.reference, 'finish', { fromComputer: x.computer.id });
  await look('dsl', `/cases/${c.reference}/visits`, 'visits');
  await look('dsl', `/cases/${c.reference}/visits`, 'visits-phone-dark', { ...phone, colorScheme: 'dark' });
  await look('dsl', `/cases/${c.reference}`, 'case-after', { viewport: { width: 1280, height: 900 } });
});
