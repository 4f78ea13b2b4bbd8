import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY, HOUR } from '#core/clock.ts';
import { comesRound, dueAfter, type Occurrence, occurrences, type Rhythm, type SchoolCalendar } from './calendar.ts';

const LONDON = 'Europe/London';
const YEAR: SchoolCalendar = {
  timeZone: LONDON,
  terms: [
    { from: '2026-09-02', to: '2026-12-18', halfTerm: { from: '2026-10-26', to: '2026-10-30' } },
    { from: '2027-01-05', to: '2027-03-24', halfTerm: { from: '2027-02-15', to: '2027-02-19' } },
    { from: '2027-04-12', to: '2027-07-21', halfTerm: { from: '2027-05-31', to: '2027-06-04' } },
  ],
};
const bare = (timeZone: string): SchoolCalendar => ({ timeZone, terms: [] });

const at = (text: string, zone = LONDON): number =>
  Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds;
const local = (ms: number, zone = LONDON): string =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDateTime().toString().slice(0, 16);
const day = (ms: number, zone = LONDON) => local(ms, zone).slice(0, 10);

const inYear = (period: Rhythm, calendar = YEAR) =>
  occurrences(period, calendar, at('2026-09-01T00:00'), at('2027-08-31T23:59'));
const days = (all: readonly Occurrence[]) => all.map((o) => `${day(o.opens)} ${day(o.due)}`);

test('each half term is due on the eve of the break and at the end of term, and none of it is assumed', () => {
  const halves = inYear({ every: 'half-term' });
  assert.deepEqual(days(halves), [
    '2026-09-02 2026-10-25',
    '2026-10-31 2026-12-18',
    '2027-01-05 2027-02-14',
    '2027-02-20 2027-03-24',
    '2027-04-12 2027-05-30',
    '2027-06-05 2027-07-21',
  ]);
  assert.ok(halves.every((h) => !h.assumed));
});

test('a term opens at midnight of its first day and is due with the last minute of its last, by the clock on the wall', () => {
  assert.deepEqual(
    inYear({ every: 'term' }).map((o) => [o.key, local(o.opens), local(o.due)]),
    [
      ['2026/27 term 1', '2026-09-02T00:00', '2026-12-18T23:59'],
      ['2026/27 term 2', '2027-01-05T00:00', '2027-03-24T23:59'],
      ['2026/27 term 3', '2027-04-12T00:00', '2027-07-21T23:59'],
    ],
  );
});

test('the academic year goes by the terms when there are three, else from September to August', () => {
  assert.deepEqual(days(inYear({ every: 'academic-year' })), ['2026-09-02 2027-07-21']);
  const two = { ...YEAR, terms: YEAR.terms.slice(0, 2) };
  assert.deepEqual(days(inYear({ every: 'academic-year' }, two)), ['2026-09-01 2027-08-31']);
});

test('a year that begins in August is the year of its middle', () => {
  const terms = [
    { from: '2026-08-18', to: '2026-12-18', halfTerm: null },
    { from: '2027-01-06', to: '2027-03-26', halfTerm: null },
    { from: '2027-04-13', to: '2027-06-25', halfTerm: null },
  ];
  const calendar = { timeZone: LONDON, terms };
  const found = occurrences({ every: 'academic-year' }, calendar, at('2026-06-01T00:00'), at('2027-06-01T00:00'));
  assert.deepEqual(days(found), ['2025-09-01 2026-08-17', '2026-08-18 2027-06-25']);
  assert.deepEqual(
    inYear({ every: 'term' }, calendar).map((o) => o.key),
    ['2026/27 term 1', '2026/27 term 2', '2026/27 term 3'],
  );
});

test('without term dates thirds of the year stand in, and every such date says so', () => {
  const terms = inYear({ every: 'term' }, bare(LONDON));
  assert.deepEqual(days(terms), ['2026-09-01 2026-12-31', '2027-01-01 2027-04-30', '2027-05-01 2027-08-31']);
  assert.equal(inYear({ every: 'half-term' }, bare(LONDON)).length, 6);
  assert.ok(terms.every((t) => t.assumed));
  assert.ok(inYear({ every: 'month' }, bare(LONDON)).every((m) => !m.assumed));
});

test('where only the autumn is entered the rest of the year is assumed, under keys that stay when it is entered', () => {
  const autumn = inYear({ every: 'term' }, { ...YEAR, terms: YEAR.terms.slice(0, 1) });
  assert.deepEqual(
    autumn.map((t) => t.assumed),
    [false, true, true],
  );
  assert.deepEqual(
    autumn.map((t) => t.key),
    inYear({ every: 'term' }).map((t) => t.key),
  );
});

test('a term without a half-term break is one half, and says so', () => {
  const terms = YEAR.terms.map((t, i) => (i === 1 ? { ...t, halfTerm: null } : t));
  const halves = inYear({ every: 'half-term' }, { ...YEAR, terms });
  assert.equal(halves.length, 5);
  assert.deepEqual(
    halves.filter((h) => h.assumed).map((h) => [day(h.opens), day(h.due)]),
    [['2027-01-05', '2027-03-24']],
  );
});

test('days have 23, 24 or 25 hours, and each is due with its own last minute', () => {
  const length = (text: string) => {
    const [o] = occurrences({ every: 'day' }, YEAR, at(`${text}T12:00`), at(`${text}T12:00`));
    assert.ok(o);
    assert.equal(local(o.due), `${text}T23:59`);
    return Math.round((o.due - o.opens) / HOUR);
  };
  assert.deepEqual(['2026-10-25', '2026-11-03', '2027-03-28'].map(length), [25, 24, 23]);
});

test('weeks run from Monday to Sunday, months end on their own last day, leap days belong to February', () => {
  const [week] = occurrences({ every: 'week' }, YEAR, at('2026-10-28T09:00'), at('2026-10-28T09:00'));
  assert.deepEqual([week?.key, week && days([week])[0]], ['2026-W44', '2026-10-26 2026-11-01']);
  const [first] = occurrences({ every: 'week' }, YEAR, at('2027-01-01T09:00'), at('2027-01-01T09:00'));
  assert.equal(first?.key, '2026-W53');
  const february = (year: number) =>
    occurrences({ every: 'month' }, YEAR, at(`${year}-02-10T00:00`), at(`${year}-02-10T00:00`)).map((m) => day(m.due));
  assert.deepEqual([february(2027), february(2028)], [['2027-02-28'], ['2028-02-29']]);
});

test('every second year is counted from one fixed year, whenever it is asked', () => {
  const every2 = (from: string) =>
    occurrences({ every: 'academic-year', times: 2 }, bare(LONDON), at(from), at(from)).map((o) => o.key);
  assert.deepEqual(every2('2026-11-01T00:00'), ['2026/27 to 2027/28']);
  assert.deepEqual(every2('2028-08-31T12:00'), ['2026/27 to 2027/28']);
  assert.deepEqual(every2('2028-09-01T12:00'), ['2028/29 to 2029/30']);
});

test('what follows an event is due within its time, or as soon as possible where none is named', () => {
  const after = (minutes: number | null) =>
    dueAfter({ after: 'a breach', within: minutes === null ? null : { minutes } }, at('2026-11-03T10:00'));
  assert.equal(after(72 * 60), at('2026-11-06T10:00'));
  assert.equal(after(null), null);
  assert.deepEqual([comesRound({ every: 'day' }), comesRound({ after: 'a new starter', within: null })], [true, false]);
});

const ZONES = [LONDON, 'America/Sao_Paulo', 'Africa/Cairo', 'Asia/Kathmandu', 'Pacific/Apia', 'UTC'];
const EVERY = ['day', 'week', 'month', 'half-term', 'term', 'academic-year', 'calendar-year'] as const;
const date = (n: number) => Temporal.PlainDate.from('2024-06-01').add({ days: n }).toString();
/** Term dates as people mistype them: overlapping, out of order, breaks outside. */
const anyTerms = fc.array(
  fc
    .tuple(fc.nat(1500), fc.nat(140), fc.option(fc.tuple(fc.integer({ min: -20, max: 150 }), fc.nat(15))))
    .map(([start, length, away]) => ({
      from: date(start),
      to: date(start + length),
      halfTerm: away && { from: date(start + away[0]), to: date(start + away[0] + away[1]) },
    })),
  { maxLength: 9 },
);

test('whatever the terms, the zone and the rhythm: turns never overlap, come in order, and differ in key', () => {
  fc.assert(
    fc.property(
      anyTerms,
      fc.constantFrom(...ZONES),
      fc.constantFrom(...EVERY),
      fc.integer({ min: 1, max: 4 }),
      (terms, timeZone, every, times) => {
        const found = occurrences({ every, times }, { timeZone, terms }, Date.UTC(2025, 2), Date.UTC(2027, 9));
        for (const [i, o] of found.entries()) {
          assert.ok(o.opens < o.due, o.key);
          const next = found[i + 1];
          if (next) assert.ok(o.due < next.opens, `${o.key} runs into ${next.key}`);
        }
        assert.equal(new Set(found.map((o) => o.key)).size, found.length);
      },
    ),
    { numRuns: 300 },
  );
});

test('whatever the terms: every day of term that is no break lies in exactly one half term', () => {
  fc.assert(
    fc.property(anyTerms, (terms) => {
      const found = occurrences(
        { every: 'half-term' },
        { timeZone: LONDON, terms },
        Date.UTC(2024, 4),
        Date.UTC(2029, 0),
      );
      const away = (d: string) => terms.some((t) => t.halfTerm && t.halfTerm.from <= d && d <= t.halfTerm.to);
      for (const term of terms) {
        for (let d = term.from; d <= term.to; d = Temporal.PlainDate.from(d).add({ days: 7 }).toString()) {
          if (away(d)) continue;
          const noon = at(`${d}T12:00`);
          assert.equal(found.filter((o) => o.opens <= noon && noon <= o.due).length, 1, d);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('the same turn has the same dates from wherever it is asked', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...EVERY),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: Date.UTC(2026, 8), max: Date.UTC(2027, 7) }),
      fc.nat(200),
      (every, times, moment, later) => {
        const [here] = occurrences({ every, times }, YEAR, moment, moment);
        const wide = occurrences({ every, times }, YEAR, moment - later * DAY, moment + later * DAY);
        if (here) assert.ok(wide.some((o) => o.key === here.key && o.opens === here.opens && o.due === here.due));
      },
    ),
  );
});
