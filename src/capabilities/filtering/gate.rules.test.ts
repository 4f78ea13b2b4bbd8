import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeSize, total } from './gate.rules.ts';

test('a version that lost more than half, or grew more than tenfold, is to be looked at, as a whole or in one category', () => {
  for (const [before, after, words] of [
    [{ games: 1000 }, { games: 499 }, /lost more than half, from 1,000 names to 499/],
    [{ games: 1000 }, {}, /lost more than half/],
    [{ games: 1000 }, { games: 10_001 }, /grew more than tenfold/],
    [{ games: 1000, adult: 5000 }, { games: 100, adult: 5000 }, /“games” lost more than half/],
    [{ games: 1000, adult: 50_000 }, { games: 10_500, adult: 50_000 }, /“games” grew more than tenfold/],
  ] as const) {
    assert.match(judgeSize(before, after) ?? '', words);
  }
});

test('what changes by less, or is small, or is new, is used as it comes', () => {
  for (const [before, after] of [
    [{ games: 1000 }, { games: 500 }],
    [{ games: 1000 }, { games: 10_000 }],
    [{ games: 9 }, { games: 1 }],
    [
      { adult: 5000, games: 99 },
      { adult: 5000, games: 3 },
    ],
    [{ adult: 5000 }, { adult: 5000, games: 4000 }],
    [{}, { games: 100_000 }],
  ] as const) {
    assert.equal(judgeSize(before, after), null);
  }
});

test('whatever the figures, less than half of a list is never used without a person', () => {
  const entries = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.nat(100_000));
  fc.assert(
    fc.property(entries, entries, (before, after) => {
      fc.pre(total(before) >= 10 && total(after) * 2 < total(before));
      assert.ok(judgeSize(before, after));
    }),
  );
});
