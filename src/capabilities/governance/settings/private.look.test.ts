import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { HOUR } from '#core/clock.ts';
import { launchBrowser } from '#testing/browser.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { governanceRoom } from '../index.ts';

/** Set it to a folder to keep pictures of what was looked at. */
const PICTURES = process.env.LOOK_AT;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
let browser: Browser;
let origin: string;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'secondary-school' });
  pages = await pagesFor(s.deps, governanceRoom(s.deps, { onEnrolled: () => undefined }));
  origin = await pages.app.listen({ host: '127.0.0.1', port: 0 });
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await pages.close();
  await t.drop();
});

const WAYS = [
  { width: 1280, colorScheme: 'light' },
  { width: 390, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const;

/** A page without script, as somebody sees it on a desk and on a phone, light and dark: it fits, and axe finds nothing. */
async function look(page: Page, name: string): Promise<void> {
  for (const { width, colorScheme } of WAYS) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    const wide = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    assert.ok(Number(wide) <= 0, `${name} is ${wide} wider than ${width}`);
    const found =
      await page.evaluate(`${AXE}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
      .then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).join(', ')))`);
    assert.deepEqual(found, [], `${name} at ${width}`);
    if (PICTURES)
      await page.screenshot({ path: join(PICTURES, `${name}-${width}-${colorScheme}.png`), fullPage: true });
  }
}

async function at(part: Part, path: string): Promise<Page> {
  const context = await browser.newContext();
  const [name = '', value = ''] = pages.as(s.people[part]).cookie.split('=');
  await context.addCookies([{ name, value, url: origin }]);
  const page = await context.newPage();
  await page.goto(`${origin}${path}`);
  return page;
}
const words = (page: Page) => page.locator('main').innerText();
const press = (page: Page, name: RegExp) => page.getByRole('button', { name }).click();

test('FIL-04 an opening of the school’s own addresses is asked for, refused, asked for again and agreed to, by three people', async () => {
  const ada = await at('administrator', '/settings/private');
  await look(ada, 'empty');
  const range = ada.getByLabel('Private addresses the proxy may reach');
  await range.fill('10.1.20.0/24\nfd00:1::/64');
  await press(ada, /^Save/);
  assert.match(await words(ada), /Say why, in at least 10 letters/);
  await look(ada, 'no-reason');
  await ada.getByLabel(/^Why/).fill('The library’s catalogue stands on a server of our own.');
  await press(ada, /^Save/);
  assert.match(await words(ada), /It waits for a second person/);
  assert.equal(await ada.getByRole('button', { name: /Agree/ }).count(), 0);
  await look(ada, 'asked');

  const ivo = await at('ictManager', '/');
  await ivo.getByRole('link', { name: /own network waits for you/ }).click();
  await press(ivo, /^Refuse/);
  assert.match(await words(ivo), /Say why, in at least 10 letters/);
  await look(ivo, 'refuse-no-reason');
  await ivo.getByLabel(/^Why/).fill('The catalogue needs one address only.');
  await press(ivo, /^Refuse/);
  assert.match(await words(ivo), /Ivo Nash refused/);

  s.clock.advance(HOUR);
  await range.fill('10.1.20.15');
  await ada.getByLabel(/^Why/).fill('The library’s catalogue: one address only.');
  await press(ada, /^Save/);
  const fay = await at('filterApprover', '/');
  await fay.getByRole('link', { name: /own network waits for you/ }).click();
  await look(fay, 'to-decide');
  await ivo.goto(`${origin}/settings#private`);
  await look(ivo, 'settings');
  await press(fay, /^Agree/);
  assert.match(await words(fay), /Agreed and opened[\s\S]*Fay Orchard agreed/);
  await look(fay, 'decided');
  await ada.goto(`${origin}/settings`);
  assert.match(await ada.locator('#private').innerText(), /10\.1\.20\.15\/32/);

  await range.fill('');
  await ada.locator('#private').getByRole('button', { name: /^Save/ }).click();
  assert.match(await words(ada), /Closed\. Gateways follow/);
  assert.match(await words(ada), /None is open/);
});
