import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ListMarks } from '#platform/tables/filtering.ts';
import { judgeMarks, judgeSize, total, whyNever } from './gate.rules.ts';

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

test('a source may have narrower or wider gates of its own, and the sentence says which', () => {
  const gates = { leastKept: 90, mostGrowth: 2 };
  assert.match(judgeSize({ games: 1000 }, { games: 899 }, gates) ?? '', /lost more than 10 in a hundred/);
  assert.equal(judgeSize({ games: 1000 }, { games: 900 }, gates), null);
  assert.match(judgeSize({ games: 1000 }, { games: 2001 }, gates) ?? '', /grew more than 2 times/);
  assert.equal(judgeSize({ games: 1000 }, { games: 20 }, { leastKept: 1, mostGrowth: 10 }), null);
});

const marks = (known: number, ...names: readonly (readonly [string, 'own' | 'over-own' | 'suffix'])[]): ListMarks => ({
  known,
  names: names.map(([name, kind]) => ({ name, kind, word: 'games' })),
});

test('a version looks poisoned that names the school itself, newly names suffixes, or suddenly calls many good sites bad', () => {
  for (const [before, after, words] of [
    [null, marks(0, ['pages.example', 'own']), /school’s own pages\.example/],
    [marks(0), marks(0, ['school.example', 'over-own']), /school’s own school\.example/],
    [null, marks(0, ['gov.uk', 'suffix']), /names gov\.uk, under which/],
    [null, marks(0, ['com', 'suffix']), /names com/],
    [marks(0), marks(0, ['me.uk', 'suffix']), /names me\.uk/],
    [null, marks(251), /calls 251 sites bad that our own lists know as good\.$/],
    [marks(30), marks(81), /calls 81 sites bad .*, 30 before/],
  ] as const) {
    assert.match(judgeMarks(before, after, 1000) ?? '', words);
  }
  // Real lists err; what they err in is left out when they are compiled.
  for (const [before, after] of [
    [null, marks(84, ['me.uk', 'suffix'], ['com.cn', 'suffix'])],
    [marks(0, ['me.uk', 'suffix']), marks(20, ['me.uk', 'suffix'])],
    [marks(84), marks(90)],
    [{}, {}],
  ] as const) {
    assert.equal(judgeMarks(before, after, 1000), null);
  }
  assert.equal(judgeMarks(null, marks(900), 5_000_000), null);
  const many = marks(0, ...Array.from({ length: 8 }, (_, i) => [`h${i}.example`, 'own'] as const));
  assert.match(judgeMarks(null, many, 1000) ?? '', /h4\.example and 3 more/);
});

test('only a version that names the school’s own host itself is never used', () => {
  assert.match(whyNever(marks(0, ['pages.example', 'own'])) ?? '', /never used/);
  assert.equal(whyNever(marks(900, ['gov.uk', 'suffix'], ['school.example', 'over-own'])), null);
});
