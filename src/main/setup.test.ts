import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '#core/clock.ts';
import { readConfig } from '#platform/config.ts';
import type { Deps } from '#platform/deps.ts';
import { createLog } from '#platform/log.ts';
import { schools } from '#platform/school.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { setupFromFile } from './setup.ts';

const EXAMPLE = new URL('../../docs/school.example.json', import.meta.url);
let t: TestDatabase;
let deps: Deps;
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-setup-'));
before(async () => {
  t = await testDatabase();
  await t.asOwner(
    `insert into installation (signing_private, signing_public, ledger_key, setup_digest) values ('private', 'public', $1, $1)`,
    [Buffer.alloc(32)],
  );
  deps = { db: t.db, clock: systemClock, log: createLog('test', () => undefined), config: readConfig({}, folder) };
});
after(async () => {
  await t.drop();
  rmSync(folder, { recursive: true });
});

const file = (text: string): string => {
  const path = join(folder, 'school.json');
  writeFileSync(path, text);
  return path;
};

test('a file that cannot be read, is no JSON or is wrong is refused with every place that is wrong', async () => {
  await assert.rejects(setupFromFile(deps, join(folder, 'none.json')), /none\.json cannot be read/);
  await assert.rejects(setupFromFile(deps, file('{ nothing')), /school\.json is not JSON/);
  const wrong = JSON.parse(readFileSync(EXAMPLE, 'utf8'));
  wrong.policy = 'primary';
  wrong.dsl.email = 7;
  await assert.rejects(
    setupFromFile(deps, file(JSON.stringify(wrong))),
    /cannot be used yet:\n[\s\S]*\/policy: Expected one of secondary-school, tuition-centre[\s\S]*\/dsl\/email: Expected/,
  );
  assert.deepEqual(await schools(t.db), []);
});

test('FIL-04 a file that makes one person administrator and DSL is refused', async () => {
  const one = JSON.parse(readFileSync(EXAMPLE, 'utf8'));
  one.dsl = one.administrator;
  await assert.rejects(setupFromFile(deps, file(JSON.stringify(one))), /must be two people/);
  assert.deepEqual(await schools(t.db), []);
});

test('the example file sets up a school, prints both first passwords and enrols this machine’s gateway', async (context) => {
  const printed: string[] = [];
  context.mock.method(console, 'log', (line: string) => printed.push(line));
  await setupFromFile(deps, EXAMPLE.pathname);
  assert.match(printed.join('\n'), /r\.alder\s+\S+-\S+-\S+[\s\S]*m\.rowan\s+\S+-\S+-\S+/);
  const enrolment = JSON.parse(readFileSync(join(folder, 'data/gateway/enrolment.json'), 'utf8'));
  assert.equal(enrolment.control, 'http://127.0.0.1:8080');
  assert.equal(enrolment.publicKey, 'public');
  assert.deepEqual(await t.asOwner('select setup_digest from installation'), [{ setup_digest: null }]);
});
