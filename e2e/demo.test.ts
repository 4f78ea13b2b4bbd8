import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '#testing/browser.ts';
import { createWorld, type Running, type World } from './harness.ts';

/** The demonstration school, seen by each of its people on a desktop and on a phone. */

let world: World;
let it: Running;
let browser: Browser;
let signIns: { username: string; password: string }[];

before(async () => {
  world = await createWorld();
  it = await world.start({ args: ['--demo'] });
  browser = await launchBrowser();
  signIns = [...it.output().matchAll(/ {2}(demo-[a-z-]+) +(\S+)$/gm)].map((m) => ({
    username: m[1] ?? '',
    password: m[2] ?? '',
  }));
});
after(async () => {
  await browser?.close();
  await world?.close();
});

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds against WCAG 2.2 AA, one line each. */
async function violations(page: Page): Promise<string[]> {
  // Evaluated from outside the page, so its content security policy stays as strict as it is.
  return page.evaluate(`${AXE}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
    .then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).join(', ')))`) as Promise<
    string[]
  >;
}

test('the demonstration prints a sign-in for every role', () => {
  assert.ok(signIns.length >= 12, it.output());
  for (const role of ['dsl', 'deputy', 'head', 'ict', 'administrator', 'teacher', 'governor', 'parent', 'pupil']) {
    assert.ok(
      signIns.some((s) => s.username.includes(role)),
      role,
    );
  }
});

test('each of them finds every page of their own navigation in order: no error, nothing off the phone’s edge, WCAG 2.2 AA', async () => {
  const checked = new Set<string>();
  for (const { username, password } of signIns) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('console', (m) => m.type() === 'error' && problems.push(m.text()));
    page.on('pageerror', (e) => problems.push(e.message));
    page.on('response', (r) => r.status() >= 400 && problems.push(`${r.status()} ${r.url()}`));
    await page.goto(`${it.pages}/sign-in`);
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: /sign in/i }).click();
    await page.waitForURL(`${it.pages}/`);
    const links = (await page
      .locator('nav a')
      .evaluateAll((as) => as.map((a) => a.getAttribute('href') ?? ''))) as string[];
    const paths = [...new Set(['/', '/me', ...links])].filter((p) => p.startsWith('/'));
    for (const path of paths) {
      const answer = await page.goto(it.pages + path);
      assert.equal(answer?.status(), 200, `${username} ${path}`);
      assert.match(await page.title(), /Gatehouse/);
      // A page that many see alike is looked at closely once; Today is another page for each.
      if (path !== '/' && checked.has(path)) continue;
      checked.add(path);
      assert.deepEqual(await violations(page), [], `${username} ${path}`);
      await page.setViewportSize({ width: 390, height: 844 });
      const over = (await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')) as number;
      assert.ok(over <= 0, `${username} ${path} is ${over} px wider than a phone`);
      await page.setViewportSize({ width: 1280, height: 900 });
    }
    assert.deepEqual(problems, [], username);
    await context.close();
  }
  assert.ok(checked.size >= 9, [...checked].join());
});

test('the pages that anybody may open work without script, in the dark, and by keyboard', async () => {
  const context = await browser.newContext({
    javaScriptEnabled: false,
    colorScheme: 'dark',
    viewport: { width: 390, height: 844 },
  });
  const page = await context.newPage();
  for (const path of ['/sign-in', '/tell', '/ask?site=games.gatehouse-test.example', '/policy', '/help/devices']) {
    assert.equal((await page.goto(it.pages + path))?.status(), 200, path);
    await page.keyboard.press('Tab');
    assert.match(
      await page.locator(':focus').innerText(),
      /skip|main/i,
      `${path}: the first stop of the keyboard leads past the navigation`,
    );
  }
  await context.close();
});

test('a second start of the demonstration finds it as it was left', async () => {
  await it.stop();
  it = await world.start({ args: ['--demo'], data: it.data });
  assert.equal([...it.output().matchAll(/ {2}(demo-[a-z-]+) +(\S+)$/gm)].length, signIns.length);
});
