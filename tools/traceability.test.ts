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
  assert.equal(
    readFileSync(join(ROOT, 'docs/traceability.md'), 'utf8'),
    report(rows, found),
    'run "npm run traceability"',
  );
});

test('the whole catalogue is read: 483 rows and the 36 terms of agreements', () => {
  const rows = catalogue(readFileSync(join(ROOT, 'docs/requirements.md'), 'utf8'));
  assert.equal(rows.filter((r) => !r.id.startsWith('AGR-T')).length, 483);
  assert.equal(rows.filter((r) => r.id.startsWith('AGR-T')).length, 36);
});

test('a test that names a row which does not exist is found', () => {
  const named = proofs('x.test.ts', `test('FIL-99 something', () => {});\n  await t.test("IDA-01, IDA-03 two", f)`);
  assert.deepEqual(
    named.map((p) => p.id),
    ['FIL-99', 'IDA-01', 'IDA-03'],
  );
});
