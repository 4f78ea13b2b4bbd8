import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '#testing/browser.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor } from '#testing/web.ts';
import { SESSION_COOKIE } from '#web/index.ts';
import { type SearchSchool, searchSchool } from './fixture.ts';

/** A search as it is done: on a phone in a corridor, without script, in light and dark; and the DSL at a desk. */

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = process.env.SHOTS;
let t: TestDatabase;
let b: SearchSchool;
let pages: Pages;
let url: string;
let chromium: Browser;
before(async () => {
  t = await testDatabase();
  b = await searchSchool(t);
  pages = await pagesFor(b.s.deps, b.room);
  url = await pages.app.listen({ host: '127.0.0.1', port: 0 });
  chromium = await launchBrowser();
});
after(async () => {
  await chromium.close();
  await pages.close();
  await t.drop();
});

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
async function pageOf(part: Part, options: Parameters<Browser['newContext']>[0]): Promise<Page> {
  pages.as(b.s.people[part]);
  const context = await chromium.newContext({ locale: 'en-GB', ...options });
  await context.addCookies([{ name: SESSION_COOKIE, value: b.s.people[part].id, url }]);
  return context.newPage();
}

/** WCAG 2.2 AA by axe, nothing wider than the screen, and a picture where somebody wants to look. */
async function sound(page: Page, name: string): Promise<void> {
  const faults = await page.evaluate(
    `${AXE}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
      .then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target).join(' ')))`,
  );
  assert.deepEqual(faults, [], name);
  assert.equal(
    await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
    true,
    `${name} fits the screen`,
  );
  if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

test('SRC-19 SRC-21 a teacher searches, takes, examines and stops on a phone without script; the DSL decides; every page is sound', async () => {
  // axe needs script to look, the pages need none: what they do is done with script off.
  const phone = await pageOf('teacher', { ...PHONE, javaScriptEnabled: false });
  const look = await pageOf('teacher', { ...PHONE, bypassCSP: true });
  const see = async (name: string) => {
    await look.goto(phone.url());
    await sound(look, name);
  };
  const press = (name: string) => phone.getByRole('button', { name, exact: true }).click();

  await phone.goto(`${url}/device-searches`);
  await see('list-empty');
  await phone.getByRole('link', { name: 'Begin a search' }).click();
  await see('new');
  await phone.getByLabel('Find by name').fill('Zed');
  await phone.getByLabel('Find by name').press('Enter');
  await phone.getByLabel('Zed Pupil').check();
  await phone.getByLabel('Which device').fill('Black phone, blue case');
  await press('Save and go on');
  await phone.getByText('Judge first whether it can wait.').first().waitFor();
  await phone.getByLabel('No', { exact: true }).check();
  await phone.getByLabel('What makes it urgent').fill('Nobody is hurt and he is calm.');
  await phone.getByLabel('Who else could be at risk').fill('Nobody that we know of just now.');
  if (SHOTS) await phone.screenshot({ path: join(SHOTS, 'new-error.png'), fullPage: true });
  await press('Save and go on');

  await phone.getByRole('heading', { name: 'On which ground?' }).waitFor();
  await see('ground');
  await phone.getByLabel('School rules name it').check();
  await phone
    .getByLabel('What the school rules name')
    .selectOption('A phone, watch or tablet that is on where it must be off');
  await phone.getByLabel('The facts').fill('It rang twice in the library.');
  await press('Save this ground');
  await phone.getByRole('heading', { name: 'Ask for advice' }).waitFor();
  await see('advise');
  await phone.getByLabel('Whom you asked').selectOption({ index: 1 });
  await phone.getByLabel('What they advised').fill('Go on, and have a colleague with you.');
  await press('Save the advice');
  await see('explain');
  await phone.getByLabel('I have explained').check();
  await phone.getByLabel('What the pupil asked').fill('Nothing');
  await press('Save and go on');
  await phone.getByLabel('Yes', { exact: true }).check();
  await phone.getByLabel('What happened then').fill('Took it out of his bag.');
  await press('Save and go on');
  await phone.getByLabel('What was searched').fill('The bag. The phone was in it.');
  await press('Save the search');
  await see('searched');
  await phone.getByRole('link', { name: 'Take the device' }).click();
  await phone.getByLabel('What is taken').fill('Black phone, cracked corner');
  await phone.getByLabel('Where it is kept').fill('Safe in the main office');
  await see('confiscate');
  await press('Record that it was taken');
  await see('taken');
  await phone.getByRole('link', { name: 'Receipt', exact: true }).click();
  await see('receipt');
  await phone.goBack();
  await phone.getByRole('link', { name: 'A good reason to look' }).click();
  await see('examine');
  await phone.getByLabel('It has been or could be used to hurt somebody').check();
  await phone.getByLabel('The facts behind it').fill('A pupil is afraid of a film that is on it.');
  await press('Record the reason');
  await see('examined');

  const [reference = ''] = /D-[A-Z0-9]{6}/.exec(phone.url()) ?? [];
  await phone.getByText('It may hold an indecent picture of a child').click();
  await phone.getByRole('button', { name: 'Stop, and alert the safeguarding lead' }).click();
  await phone.getByText('Locked for everybody').waitFor();
  await phone.getByRole('heading', { name: 'Do not look' }).waitFor();
  await see('locked');
  const dark = await pageOf('teacher', { ...PHONE, bypassCSP: true, colorScheme: 'dark' });
  for (const [name, path] of [
    ['locked', reference],
    ['list', ''],
    ['how', 'how'],
    ['note', `${reference}/note`],
    ['complaints', 'complaints'],
  ] as const) {
    await dark.goto(`${url}/device-searches/${path}`.replace(/\/$/, ''));
    await sound(dark, `${name}-dark`);
  }

  const desk = await pageOf('dsl', { viewport: { width: 1280, height: 900 }, bypassCSP: true });
  await desk.goto(`${url}/device-searches`);
  await sound(desk, 'list-desk');
  await desk.getByRole('link', { name: reference }).click();
  await sound(desk, 'locked-desk');
  await desk.getByRole('link', { name: 'Your decision as safeguarding lead' }).click();
  await sound(desk, 'decide-desk');
  await desk.getByLabel('The police: tell them').check();
  await desk.getByLabel('Why', { exact: true }).fill('The guidance asks for it here.');
  await desk.getByLabel('Edition of “Searching and confiscation”').fill('2018');
  await desk.getByLabel('Edition of “Sharing nudes').fill('2024');
  await desk.getByRole('button', { name: 'Record the decision' }).click();
  await desk.getByText('The edition to use is of 2022.').waitFor();
  await sound(desk, 'decided-desk');
  await desk.goto(`${url}/device-searches/how`);
  await sound(desk, 'how-desk');
  await look.goto(`${url}/device-searches/how`);
  await sound(look, 'how');

  const head = await pageOf('head', { ...PHONE, bypassCSP: true });
  await head.goto(`${url}/device-searches/authorised`);
  await sound(head, 'authorised');
  const pupil = await pageOf('year8', { ...PHONE, bypassCSP: true });
  await pupil.goto(`${url}/device-searches/complaints`);
  await pupil.getByLabel('What happened, and what should be done').fill('I did nothing wrong and want it back.');
  await pupil.getByRole('button', { name: 'Send it' }).click();
  await pupil.getByText('We have your complaint').waitFor();
  await sound(pupil, 'complaints-pupil');
  await desk.goto(`${url}/device-searches/complaints`);
  await desk.getByRole('link', { name: /^K-/ }).click();
  await sound(desk, 'complaint-desk');
  await desk.goto(`${url}/device-searches/${reference}/receipt`);
  await desk.emulateMedia({ media: 'print' });
  if (SHOTS) await desk.screenshot({ path: join(SHOTS, 'receipt-print.png'), fullPage: true });
});
