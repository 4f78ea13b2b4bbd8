import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bareSchool, compilePolicy, profileFor } from './compile.ts';
import { decide } from './decide.ts';
import { compiled, policyOf, taxonomy } from './fixture.ts';
import { SHIPPED_POLICIES, shippedPolicy } from './shipped.ts';
import { type Cell, type PolicyDocument, STRICTNESS } from './types.ts';

const clause = 'rules.all';

test('a rule that names a category nobody knows is refused', () => {
  const cells = { staff: { value: 'not-allowed' }, pupil: { value: 'not-allowed' } } as const;
  const doc = policyOf({ rules: [{ id: 'X-1', name: 'x', clause, action: 'x', categories: ['knitting'], cells }] });
  assert.throws(() => compiled(doc), { kind: 'invalid', message: /\/rules\/0\/categories\/0: .*"knitting"/ });
});

test('a time zone nobody knows is refused', () => {
  assert.throws(() => compilePolicy(policyOf(), taxonomy, bareSchool('Mars/Base')), { code: 'policy.time-zone' });
});

test('every category lists its cells strictest first', () => {
  for (const id of SHIPPED_POLICIES) {
    for (const { cells } of compiled(shippedPolicy(id)).profiles) {
      for (const list of Object.values(cells)) {
        const order = list.map((c) => STRICTNESS[c.cell.value]);
        assert.deepEqual(
          order,
          order.toSorted((a, b) => b - a),
        );
      }
    }
  }
});

test('a compiled policy survives being sent: it decides the same after JSON', () => {
  for (const id of SHIPPED_POLICIES) {
    const policy = compiled(shippedPolicy(id));
    const sent = JSON.parse(JSON.stringify(policy)) as typeof policy;
    assert.deepEqual(sent, policy);
    assert.deepEqual(Object.keys(sent.categories), Object.keys(policy.categories));
  }
});

test('FIL-01 whoever is not identified may open nothing that is closed to anybody', () => {
  const cell = fc.constantFrom<Cell>(
    { value: 'allowed' },
    { value: 'not-allowed' },
    { value: 'permission' },
    { value: 'selected', people: ['person-1'] },
    { value: 'times', windows: [{ days: [1, 3, 5], from: '06:00', to: '18:00' }] },
  );
  const cells = fc.record({ staff: cell, pupil: cell, guest: cell });
  const names = ['games', 'blogs', 'shopping'];
  const anyDocument = fc
    .tuple(
      fc.array(cells, { maxLength: 4 }),
      fc.array(fc.subarray(names), { minLength: 2, maxLength: 2 }),
      fc.boolean(),
    )
    .map(([rows, blocks, allow]): PolicyDocument => {
      const doc = policyOf();
      return {
        ...doc,
        rules: rows.map((c, i) => ({
          id: `X-${i}`,
          name: 'x',
          clause,
          action: 'x',
          categories: [names[i % 3] ?? ''],
          cells: c,
        })),
        profiles: doc.profiles.map((p, i) => ({
          ...p,
          blocks: Object.fromEntries((blocks[i] ?? []).map((c) => [c, clause])),
          uncategorised: allow ? 'allow' : p.uncategorised,
        })),
      };
    });
  fc.assert(
    fc.property(
      anyDocument,
      fc.subarray([...names, 'news']),
      fc.integer({ min: 0, max: 4e12 }),
      (doc, categories, at) => {
        const policy = compiled(doc);
        const outcome = (profile: string) => decide(policy, profile, { categories, at, person: 'person-1' }).outcome;
        if (outcome('unidentified') === 'allow')
          assert.deepEqual([outcome('pupil'), outcome('staff')], ['allow', 'allow']);
      },
    ),
  );
});

test('the first profile that takes a person is theirs, and whom none takes is unidentified', () => {
  const school = shippedPolicy('secondary-school');
  const centre = shippedPolicy('tuition-centre');
  const cases = [
    [school, { kind: 'pupil', year: 7 }, 'pupil-7'],
    [school, { kind: 'pupil', year: 11 }, 'pupil-11'],
    [school, { kind: 'pupil', year: 12 }, 'sixth-form'],
    [school, { kind: 'pupil', year: 13 }, 'sixth-form'],
    [school, { kind: 'pupil', year: 3 }, 'unidentified'],
    [school, { kind: 'pupil', year: null }, 'unidentified'],
    [school, { kind: 'pupil' }, 'unidentified'],
    [school, { kind: 'staff' }, 'staff'],
    [school, { kind: 'staff', year: 9 }, 'staff'],
    [school, { kind: 'governor' }, 'governor'],
    [school, { kind: 'parent' }, 'guest'],
    [school, { kind: 'volunteer' }, 'guest'],
    [school, { kind: 'visitor' }, 'guest'],
    [centre, { kind: 'pupil', year: 0 }, 'pupil-primary'],
    [centre, { kind: 'pupil', year: 6 }, 'pupil-primary'],
    [centre, { kind: 'pupil', year: 7 }, 'pupil-secondary'],
    [centre, { kind: 'governor' }, 'staff'],
  ] as const;
  for (const [doc, person, profile] of cases) assert.equal(profileFor(doc, person), profile);
});
