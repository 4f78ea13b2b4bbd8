import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '#testing/browser.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import type { TestPerson } from '#testing/web.ts';
import { type Bench, bench } from './fixture.ts';

/** The pages in a real browser, on a phone and on a desk, light and dark. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Set it to a folder to keep pictures of what was looked at. */
const PICTURES = process.env.LOOK_AT;

let t: TestDatabase;
let b: Bench;
let browser: Browser;
let origin: string;
before(async () => {
  t = await testDatabase();
  b = await bench(t);
  await b.pages.app.listen({ host: '127.0.0.1', port: 0 });
  const address = b.pages.app.server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  browser = await launchBrowser();
});
after(async () => {
  await browser.close();
  await b.close();
  await t.drop();
});

async function window(
  who: TestPerson | null,
  more: Parameters<Browser['newContext']>[0] = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...more });
  const [name, value] = b.pages.as(who).cookie.split('=');
  if (name && value) await context.addCookies([{ name, value, url: origin }]);
  return context;
}

async function clean(page: Page, name: string): Promise<void> {
  if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  const wrong = await page.evaluate<string[]>(
    `${AXE}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
      .then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).join(', ')))`,
  );
  assert.deepEqual(wrong, [], name);
  const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  assert.ok(wide <= 0, `${name} is wider than its window by ${wide}`);
}

test('ALR-03 ALR-09 a member of staff tells on a phone with three taps and one sentence, by keyboard alone too, and comes back with the code', async () => {
  const context = await window(b.s.people.teacher);
  const page = await context.newPage();
  await page.goto(`${origin}/told`);
  await page.click('footer a[href="/tell"]');
  await clean(page, 'tell-phone');
  await page.getByLabel('I am worried about myself or about somebody else').check();
  await page.getByLabel('What happened?').fill('A pupil told me that somebody online frightens her.');
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name: 'Send this' }).press('Enter');
  await page.waitForURL('**/tell/received');
  await clean(page, 'received-phone');
  const code = /(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}/.exec(await page.innerText('main'))?.[0] ?? '';
  await page.goto(`${origin}/tell/code`);
  await clean(page, 'code-phone');
  await page.getByLabel('Your code').fill(code.toLowerCase());
  await page.getByRole('button', { name: 'Go on' }).click();
  await clean(page, 'answers-phone');
  assert.match(await page.innerText('main'), /somebody online frightens her/);
  await context.close();
});

const WAYS = [
  { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
] as const;

test('every page of telling passes axe, wide and narrow, light and dark, whole and with errors', async () => {
  const { dsl, ictManager } = b.s.people;
  const hurt = await b.tell(b.s.people.year8, { kind: 'hurtful-message', words: 'They write to me.', part: 'saw' });
  const grave = await b.tell(null, { kind: 'misuse', words: 'A picture goes round.', picture: 'yes', name: 'Robin' });
  const fault = await b.tell(
    b.s.people.staff,
    { kind: 'filter-failure', words: 'All is open.', children: 'yes', names: 'Zed Pupil' },
    true,
  );
  const nominated = await b.role(b.s.people.staff, 'nominated-person');
  for (const way of WAYS) {
    const look = async (who: TestPerson | null, paths: readonly string[]) => {
      const context = await window(who, way);
      const page = await context.newPage();
      for (const path of paths) {
        await page.goto(origin + path);
        await clean(
          page,
          `${path.slice(1).replaceAll(/[/?=]/g, '-').replace(b.s.slug, 'school')}-${who ? 'in' : 'out'}-${way.viewport.width}`,
        );
      }
      await context.close();
    };
    await look(null, [b.to, `${b.to}/fault`, '/tell/code', '/tell/received']);
    await look(dsl, ['/told', '/told?q=nothing', `/told/${grave.reference}`, `/told/${fault.reference}`]);
    await look(ictManager, [`/told/${fault.reference}`]);
    await look(nominated, [`/told/${hurt.reference}`]);
    const context = await window(null, way);
    const page = await context.newPage();
    for (const path of [b.to, `${b.to}/fault`]) {
      await page.goto(origin + path);
      await page.getByRole('button', { name: 'Send this' }).click();
      await page.getByRole('alert').waitFor();
      await clean(page, `error${path.endsWith('fault') ? '-fault' : ''}-${way.viewport.width}`);
    }
    await context.close();
  }
});
