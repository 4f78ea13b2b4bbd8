import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Workflow } from './workflow.ts';

interface Facts {
  readonly paid: boolean;
}
const paid = { name: 'paid', check: (f: Facts) => (f.paid ? null : 'It has not been paid.') };
const flow = new Workflow<'open' | 'done' | 'void', 'finish' | 'cancel', 'clerk' | 'boss', Facts>('order', [
  { from: 'new', action: 'finish', to: 'open', who: ['clerk'], guards: [] },
  { from: 'open', action: 'finish', to: 'done', who: ['clerk', 'boss'], guards: [paid] },
  { from: 'open', action: 'finish', to: 'void', who: ['boss'], guards: [] },
  { from: 'open', action: 'cancel', to: 'void', who: ['boss'], guards: [] },
]);

test('what is not listed is refused, whoever asks', () => {
  const v = flow.judge('done', 'cancel', ['clerk', 'boss'], { paid: true });
  assert.deepEqual([v.ok, !v.ok && v.code], [false, 'not-listed']);
});

test('a listed action is refused to those who are not named, and says who may', () => {
  const v = flow.judge('open', 'cancel', ['clerk'], { paid: true });
  assert.ok(!v.ok && v.code === 'not-yours' && /Only boss may/.test(v.reason));
  assert.equal(flow.judge('open', 'cancel', [], { paid: true }).ok, false);
});

test('a guard that does not hold refuses in its own words; another row of the action may still serve', () => {
  const clerk = flow.judge('open', 'finish', ['clerk'], { paid: false });
  assert.ok(!clerk.ok && clerk.code === 'guard' && clerk.guard === 'paid' && clerk.reason === 'It has not been paid.');
  assert.deepEqual(flow.judge('open', 'finish', ['boss'], { paid: false }), { ok: true, to: 'void' });
  assert.deepEqual(flow.judge('open', 'finish', ['clerk'], { paid: true }), { ok: true, to: 'done' });
});

test('a screen offers just what the table gives to the parts somebody holds', () => {
  assert.deepEqual(flow.offered('open', ['clerk']), ['finish']);
  assert.deepEqual(flow.offered('open', ['boss']), ['finish', 'cancel']);
  assert.deepEqual(flow.offered('void', ['boss']), []);
});

test('a row that stands twice is a mistake of the table and refused at start', () => {
  const row = { from: 'open' as const, action: 'finish' as const, to: 'done' as const, who: [], guards: [] };
  assert.throws(() => new Workflow('x', [row, row]), /stands twice/);
});

test('the diagram has an arrow for each row', () => {
  assert.match(flow.diagram(), /\[\*\] --> open: finish\n.*open --> done: finish/);
  assert.equal(flow.diagram().split('\n').length, 5);
});
