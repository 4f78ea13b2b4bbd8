import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CustodyStep, custodyOf } from './custody.rules.ts';

let minute = 0;
const step = (act: CustodyStep['act'], more: Partial<CustodyStep> = {}): CustodyStep => ({
  at: new Date(Date.UTC(2026, 10, 3, 9, minute++)),
  act,
  from: null,
  to: null,
  place: null,
  seal: null,
  ...more,
});
const flaws = (...steps: CustodyStep[]) => custodyOf(steps).flaws.map((f) => f.kind);

test('EVI-08 an unbroken chain has no flaw and says who has the item, where, and under which seal', () => {
  const chain = [
    step('taken', { from: 'A pupil', to: 'Dina Sharp', place: 'DSL office' }),
    step('sealed', { seal: 'B-100' }),
    step('placed', { place: 'Safe' }),
    step('handed-over', { from: 'dina sharp', to: 'Hetty Vale', place: 'Head’s safe', seal: 'B-100' }),
    step('to-police', { from: 'Hetty Vale', to: 'PC Example', place: 'Ashshire Police' }),
  ];
  const custody = custodyOf(chain);
  assert.deepEqual(custody, { holder: 'PC Example', place: 'Ashshire Police', seal: 'B-100', flaws: [] });
  assert.deepEqual(custodyOf([...chain].reverse()), custody, 'the order of writing does not matter, the times do');
});

test('EVI-08 somebody who passes on what nobody gave them is a gap; who passes on what they gave away is an overlap', () => {
  const start = () => step('taken', { to: 'Dina' });
  assert.deepEqual(flaws(start(), step('handed-over', { from: 'Hetty', to: 'Sid' })), ['gap']);
  const twice = [
    start(),
    step('handed-over', { from: 'Dina', to: 'Hetty' }),
    step('handed-over', { from: 'Dina', to: 'Sid' }),
  ];
  assert.deepEqual(flaws(...twice), ['overlap']);
  assert.deepEqual(flaws(start(), step('taken', { to: 'Sid' })), ['overlap']);
  assert.deepEqual(flaws(step('handed-over', { from: 'Dina', to: 'Sid' })), ['no-start']);
});

test('EVI-08 a seal that was not on it, or was never opened, is flagged', () => {
  const start = () => [step('taken', { to: 'Dina' }), step('sealed', { seal: 'B-1' })];
  assert.deepEqual(flaws(...start(), step('opened', { seal: 'B-1' }), step('sealed', { seal: 'B-2' })), []);
  assert.deepEqual(flaws(...start(), step('opened', { seal: 'B-2' })), ['seal']);
  assert.deepEqual(flaws(...start(), step('sealed', { seal: 'B-2' })), ['seal']);
  assert.deepEqual(flaws(...start(), step('handed-over', { from: 'Dina', to: 'Sid', seal: 'B-9' })), ['seal']);
});

test('EVI-08 whatever is recorded, the holder is the last who is said to have received it', () => {
  const acts = ['taken', 'placed', 'sealed', 'opened', 'handed-over', 'returned', 'to-police'] as const;
  const name = fc.constantFrom('Dina', 'Hetty', 'Sid', 'PC Example');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...acts), name, name), { maxLength: 12 }), (rows) => {
      const steps = rows.map(([act, from, to]) => step(act, { from, to }));
      const last = steps.findLast((s) => ['taken', 'handed-over', 'returned', 'to-police'].includes(s.act));
      assert.equal(custodyOf(steps).holder, last?.to ?? null);
    }),
  );
});
