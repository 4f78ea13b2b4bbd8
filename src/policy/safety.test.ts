import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compiled } from './fixture.ts';
import { safetyFor } from './safety.ts';
import { shippedPolicy } from './shipped.ts';
import { safetyOf } from './snapshot.ts';
import type { PolicyDocument } from './types.ts';

const safety = (doc: PolicyDocument) => safetyFor(doc, compiled(doc));
const PROGRAMS = ['executables', 'scripts', 'disk-images'];

test('every pupil profile, guests and the unidentified search safely, in both shipped policies', () => {
  for (const id of ['secondary-school', 'tuition-centre'] as const) {
    const doc = shippedPolicy(id);
    for (const { id: profile, audience } of doc.profiles) {
      const { safeSearch, youtube } = safetyOf({ safety: safety(doc) }, profile);
      assert.deepEqual([safeSearch, youtube !== 'none'], audience === 'staff' ? [false, false] : [true, true], profile);
    }
    assert.equal(safety(doc).unidentified?.youtube, 'strict');
  }
});

test('SEC-10 staff may not fetch programs, under the clause that says so', () => {
  for (const [id, clause] of [
    ['secondary-school', 'agreements.adult-form'],
    ['tuition-centre', 'use.programs'],
  ] as const) {
    const refused = safety(shippedPolicy(id)).staff?.refusedFiles;
    for (const group of PROGRAMS) assert.equal(refused?.[group], clause, `${id} ${group}`);
  }
});

test('FIL-09 what a policy leaves open is not refused, and anything between open and closed is', () => {
  const doc = shippedPolicy('tuition-centre');
  const withStaff = (value: 'allowed' | 'permission'): PolicyDocument => ({
    ...doc,
    rules: doc.rules.map((r) =>
      r.action === 'fetch-programs' ? { ...r, cells: { ...r.cells, staff: { value } } } : r,
    ),
  });
  const refused = (value: 'allowed' | 'permission') => Object.keys(safety(withStaff(value)).staff?.refusedFiles ?? {});
  assert.deepEqual(refused('allowed'), ['macros']);
  assert.deepEqual(refused('permission'), [...PROGRAMS, 'macros']);
  // Open to staff is not open to somebody who might be a pupil.
  assert.ok('executables' in (safety(withStaff('allowed')).unidentified?.refusedFiles ?? {}));
});

test('a profile of which nothing is said has the strictest', () => {
  for (const settings of [{}, { safety: {} }]) {
    for (const profile of ['staff', 'constructor', '__proto__']) {
      const { safeSearch, youtube, refusedFiles } = safetyOf(settings, profile);
      assert.deepEqual([safeSearch, youtube, Object.keys(refusedFiles).length], [true, 'strict', 4]);
    }
  }
});
