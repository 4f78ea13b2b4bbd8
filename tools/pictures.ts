import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '#testing/browser.ts';
import { temporaryFolder } from '#testing/folder.ts';
import { ROOT } from './imports.ts';

/** Takes the pictures of README.md from the demonstration school: `npm run pictures`. */

const OUT = join(ROOT, 'docs/images');
const PASSWORD = 'Lantern-Gate-24';

const freePort = () =>
  new Promise<number>((resolve) => {
    const s = createServer().listen(0, '127.0.0.1', () => {
      const { port } = s.address() as { port: number };
      s.close(() => resolve(port));
    });
  });

const folder = temporaryFolder('pictures');
const [http, dns, proxy, block] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
const pages = `http://127.0.0.1:${http}`;
const program = spawn(process.execPath, [join(ROOT, 'src/main/start.ts'), '--demo'], {
  env: {
    ...process.env,
    GATEHOUSE_DATA: folder,
    GATEHOUSE_HTTP: `127.0.0.1:${http}`,
    GATEHOUSE_DNS: `127.0.0.1:${dns}`,
    GATEHOUSE_PROXY: `127.0.0.1:${proxy}`,
    GATEHOUSE_BLOCK: `127.0.0.1:${block}`,
  },
  stdio: ['ignore', 'ignore', 'pipe'],
});
await new Promise<void>((ready) => program.stderr.on('data', (d) => String(d).includes('snapshot.used') && ready()));

const browser = await launchBrowser();
mkdirSync(OUT, { recursive: true });
try {
  const dsl = await signIn(await browser.newContext({ viewport: { width: 1200, height: 860 } }), 'demo-dsl');
  await take(dsl, 'today', '/');
  await take(dsl, 'activity', '/activity');
  await take(dsl, 'may-i', '/may-i?q=May+a+Year+9+pupil+use+a+messaging+app+at+lunch%3F');
  await take(dsl, 'coverage', '/policy/coverage');
  await take(dsl, 'policy', '/policy?q=messaging');
  await dsl.goto(`${pages}/alerts`);
  await dsl
    .getByRole('link', { name: /Self-harm/ })
    .first()
    .click();
  await dsl.screenshot({ path: join(OUT, 'alert.png') });
  const pupil = await signIn(
    await browser.newContext({
      viewport: { width: 390, height: 760 },
      proxy: { server: `http://127.0.0.1:${proxy}`, bypass: '127.0.0.1' },
    }),
    'demo-pupil',
  );
  // The gateway hears of the sign-in within a second.
  await pupil.waitForTimeout(1_500);
  await pupil.goto('http://games.gatehouse-test.example/');
  await pupil.screenshot({ path: join(OUT, 'block-page.png') });
} finally {
  await browser.close();
  const ended = new Promise((r) => program.once('exit', r));
  program.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true });
}

async function signIn(context: BrowserContext, username: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${pages}/sign-in`);
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.waitForURL(`${pages}/`);
  return page;
}

async function take(page: Page, name: string, path: string): Promise<void> {
  await page.goto(pages + path);
  await page.screenshot({ path: join(OUT, `${name}.png`) });
}
