import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bareSchool, compilePolicy, decide, SHIPPED_POLICIES, shippedPolicy } from '#policy/index.ts';
import { taxonomy } from './policies.service.ts';
import { sayWindow, sectionsOf, whoGetsWhat } from './policy.page.ts';

const categories = taxonomy().categories;
const NOON = Date.UTC(2026, 10, 3, 12, 40);
const NIGHT = Date.UTC(2026, 10, 3, 23, 0);

test('the table says of every profile and category what the filter answers', () => {
  for (const id of SHIPPED_POLICIES) {
    const compiled = compilePolicy(shippedPolicy(id), categories, bareSchool('Europe/London'));
    const matrix = whoGetsWhat(compiled, categories, '');
    assert.equal(matrix.groups.flatMap((g) => g.rows).length, categories.length);
    for (const profile of compiled.profiles) {
      const column = matrix.columns.findIndex((c) => c.names.includes(profile.name));
      assert.ok(column >= 0, profile.name);
      for (const row of matrix.groups.flatMap((g) => g.rows)) {
        const cell = row.cells.length === 1 ? row.cells[0] : row.cells[column];
        assert.ok(cell, row.category);
        const now = [NOON, NIGHT].map((at) => decide(compiled, profile.id, { categories: [row.category], at }).outcome);
        if (cell.tone === 'open') assert.deepEqual(now, ['allow', 'allow'], `${id} ${profile.id} ${row.category}`);
        if (cell.tone === 'closed') assert.deepEqual(now, ['block', 'block'], `${id} ${profile.id} ${row.category}`);
        const { because } = decide(compiled, profile.id, { categories: [row.category], at: NIGHT });
        if (cell.tone === 'closed' && cell.answer !== 'Never') assert.equal(cell.rule, because.rule);
      }
    }
  }
});

test('the table can be searched by name and by what a kind of site is about', () => {
  const compiled = compilePolicy(shippedPolicy('secondary-school'), categories, bareSchool('Europe/London'));
  const rows = (q: string) => whoGetsWhat(compiled, categories, q).groups.flatMap((g) => g.rows.map((r) => r.category));
  assert.deepEqual(rows('GAMBLING'), ['gambling']);
  assert.deepEqual(rows('no such kind'), []);
});

test('time windows read as people say them', () => {
  assert.equal(sayWindow({ days: [1, 2, 3, 4, 5], from: '12:30', to: '13:15' }), 'Mon–Fri 12:30–13:15');
  assert.equal(sayWindow({ days: [6, 3], from: '09:00', to: '10:00' }), 'Wed, Sat 09:00–10:00');
  assert.equal(sayWindow({ days: [2], from: '09:00', to: '10:00' }), 'Tue 09:00–10:00');
});

test('clauses stand under their sections, every one of them, in the document’s order', () => {
  const document = shippedPolicy('tuition-centre');
  assert.deepEqual(new Set(sectionsOf(document).flatMap((s) => s.clauses)), new Set(document.clauses));
  assert.equal(sectionsOf(document)[0]?.title, document.clauses[0]?.section);
});
