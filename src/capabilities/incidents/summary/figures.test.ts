import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { IncidentType } from '../case.types.ts';
import { type Counted, SMALL, summaryOf, summaryRows, suppressed } from './figures.ts';

const types: IncidentType[] = [
  { id: 'misuse', name: 'Misuse', group: 'conduct' },
  { id: 'cyber-bullying', name: 'Bullying online', group: 'harm' },
  { id: 'bypass', name: 'Bypass', group: 'conduct' },
];
const opened = new Date('2026-09-10T09:00Z');
const at = (minutes: number) => new Date(opened.getTime() + minutes * 60_000);
const cases = (type: string, n: number): Counted[] =>
  Array.from({ length: n }, (_, i) => ({
    types: [type],
    opened_at: opened,
    first_action_at: at(10 + i),
    closed_at: at(2 * 24 * 60),
  }));

test('SAN-03 numbers below five are not in the figures at all, and one alone takes the next smallest with it', () => {
  const f = summaryOf([...cases('misuse', 12), ...cases('cyber-bullying', 7), ...cases('bypass', 2)], types);
  assert.equal(f.all, 21);
  assert.deepEqual(
    f.types.map((t) => [t.name, t.cases]),
    [
      ['Misuse', 12],
      ['Bullying online', null],
      ['Bypass', null],
    ],
  );
  assert.equal(f.bullying, null, 'one hidden type within it could be worked out');
  assert.equal(summaryOf([...cases('misuse', 12), ...cases('cyber-bullying', 7)], types).bullying, 7);
  assert.deepEqual([f.firstActionMinutes, f.outcomeDays], [14, 2]);
});

test('SAN-01 the report of a term says how long it was from a report to its first action, and to its outcome', () => {
  const slow = cases('misuse', 7).map((c, i) => ({ ...c, first_action_at: at(60 * i), closed_at: at(24 * 60 * i) }));
  assert.deepEqual(summaryRows(summaryOf(slow, types)).figures.slice(2), [
    ['From report to first action, the middle one', '180 minutes'],
    ['From report to outcome, the middle one', '3 days'],
  ]);
  const open = slow.map((c) => ({ ...c, first_action_at: null, closed_at: null }));
  assert.deepEqual(
    summaryRows(summaryOf(open, types))
      .figures.slice(2)
      .map(([, said]) => said),
    ['not shown: too few', 'not shown: too few'],
  );
});

test('SAN-03 of a term with fewer than five incidents no number is given', () => {
  const f = summaryOf(cases('misuse', 4), types);
  assert.deepEqual([f.all, f.bullying, f.firstActionMinutes, f.outcomeDays], [null, null, null, null]);
  assert.ok(f.types.every((t) => t.cases === null));
});

test('SAN-03 whatever the counts, no small number is shown and never is one alone hidden', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 }), (counts) => {
      const shown = suppressed(counts);
      assert.ok(shown.every((n, i) => n === null || (n === counts[i] && n >= SMALL)));
      if (counts.length > 1) assert.notEqual(shown.filter((n) => n === null).length, 1);
    }),
  );
});
