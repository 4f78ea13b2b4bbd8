import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestClock } from '#core/clock.ts';
import { testDatabase } from '#testing/database.ts';
import { BLOCK_PAGE, wholeHouse } from '#testing/house.ts';
import { compileLists } from './lists.service.ts';
import { filteringSchool, testFolder } from './testing.ts';

/** Loopback like our own address, and yet another one. */
const ELSEWHERE = '127.0.0.2';
const SWAPS = 2;
/** Compiling has low priority, so the load leaves it something. */
const PAUSE = 5;

test('lists are swapped under continuous DNS and proxy load without one failed or wrong answer, and each new list is live in seconds', async () => {
  const t = await testDatabase();
  const file = join(testFolder({ 'games/domains': '' }), 'games/domains');
  const list = (n: number) =>
    `always-closed.example\n${Array.from({ length: n }, (_, i) => `swap-${i + 1}.example\n`).join('')}`;
  writeFileSync(file, list(0));
  const school = await filteringSchool(t, { lists: join(file, '../..'), clock: new TestClock(Date.now()) });
  await t.asOwner(
    `insert into registered_address (school_id, cidr, label, profile) values ($1, '127.0.0.1/32', 'Room 4', 'pupil-8')`,
    [school.id],
  );
  await t.asOwner(`update school set settings = '{"allowedPrivate": ["127.0.0.0/8"]}' where id = $1`, [school.id]);
  const origin = createServer((_q, r) => r.end('a page')).listen(0, ELSEWHERE);
  await new Promise((ready) => origin.once('listening', ready));
  const { port } = origin.address() as AddressInfo;
  const house = await wholeHouse(t, school, ELSEWHERE);
  try {
    await until(() => house.dns('open.example'), ELSEWHERE);
    let loaded = true;
    const answers = new Map<string, number>();
    const wrong: string[] = [];
    const keepAsking = async (what: string, ask: () => Promise<string>, expected: string) => {
      while (loaded) {
        const answer = await ask().catch(String);
        answers.set(what, (answers.get(what) ?? 0) + 1);
        if (answer !== expected) wrong.push(`${what}: ${answer}`);
        await new Promise((r) => setTimeout(r, PAUSE));
      }
    };
    const fetch = async (url: string) => {
      const { status, body } = await house.fetch(url);
      return status === 200 ? body : String(status);
    };
    let n = 0;
    const load = [
      ...[1, 2, 3].map(() => keepAsking('open names', () => house.dns(`name-${n++}.example`), ELSEWHERE)),
      keepAsking('closed names', () => house.dns(`sub-${n++}.always-closed.example`), BLOCK_PAGE),
      ...[1, 2].map(() => keepAsking('open pages', () => fetch(`http://page-${n++}.example:${port}/`), 'a page')),
      keepAsking('closed pages', () => fetch('http://always-closed.example/'), '403'),
    ];
    for (let swap = 1; swap <= SWAPS; swap++) {
      writeFileSync(file, list(swap));
      school.clock.advance(1000);
      await compileLists(school.deps, school.id);
      const began = Date.now();
      await until(() => house.dns(`swap-${swap}.example`), BLOCK_PAGE);
      assert.ok(Date.now() - began < 10_000);
    }
    loaded = false;
    await Promise.all(load);
    assert.deepEqual(wrong, []);
    assert.equal(answers.size, 4);
    for (const [what, count] of answers) assert.ok(count > 20, `${count} ${what}`);
  } finally {
    await house.stop();
    origin.closeAllConnections();
    origin.close();
    await t.drop();
  }
});

async function until(ask: () => Promise<string>, expected: string): Promise<void> {
  let last = '';
  for (let i = 0; i < 200 && last !== expected; i++) {
    last = await ask();
    if (last !== expected) await new Promise((r) => setTimeout(r, 50));
  }
  assert.equal(last, expected);
}
