import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain } from '#platform/documents/index.ts';
import { decide, SHIPPED_POLICIES } from '#policy/index.ts';
import { published } from './fixture.ts';
import { wordsOf } from './policy.words.ts';
import { answerFor, columnsOf, sayWindow, whoGetsWhat } from './who-gets-what.ts';

const NOON = Date.UTC(2026, 10, 3, 12, 40);
const NIGHT = Date.UTC(2026, 10, 3, 23, 0);

test('the table says of every profile and category what the filter answers', () => {
  for (const id of SHIPPED_POLICIES) {
    const { document, compiled, categories } = published(id);
    const columns = columnsOf(compiled.profiles);
    assert.equal(columns.flat().length, compiled.profiles.length);
    for (const [profile, ...same] of columns) {
      for (const category of categories) {
        const cell = answerFor(category, profile?.cells[category.id]?.[0]);
        for (const p of [profile, ...same]) {
          assert.ok(p);
          const ask = (at: number) => decide(compiled, p.id, { categories: [category.id], at });
          const now = [NOON, NIGHT].map((at) => ask(at).outcome);
          const what = `${id} ${p.id} ${category.id}`;
          if (cell.tone === 'open') assert.deepEqual(now, ['allow', 'allow'], what);
          if (cell.tone === 'closed') assert.deepEqual(now, ['block', 'block'], what);
          if (cell.tone === 'closed' && cell.answer !== 'Never') assert.equal(cell.rule, ask(NIGHT).because.rule, what);
        }
      }
    }
    const tables = whoGetsWhat(compiled, categories, wordsOf(document)).flatMap((b) => (b.kind === 'table' ? [b] : []));
    const named = tables.flatMap((t) => t.rows.map((r) => plain(r[0] ?? '')));
    for (const { name } of categories) assert.equal(named.filter((n) => n === name).length, 1, name);
  }
});

test('time windows read as people say them', () => {
  const at = (days: number[], from: string, to: string) => sayWindow({ days, from, to });
  assert.equal(at([1, 2, 3, 4, 5], '12:30', '13:15'), 'Mon–Fri 12:30–13:15');
  assert.equal(at([6, 3], '09:00', '10:00'), 'Wed, Sat 09:00–10:00');
  assert.equal(at([2], '09:00', '10:00'), 'Tue 09:00–10:00');
  assert.equal(sayWindow({ days: [2], from: '09:00', to: '10:00', dates: [] }), 'Tue 09:00–10:00 in term');
});
