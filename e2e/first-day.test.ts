import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as dnsPacket from 'dns-packet';
import pg from 'pg';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '#testing/browser.ts';
import { createWorld, eventually, type Running, type World } from './harness.ts';

/** A school's first day, from the setup link to a closed case: one story, told in order, all of it through real browsers, sockets and mail. */

let world: World;
let it: Running;
let browser: Browser;
const passwords = new Map<string, string>();
const OWN = 'Copper-Kettle-81!';

before(async () => {
  world = await createWorld();
  it = await world.start();
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await world?.close();
});

/** A browser of its own; `throughProxy` makes it a pupil's device that was pointed at Gatehouse. */
async function device(throughProxy = false): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext(
    throughProxy ? { proxy: { server: `http://127.0.0.1:${it.proxy.port}`, bypass: '127.0.0.1' } } : {},
  );
  return { context, page: await context.newPage() };
}

async function signIn(page: Page, username: string, password = OWN): Promise<void> {
  await page.goto(`${it.pages}/sign-in`);
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: /sign in/i }).click();
}

/** The first password leads to the form that changes it, and nowhere else. */
async function firstSignIn(page: Page, username: string): Promise<void> {
  await signIn(page, username, passwords.get(username));
  await page.goto(`${it.pages}/me`);
  assert.equal(new URL(page.url()).pathname, '/password', 'a first password opens nothing else');
  await page.getByLabel('New password', { exact: true }).fill(OWN);
  await page.getByLabel('New password once more').fill(OWN);
  await page.getByRole('button', { name: 'Save password' }).click();
  await page.waitForURL((url) => url.pathname !== '/password');
}

/** Signed in at this address, a person is who the filter thinks the device is; signed out, nobody. */
const signOut = (page: Page) =>
  page
    .getByRole('button', { name: 'Sign out' })
    .or(page.getByRole('link', { name: 'Sign out' }))
    .click();

const site = (name: string) => `http://${name}:${world.site.port}/`;

test('FIL-04 the setup page takes a school in one go, and refuses one person as both administrator and DSL', async () => {
  const { page, context } = await device();
  const [link] = /http:\S+\/setup\/\S+/.exec(it.output()) ?? [];
  assert.ok(link);
  await page.goto(link);
  const fill = (name: string, value: string) => page.locator(`[name="${name}"]`).fill(value);
  await fill('/school/name', 'Ashgrove School');
  await fill('/site', 'Main site');
  await page
    .getByLabel(/secondary/i)
    .first()
    .check();
  for (const part of ['administrator', 'dsl']) {
    await fill(`/${part}/name`, part === 'dsl' ? 'Merle Rowan' : 'Robin Alder');
    await fill(`/${part}/username`, 'r.alder');
    await fill(`/${part}/email`, `${part}@ashgrove.example`);
  }
  await fill('/terms/0/name', 'Autumn');
  await fill('/terms/0/starts', '2026-09-02');
  await fill('/terms/0/ends', '2026-12-18');
  await page.getByRole('button', { name: 'Set up the school' }).click();
  await page.getByText('There is something to put right').waitFor();
  assert.equal(await page.locator('[name="/school/name"]').inputValue(), 'Ashgrove School', 'what was typed is kept');
  await fill('/dsl/username', 'm.rowan');
  await page.getByRole('button', { name: 'Set up the school' }).click();
  await page.getByText('Your school is set up').waitFor();
  for (const row of await page.locator('tbody tr').all()) {
    const [username = '', password = ''] = await row.locator('code').allInnerTexts();
    passwords.set(username, password);
  }
  assert.deepEqual([...passwords.keys()].sort(), ['m.rowan', 'r.alder']);
  await page.goto(link);
  await page.getByText('This setup link does not work').waitFor();
  await context.close();
});

test('IDA-01, IDA-03 people come from a CSV file, line by line, each with a first password that works once', async () => {
  const { page, context } = await device();
  await firstSignIn(page, 'r.alder');
  await page.goto(`${it.pages}/people/import`);
  await page.getByText('Paste lines instead').click();
  await page
    .locator('[name=text]')
    .fill(
      [
        'Username,Forename,Surname,Kind,Year Group,Email',
        'p.wren,Pipit,Wren,pupil,8,',
        's.finch,Sorrel,Finch,pupil,12,',
        't.birch,Tansy,Birch,staff,,t.birch@ashgrove.example',
        'd.maple,Dara,Maple,staff,,d.maple@ashgrove.example',
        'P.Wren,Another,Wren,pupil,9,',
      ].join('\n'),
    );
  await page.getByRole('button', { name: 'See what it would do' }).click();
  const fault = page.getByRole('table', { name: 'Lines with a fault' });
  assert.match(await fault.innerText(), /6\s+p\.wren/i, 'the second p.wren is refused, whatever its case');
  await page.getByRole('button', { name: /import|add|confirm|do it/i }).click();
  const download = page.waitForEvent('download');
  await page.getByText('Download first passwords').click();
  const lines = readFileSync(await (await download).path(), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  for (const line of lines) {
    const cells = line
      .replaceAll('"', '')
      .split(',')
      .map((c) => c.trim());
    const username = cells.find((c) => /^[a-z]\.[a-z]+$/.test(c)) ?? '';
    passwords.set(username, cells.at(-1) ?? '');
  }
  assert.ok(passwords.has('p.wren') && passwords.has('d.maple'), [...passwords.keys()].join());

  // A deputy, so that the DSL is not alone.
  await page.goto(`${it.pages}/people?q=maple`);
  await page.getByRole('link', { name: 'Dara Maple' }).click();
  await page.getByText('Give a role').click();
  await page.getByLabel('Role', { exact: true }).selectOption('dsl');
  await page.getByLabel('As', { exact: true }).selectOption('deputy');
  await page.getByRole('button', { name: 'Give this role' }).click();
  await page.goto(`${it.pages}/settings`);
  await page.locator('[name=allowedPrivate]').fill('127.0.0.0/8');
  await page.locator('#private').getByRole('button', { name: 'Save' }).click();
  assert.match(
    await page.locator('main').innerText(),
    /is not a private address or range/,
    'not even the administrator lets the proxy reach this machine',
  );
  await signOut(page);
  await context.close();
});

test('while the web sites of this story stand on this machine, only who owns the database can let the proxy reach them', async () => {
  await openThisMachine(['127.0.0.0/8']);
});

test('FIL-01 a device that nobody signed in to gets the strictest profile, by DNS and by proxy', async () => {
  await it.said(/snapshot\.used/, 20_000);
  await eventually(async () => (await ask('gambling.gatehouse-test.example')).answers?.length, 20_000);
  const { page, context } = await device(true);
  await eventually(async () => (await page.goto(site('quiet.example')))?.status() === 403);
  assert.match(await page.locator('body').innerText(), /Sign in/);
  await context.close();
});

test('FIL-19 a blocked name answers with the block page’s address, and says why in the DNS itself (RFC 8914)', async () => {
  const answer = await ask('gambling.gatehouse-test.example');
  const [a] = (answer.answers ?? []) as { data?: string }[];
  assert.equal(a?.data, it.block.address);
  const opt = answer.additionals?.find((x) => x.type === 'OPT') as
    | { options?: { code: number; data: Buffer }[] }
    | undefined;
  const ede = opt?.options?.find((o) => o.code === 15)?.data;
  assert.match(ede?.subarray(2).toString() ?? '', /Gambling/);
  const { status, body } = await getAs('gambling.gatehouse-test.example', it.block.port);
  assert.equal(status, 403);
  assert.match(body, /Gambling/);
});

let pupil: { context: BrowserContext; page: Page };
let dsl: { context: BrowserContext; page: Page };

test('MON-04 a pupil is told of monitoring at sign-in, then the rules for a Year 8 apply', async () => {
  dsl = await device();
  await firstSignIn(dsl.page, 'm.rowan');
  await dsl.page.goto(`${it.pages}/alerts`);
  await dsl.page.getByText('This list is live.').waitFor();

  pupil = await device(true);
  await pupil.page.goto(`${it.pages}/sign-in`);
  assert.match(await pupil.page.locator('body').innerText(), /Before you sign in/);
  await firstSignIn(pupil.page, 'p.wren');
  await eventually(async () => {
    const answer = await pupil.page.goto(site('quiet.example'));
    return (
      answer?.status() === 200 && (await pupil.page.locator('h1').innerText()).startsWith('Welcome to quiet.example')
    );
  });
  const blocked = await pupil.page.goto(site('games.gatehouse-test.example'));
  assert.equal(blocked?.status(), 403);
  const text = await pupil.page.locator('main').innerText();
  assert.match(text, /games\.gatehouse-test\.example/);
  assert.match(text, /Clause \d/);
  assert.match(text, /Tell someone/);
  assert.ok(Buffer.byteLength(await pupil.page.content()) < 30 * 1024);
  assert.ok(!world.site.seen.some((r) => r.host.startsWith('games.')), 'nothing was asked of the blocked site');
});

test('FIL-02, FIL-19 an address of the illegal list is blocked for the administrator too, in neutral words, with no way to ask', async () => {
  const { page, context } = await device(true);
  const answer = await page.goto(site('child-abuse.gatehouse-test.example'));
  assert.equal(answer?.status(), 403);
  const text = await page.locator('main').innerText();
  assert.match(text, /This page cannot be opened/);
  assert.doesNotMatch(text.replace('Childline', ''), /child|abuse|illegal|clause|rule/i);
  assert.equal(await page.locator('a[href*="/ask"]').count(), 0);
  await context.close();
});

test('crisis help opens for everybody', async () => {
  const name = 'help.gatehouse-test.example';
  const answer = await pupil.page.goto(site(name));
  assert.equal(answer?.status(), 200);
});

test('MON-07, ALR-10 a look at self-harm stands on the DSL’s live page within two seconds, and in the mail without a name', async () => {
  const before = world.mail.letters.length;
  const from = Date.now();
  await pupil.page.goto(site('self-harm.gatehouse-test.example'));
  const words = await pupil.page.locator('main').innerText();
  assert.match(words, /Childline|Samaritans/);
  await dsl.page
    .getByRole('link', { name: /self-harm/i })
    .first()
    .waitFor({ timeout: 2_000 });
  const took = Date.now() - from;
  assert.ok(took < 2_000, `${took} ms`);
  const letter = await eventually(
    () => world.mail.letters.slice(before).find((l) => /dsl@ashgrove\.example/.test(l)),
    15_000,
  );
  const subject = /^Subject: (.*(?:\r?\n\s.*)*)/m.exec(letter)?.[1] ?? '';
  assert.match(subject, /Gatehouse/);
  assert.doesNotMatch(letter, /Wren|Pipit|p\.wren/i);
  assert.doesNotMatch(await dsl.page.locator('main').innerText(), /Wren/);
});

test('INC-23 the alert becomes a case that cannot be closed without an outcome, and is closed with one', async () => {
  const { page } = dsl;
  await page
    .getByRole('link', { name: /self-harm/i })
    .first()
    .click();
  assert.match(await page.locator('main').innerText(), /Pipit Wren/);
  await page.keyboard.press('a');
  await page.getByRole('button', { name: 'Open a case' }).waitFor();
  await page.getByRole('button', { name: 'Open a case' }).click();
  await page.waitForURL(/\/cases\/C-/);
  const reference = new URL(page.url()).pathname;
  await page
    .locator('#assign select[name=person]')
    .selectOption({ label: 'Merle Rowan' })
    .catch(async () => {
      const option = page.locator('#assign select[name=person] option', { hasText: 'Merle Rowan' });
      await page.locator('#assign select[name=person]').selectOption((await option.getAttribute('value')) ?? '');
    });
  await page.getByRole('button', { name: 'Give the case' }).click();
  const step = async (action: string) => {
    await page.goto(it.pages + reference);
    const details = page.locator(`details#${action}:not([open])`);
    if (await details.count()) await details.locator('summary').click();
    return page.locator(`#${action}`);
  };
  const help = await step('support');
  await help.locator('textarea').fill('Met with the pupil; the nurse will see her tomorrow.');
  await help.getByRole('button', { name: 'Record the help' }).click();
  const resolve = await step('resolve');
  await resolve.getByRole('button', { name: 'Everything is done' }).click();
  assert.match(await page.locator('main').innerText(), /Choose one/);
  const note = await step('note');
  await note.locator('textarea').fill('Home was called and knows.');
  await note.getByRole('button', { name: 'Add the note' }).click();
  const inform = await step('inform');
  await inform.getByLabel('were told').check();
  await inform.locator('textarea').fill('Rang at noon; they come in tomorrow.');
  await inform.getByRole('button', { name: 'Record it' }).click();
  const entered = await step('record');
  await entered.locator('input[name=reference]').fill('R-1');
  await entered.getByRole('button', { name: 'Record the reference' }).click();
  const end = await step('resolve');
  await end.getByLabel('Support is in place').check();
  await end.getByRole('button', { name: 'Everything is done' }).click();
  const sign = await step('close');
  await sign.getByRole('button', { name: 'Sign and close' }).click();
  await page.goto(it.pages + reference);
  const story = await page.locator('main').innerText();
  assert.match(story, /Closed/);
  assert.match(story, /the nurse will see her tomorrow/);
  await page.goto(`${it.pages}/alerts`);
  assert.equal(await page.getByRole('link', { name: /self-harm/i }).count(), 0, 'the alert is no longer open');
});

test('MON-01, MON-11 activity shows what was asked without names, and a name only for a reason, which is recorded', async () => {
  // The DSL knows this pupil's name since the alert; her deputy does not.
  const { page, context } = await device();
  await firstSignIn(page, 'd.maple');
  await page.goto(`${it.pages}/activity`);
  const list = await page.locator('main').innerText();
  assert.match(list, /games\.gatehouse-test\.example/);
  assert.match(list, /quiet\.example/);
  assert.doesNotMatch(list, /Wren/);
  await page.getByRole('link', { name: 'Who?' }).first().click();
  const reason = page.locator('textarea[name=reason], input[name=reason]');
  await reason.fill('no');
  await page.locator('main form:has([name=reason]) button').click();
  assert.doesNotMatch(await page.locator('main').innerText(), /Pipit Wren/, 'two letters are no reason');
  await reason.fill('Following up a concern of her tutor');
  await page.locator('main form:has([name=reason]) button').click();
  await page.getByText('Pipit Wren').first().waitFor();
  await page.goto(`${it.pages}/activity/look-ups`);
  assert.match(await page.locator('main').innerText(), /Following up a concern of her tutor/);
  await context.close();
});

test('ALR-09 the page to tell someone works without signing in, and what is told reaches the DSL', async () => {
  const { page, context } = await device();
  await page.goto(`${it.pages}/tell`);
  await page.locator('[name=words]').fill('Somebody keeps sending me messages that frighten me.');
  await page.getByLabel('It happened to me').check();
  await page
    .getByRole('group', { name: /safe now/ })
    .getByLabel('I am not sure')
    .check();
  await page.getByRole('button', { name: 'Send this' }).click();
  assert.match(await page.locator('main').innerText(), /R-[A-Z0-9]{6}/);
  await context.close();
  await dsl.page.goto(`${it.pages}/alerts`);
  await dsl.page
    .locator('main')
    .getByRole('link', { name: /told us/i })
    .first()
    .click();
  assert.match(await dsl.page.locator('main').innerText(), /messages that frighten me/);
});

test('the proxy leads to none of Gatehouse’s own pages once the school’s servers are closed again', async () => {
  await openThisMachine([]);
  await eventually(async () => (await pupil.page.goto(site('quiet.example')))?.status() === 403);
});

test('SEC-12 after such a day the ledger verifies, and a changed line of activity is found', async () => {
  const { spawnSync } = await import('node:child_process');
  const verify = () =>
    spawnSync(process.execPath, ['src/main/cli.ts', 'ledger', 'verify'], {
      encoding: 'utf8',
      env: { ...process.env, GATEHOUSE_DATA: it.data },
    });
  await sleep(6_000); // the sealer's own pace
  const good = verify();
  assert.equal(good.status, 0, good.stderr);
  assert.match(good.stdout, /Everything is as it was written/);
  const owner = new pg.Client({ connectionString: readFileSync(`${it.data}/control/database-url`, 'utf8') });
  await owner.connect();
  await owner.query(`update activity set host = 'harmless.example' where host like 'self-harm.%'`);
  await owner.end();
  const bad = verify();
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, /FAULT: /);
});

async function openThisMachine(ranges: string[]): Promise<void> {
  const owner = new pg.Client({ connectionString: readFileSync(`${it.data}/control/database-url`, 'utf8') });
  await owner.connect();
  await owner.query(
    `update school set settings = settings || jsonb_build_object('allowedPrivate', $1::jsonb), snapshot_number = snapshot_number + 60000`,
    [JSON.stringify(ranges)],
  );
  await owner.query(`select pg_notify('gatehouse_feed', id::text) from school`);
  await owner.end();
}

/** A page asked for as a browser would whose DNS led it to this port. */
function getAs(host: string, port: number): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, headers: { host, accept: 'text/html' } }, (answer) => {
      let body = '';
      answer.on('data', (d) => {
        body += d;
      });
      answer.on('end', () => resolve({ status: answer.statusCode, body }));
    })
      .on('error', reject)
      .end();
  });
}

/** One question to the gateway's DNS, with EDNS, over UDP. */
async function ask(name: string): Promise<dnsPacket.Packet> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4');
  try {
    return await new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('no answer')), 3_000).unref();
      socket.on('message', (m) => resolve(dnsPacket.decode(m)));
      const query = dnsPacket.encode({
        type: 'query',
        id: 7,
        flags: dnsPacket.RECURSION_DESIRED,
        questions: [{ type: 'A', name }],
        additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [] } as never],
      });
      socket.send(query, it.dns.port, it.dns.address);
    });
  } finally {
    socket.close();
  }
}
