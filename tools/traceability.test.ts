import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './imports.ts';
import { catalogue, proofs, read, report } from './traceability.ts';

test('every row that a test names exists in the catalogue', () => {
  assert.deepEqual(read().unknown, []);
});

test('docs/traceability.md is in step with the tests', () => {
  const { rows, found } = read();
  const inStep = readFileSync(join(ROOT, 'docs/traceability.md'), 'utf8') === report(rows, found);
  assert.ok(inStep, 'run "npm run traceability"');
});

test('the whole catalogue is read: 483 rows, 36 terms of agreements, 43 differences, 17 clashes and 58 duties', () => {
  const rows = catalogue(readFileSync(join(ROOT, 'docs/requirements.md'), 'utf8'));
  const count = (of: RegExp) => rows.filter((r) => of.test(r.id)).length;
  assert.deepEqual([/^AGR-T/, /^D\d/, /^K\d/, /^CAL-/].map(count), [36, 43, 17, 58]);
  assert.equal(rows.length, 483 + 36 + 43 + 17 + 58);
});

test('a test that names a row which does not exist is found', () => {
  const named = proofs('x.test.ts', `test('FIL-99 something', () => {});\n  await t.test("IDA-01, IDA-03..05 two", f)`);
  assert.deepEqual(
    named.map((p) => p.id),
    ['FIL-99', 'IDA-01', 'IDA-03', 'IDA-04', 'IDA-05'],
  );
});
