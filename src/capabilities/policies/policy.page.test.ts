import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shippedPolicy } from '#policy/index.ts';
import { sectionsOf } from './policy.page.ts';

test('clauses stand under their sections, every one of them, in the document’s order', () => {
  const document = shippedPolicy('tuition-centre');
  assert.deepEqual(new Set(sectionsOf(document).flatMap((s) => s.clauses)), new Set(document.clauses));
  assert.equal(sectionsOf(document)[0]?.title, document.clauses[0]?.section);
});
