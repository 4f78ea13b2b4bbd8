import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Refusal } from '#core/errors.ts';
import { type Lint, type PolicyDocument, shippedPolicy } from '#policy/index.ts';
import { policyLint } from './policy-lint.ts';

const CLI = join(import.meta.dirname, 'cli.ts');
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-lint-'));
after(() => rmSync(folder, { recursive: true }));

const SCHOOL = new URL('../../policies/secondary-school.json', import.meta.url).pathname;
const TODAY = '2026-11-22';

/** Runs the command as people do, with a data folder and a database that are not there. */
function run(...args: string[]) {
  const env = {
    ...process.env,
    GATEHOUSE_DATA: join(folder, 'none'),
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}
function file(content: string | Uint8Array): string {
  const path = join(folder, 'policy.json');
  writeFileSync(path, content);
  return path;
}

test('GOV-34 policy lint names the contradictions of a file under headings, and ends with 3', () => {
  const { status, stdout, stderr } = run('policy', 'lint', SCHOOL, '--today', TODAY);
  assert.equal(status, 3, stderr);
  assert.equal(stderr, '');
  assert.match(stdout, /Contradictions \(\d+\)\n {2}Different answers to one question\n {4}- /);
  assert.match(stdout, /rule COM-01 says not allowed[\s\S]*until settled: The stricter rule holds/i);
  assert.match(stdout, /To put right \(\d+\)[\s\S]*Questions for the school \(\d+\)/);
  assert.match(stdout, /\[clause \d+\.\d+/);
  assert.match(stdout, /Contradictions not settled: \d+\. Until then the stricter rule holds\.\n$/);
});

test('policy lint ends with 0 when every contradiction is settled, and says so', (context) => {
  const printed: string[] = [];
  context.mock.method(console, 'log', (text: string) => printed.push(text));
  const doc = shippedPolicy('secondary-school');
  assert.equal(policyLint(SCHOOL, { json: true, today: TODAY }), 3);
  const found = JSON.parse(printed.pop() ?? '') as Lint[];
  const settled: PolicyDocument['settled'] = found
    .filter((l) => l.severity === 'clash')
    .map((l) => ({ clash: l.key, decision: 'Settled.', reason: 'Decided.', by: 'dsl', on: '2026-11-01' }));
  assert.ok(settled.length > 5);
  const path = file(JSON.stringify({ ...doc, settled }));
  assert.equal(policyLint(path, { json: false, today: TODAY }), 0);
  assert.match(printed.join('\n'), /settled: Settled\.[\s\S]*No contradiction is unsettled\.$/);
});

test('a file that is no policy ends with 1 and a line for every fault', () => {
  const doc = JSON.parse(readFileSync(SCHOOL, 'utf8'));
  doc.notice.clause = 'no.where';
  doc.rules[0].clause = 'no.where';
  const { status, stdout, stderr } = run('policy', 'lint', file(JSON.stringify(doc)));
  assert.deepEqual([status, stdout], [1, '']);
  const lines = stderr.split('\n').map((line) => line.trim());
  assert.match(lines[0] ?? '', /policy\.json is not a policy this program can keep:$/);
  const nowhere = 'expected the id of a clause of this document; found "no.where"';
  assert.ok(lines.includes(`/notice/clause: ${nowhere}`) && lines.includes(`/rules/0/clause: ${nowhere}`), stderr);
  assert.doesNotMatch(stderr, /\bat .*\.ts:\d/, 'no stack trace');
});

test('a file that cannot be read, is far too large or is no text, and a day that is none, are each one sentence', () => {
  const cases: [path: string, today: string, message: RegExp][] = [
    [join(folder, 'none.json'), TODAY, /none\.json cannot be read/],
    [folder, TODAY, /cannot be read/],
    [file(Buffer.alloc(50_000_000, '[')), TODAY, /too large to be a policy/],
    [SCHOOL, '2026-02-30', /"2026-02-30" is not a day/],
  ];
  for (const [path, today, message] of cases) {
    assert.throws(
      () => policyLint(path, { json: false, today }),
      (e) => e instanceof Refusal && message.test(e.message),
    );
  }
});

test('a wrong command ends with 2 and the help, which says what the ends mean', () => {
  const { status, stderr } = run('policy', 'lint');
  assert.equal(status, 2);
  assert.match(stderr, /policy lint FILE[\s\S]*--json[\s\S]*--today[\s\S]*ends with 0 .*3/);
});
