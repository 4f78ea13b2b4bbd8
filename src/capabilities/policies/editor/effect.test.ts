import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadTaxonomy } from '#filter/index.ts';
import { SCHOOL } from '#policy/fixture.ts';
import { type Cell, type PolicyDocument, SHIPPED_POLICIES, shippedPolicy } from '#policy/index.ts';
import { type EffectContext, effectOf } from './effect.rules.ts';
import { setCell } from './matrices.rules.ts';

const taxonomy = loadTaxonomy().categories;
const [secondary, tuition] = SHIPPED_POLICIES.map((id) => shippedPolicy(id, taxonomy)) as [
  PolicyDocument,
  PolicyDocument,
];
const context: EffectContext = {
  facts: SCHOOL,
  taxonomy,
  today: '2026-11-23',
  people: [
    { kind: 'pupil', year: 8, n: 120 },
    { kind: 'pupil', year: 12, n: 110 },
    { kind: 'pupil', year: 13, n: 104 },
    { kind: 'staff', year: null, n: 94 },
  ],
};
const open: Cell = { value: 'times', windows: [{ days: [1, 2, 3, 4, 5], from: '12:20', to: '13:10', term: true }] };
const all = (effect: ReturnType<typeof effectOf>) =>
  effect.groups.flatMap((g) => g.lines.map((l) => `${g.title}: ${l.said} | ${l.before}`));

test('the same document does nothing differently, whichever it is', () => {
  for (const doc of [secondary, tuition]) {
    const effect = effectOf(doc, structuredClone(doc), context);
    assert.deepEqual(effect, { groups: [], clashes: [], gone: [], texts: [], changes: 0 });
  }
});

test('GOV-33 an opened cell is told for each profile with its times and its people', () => {
  const now = setCell(setCell(tuition, 'COM-08', 'pupil', open), 'UAR-24', 'pupil', open);
  const effect = effectOf(tuition, now, context);
  const web = effect.groups.find((g) => g.title === 'On the web')?.lines ?? [];
  const line = web.find((l) => /open Mon–Fri 12:20–13:10 in term/.test(l.said));
  assert.ok(line, JSON.stringify(all(effect)));
  assert.match(line.before, /^closed/);
  assert.equal(line.people, 334);
  const ask = effect.groups.find((g) => g.title.includes('May I'))?.lines ?? [];
  assert.ok(
    ask.some((l) => /pupils: allowed Mon–Fri 12:20–13:10 in term/.test(l.said)),
    JSON.stringify(all(effect)),
  );
});

test('UAR-26 a cell that a stricter row keeps closed changes no answer, and the contradiction is told with its clauses', () => {
  const now = setCell(tuition, 'UAR-20', 'pupil', { value: 'allowed' });
  const effect = effectOf(setCell(tuition, 'UAR-20', 'pupil', { value: 'not-allowed' }), now, context);
  assert.ok(effect.changes > 0);
  const stricter = setCell(tuition, 'COM-08', 'pupil', { value: 'not-allowed' });
  const same = effectOf(stricter, setCell(stricter, 'UAR-24', 'pupil', { value: 'allowed' }), context);
  assert.deepEqual(
    same.groups.filter((g) => g.title === 'On the web'),
    [],
  );
  assert.ok(same.clashes.length > 0);
  assert.match(same.clashes[0]?.said ?? '', /^This would contradict clauses? [\d.]+/);
});

test('COM-12 a list without people and times without windows open nothing, so nothing is told', () => {
  const closed = setCell(secondary, 'COM-08', 'staff', { value: 'not-allowed' });
  for (const cell of [
    { value: 'times', windows: [] },
    { value: 'selected', people: [] },
  ] as Cell[]) {
    const effect = effectOf(closed, setCell(closed, 'COM-08', 'staff', cell), context);
    assert.deepEqual(
      effect.groups.filter((g) => g.title === 'On the web'),
      [],
    );
  }
});

test('GOV-33 a setting is told by its own sentence, and one that nothing obeys yet says so', () => {
  const now = {
    ...secondary,
    passwords: { ...secondary.passwords, minLength: 20 },
    settings: { ...secondary.settings, technicalSupplier: 'outside-provider' as const },
  };
  const lines = effectOf(secondary, now, context).groups.find((g) => g.title === 'Settings')?.lines ?? [];
  assert.equal(lines.find((l) => l.said.includes('20 characters'))?.later, false);
  assert.equal(lines.find((l) => l.said.includes('provider from outside'))?.later, true);
});

test('one school’s policy instead of the other’s is told in full, in well under a second', () => {
  const began = performance.now();
  const effect = effectOf(secondary, tuition, context);
  assert.ok(performance.now() - began < 3000);
  assert.deepEqual(
    effect.groups.map((g) => g.title),
    [
      'On the web',
      'When somebody asks “May I?”',
      'Devices on the network',
      'Settings',
      'Duties',
      'Sanctions offered in a case',
    ],
  );
});
