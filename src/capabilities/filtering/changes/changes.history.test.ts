import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { heldPeriods } from './changes.history.ts';
import { HOLDING } from './changes.store.ts';

const STATES = ['draft', 'asked', 'approved', 'refused', 'to-review', 'lifting', 'withdrawn', 'expired'] as const;

test('FCR-03 a change held from its approval until it was withdrawn, also while its lifting was asked for', () => {
  const step = (to: (typeof STATES)[number], at: number) => ({ to, at: new Date(at) });
  assert.deepEqual(heldPeriods([step('asked', 1), step('approved', 2), step('withdrawn', 9)]), [{ from: 2, until: 9 }]);
  assert.deepEqual(heldPeriods([step('to-review', 1), step('approved', 3), step('lifting', 5), step('approved', 6)]), [
    { from: 1, until: null },
  ]);
  assert.deepEqual(heldPeriods([step('asked', 1), step('refused', 2)]), []);
  assert.deepEqual(heldPeriods([]), []);
});

test('whatever the story of a change, it held exactly when its last step by then is one that gateways obey', () => {
  const story = fc.array(fc.tuple(fc.constantFrom(...STATES), fc.integer({ min: 1, max: 5 })), { maxLength: 8 });
  fc.assert(
    fc.property(story, (of) => {
      let at = 0;
      const steps = of.map(([to, after]) => {
        at += after;
        return { to, at: new Date(at) };
      });
      const periods = heldPeriods(steps);
      for (let moment = 0; moment <= at + 1; moment++) {
        const last = steps.findLast((s) => s.at.getTime() <= moment);
        const held = periods.some((p) => p.from <= moment && (p.until === null || moment < p.until));
        assert.equal(held, last !== undefined && HOLDING.includes(last.to), `${moment}`);
      }
    }),
  );
});
