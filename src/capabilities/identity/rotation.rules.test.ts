import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY } from '#core/clock.ts';
import { lastBoundary } from './rotation.rules.ts';

const TERMS = [
  { from: '2026-09-02', to: '2026-12-18', halfTerm: { from: '2026-10-26', to: '2026-10-30' } },
  { from: '2027-01-05', to: '2027-03-25', halfTerm: { from: '2027-02-15', to: '2027-02-19' } },
  { from: '2027-04-12', to: '2027-07-21', halfTerm: null },
  { from: '2027-09-01', to: '2027-12-17', halfTerm: null },
];
const LONDON = 'Europe/London';
const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;

test('IDA-04 D01 a stretch begins with the school’s own terms, half terms or years, at midnight of its own clocks', () => {
  const rows: [Parameters<typeof lastBoundary>[0]['every'], string, string | null][] = [
    ['half-term', '2026-09-01T22:59:59Z', null],
    ['half-term', '2026-09-01T23:00:00Z', '2026-09-01T23:00:00Z'],
    ['half-term', '2026-10-28T12:00:00Z', '2026-09-01T23:00:00Z'],
    ['half-term', '2026-10-31T00:00:00Z', '2026-10-31T00:00:00Z'],
    ['half-term', '2027-01-04T12:00:00Z', '2026-10-31T00:00:00Z'],
    ['half-term', '2027-02-20T00:00:00Z', '2027-02-20T00:00:00Z'],
    ['term', '2026-11-30T12:00:00Z', '2026-09-01T23:00:00Z'],
    ['term', '2027-01-05T00:00:00Z', '2027-01-05T00:00:00Z'],
    ['academic-year', '2027-06-01T12:00:00Z', '2026-09-01T23:00:00Z'],
    ['academic-year', '2027-09-01T12:00:00Z', '2027-08-31T23:00:00Z'],
  ];
  for (const [every, now, expected] of rows) {
    const found = lastBoundary({ every }, TERMS, at(now), LONDON);
    assert.equal(found, expected === null ? null : at(expected), `${every} at ${now}`);
  }
  assert.equal(
    lastBoundary({ every: 'half-term' }, [], at('2026-11-03T10:00:00Z'), LONDON),
    null,
    'no calendar, no boundary',
  );
  assert.equal(
    lastBoundary({ every: 'days', days: 42 }, [], at('2026-11-03T10:00:00Z'), LONDON),
    at('2026-09-22T10:00:00Z'),
  );
});

test('a boundary is never in the future and never goes back', () => {
  const moment = fc.integer({ min: at('2026-08-01T00:00:00Z'), max: at('2028-01-01T00:00:00Z') });
  const every = fc.constantFrom('half-term', 'term', 'academic-year', 'days');
  fc.assert(
    fc.property(every, moment, fc.integer({ min: 0, max: 90 * DAY }), (e, now, later) => {
      const [first, second] = [
        lastBoundary({ every: e, days: 42 }, TERMS, now, LONDON),
        lastBoundary({ every: e, days: 42 }, TERMS, now + later, LONDON),
      ];
      assert.ok((first ?? 0) <= now);
      assert.ok((first ?? 0) <= (second ?? 0));
    }),
  );
});
