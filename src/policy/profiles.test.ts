import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profileFor } from './compile.ts';
import { policyOf } from './fixture.ts';
import { parsePolicy } from './parse.ts';
import { SHIPPED_POLICIES, shippedPolicy } from './shipped.ts';
import type { Profile } from './types.ts';

const profile = (id: string, match: Profile['match'], audience: Profile['audience'] = 'pupil'): Profile => ({
  id,
  name: id,
  audience,
  clause: 'rules.all',
  match,
  blocks: {},
  uncategorised: 'allow',
});
const DOC = policyOf({
  profiles: [
    profile('exam-class', { kinds: ['pupil'], groups: ['11C'] }),
    profile('key-stage-3', { kinds: ['pupil'], years: [7, 8, 9] }),
    profile('key-stage-4', { kinds: ['pupil'], years: [10, 11] }),
    profile('sixth-form', { kinds: ['pupil'], years: [12, 13] }),
    profile('safeguarding', { kinds: ['staff'], roles: ['dsl'] }, 'staff'),
    profile('staff', { kinds: ['staff'] }, 'staff'),
    profile('unidentified', {}),
  ],
});

test('FIL-06 a profile is of a year, a key stage, the sixth form, a class, a role or a kind of person', () => {
  const of = (person: Parameters<typeof profileFor>[1]) => profileFor(DOC, person);
  assert.equal(of({ kind: 'pupil', year: 8, group: '8B' }), 'key-stage-3');
  assert.equal(of({ kind: 'pupil', year: 11, group: '11A' }), 'key-stage-4');
  assert.equal(of({ kind: 'pupil', year: 11, group: '11C' }), 'exam-class');
  assert.equal(of({ kind: 'pupil', year: 12 }), 'sixth-form');
  assert.equal(of({ kind: 'staff', roles: ['teacher'] }), 'staff');
  assert.equal(of({ kind: 'staff', roles: ['teacher', 'dsl'] }), 'safeguarding');
  assert.equal(of({ kind: 'staff' }), 'staff', 'nobody is known to hold a role');
  assert.equal(of({ kind: 'parent' }), 'unidentified', 'whom no profile takes has the strictest');
});

test('FIL-06 a document may say classes and roles, and one that names no role of ours is refused', () => {
  const sound = { ...shippedPolicy('secondary-school'), meta: DOC.meta };
  const withRoles = (roles: unknown) =>
    JSON.stringify({
      ...sound,
      profiles: sound.profiles.map((p) => (p.id === 'governor' ? { ...p, match: { ...p.match, roles } } : p)),
    });
  assert.deepEqual(
    parsePolicy(withRoles(['lead-governor']), 'It').profiles.find((p) => p.id === 'governor')?.match.roles,
    ['lead-governor'],
  );
  assert.throws(() => parsePolicy(withRoles(['caretaker']), 'It'), /roles/);
});

test('FIL-06 in the shipped policies each year and kind of person has a profile of its own', () => {
  for (const id of SHIPPED_POLICIES) {
    const doc = shippedPolicy(id);
    for (const year of [7, 8, 9, 10, 11, 12, 13]) {
      assert.notEqual(profileFor(doc, { kind: 'pupil', year }), 'unidentified', `${id} year ${year}`);
    }
    assert.equal(profileFor(doc, { kind: 'staff' }), 'staff');
  }
  const school = shippedPolicy('secondary-school');
  assert.equal(profileFor(school, { kind: 'pupil', year: 13 }), 'sixth-form');
});
