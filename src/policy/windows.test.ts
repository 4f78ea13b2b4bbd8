import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import type { OpenWindow } from './types.ts';
import * as plans from './windows.ts';
import { isTimeZone, planOf, sayWhen, WallClock, within } from './windows.ts';

const LONDON = 'Europe/London';
const at = (local: string, zone = LONDON): number => Temporal.ZonedDateTime.from(`${local}[${zone}]`).epochMilliseconds;
const isOpen = (windows: OpenWindow[], t: number, zone = LONDON): boolean =>
  within(planOf(windows), new WallClock(zone).local(t));
const nextFlip = (windows: OpenWindow[], t: number, zone = LONDON): number =>
  plans.nextFlip(planOf(windows), t, new WallClock(zone));
const SUMMER = { from: '2026-04-13', to: '2026-07-21' };
const lunch: OpenWindow[] = [{ days: [1, 2, 3, 4, 5], from: '12:20', to: '13:05' }];

test('a window is open from its first minute to the one before its end, on its days only', () => {
  assert.equal(isOpen(lunch, at('2026-11-23T12:19:59.999')), false);
  assert.equal(isOpen(lunch, at('2026-11-23T12:20:00')), true);
  assert.equal(isOpen(lunch, at('2026-11-23T13:04:59.999')), true);
  assert.equal(isOpen(lunch, at('2026-11-23T13:05:00')), false);
  assert.equal(isOpen(lunch, at('2026-11-22T12:30:00')), false, 'a Sunday');
});

test('a window keeps to the wall clock on both sides of a clock change', () => {
  assert.equal(isOpen(lunch, Date.UTC(2026, 2, 27, 12, 20)), true, 'Friday in GMT');
  assert.equal(isOpen(lunch, Date.UTC(2026, 2, 30, 11, 20)), true, 'Monday in BST');
  assert.equal(isOpen(lunch, Date.UTC(2026, 2, 30, 12, 20)), false, 'which is 13:20 there');
});

test('when the clocks go forward, a window in the missing hour opens with the first minute that exists', () => {
  const night: OpenWindow[] = [{ days: [7], from: '01:30', to: '02:30' }];
  const change = Date.UTC(2026, 2, 29, 1, 0);
  assert.equal(isOpen(night, change - 1), false);
  assert.equal(isOpen(night, change), true, '02:00 BST');
  assert.equal(nextFlip(night, change - MINUTE, LONDON), change);
  assert.equal(nextFlip(night, change, LONDON), change + 30 * MINUTE);
});

test('when the clocks go back, a window in the repeated hour is open in both passes', () => {
  const night: OpenWindow[] = [{ days: [7], from: '01:15', to: '01:45' }];
  const first = Date.UTC(2026, 9, 25, 0, 15);
  const flips = [0, 1, 2, 3].reduce<number[]>((all) => [...all, nextFlip(night, all.at(-1) ?? first - 1, LONDON)], []);
  assert.deepEqual(flips, [first, first + 30 * MINUTE, first + 60 * MINUTE, first + 90 * MINUTE]);
});

test('midnight ends a day and begins the next', () => {
  const allSunday: OpenWindow[] = [{ days: [7], from: '00:00', to: '24:00' }];
  assert.equal(nextFlip(allSunday, at('2026-11-21T23:59'), LONDON), at('2026-11-22T00:00'));
  assert.equal(nextFlip(allSunday, at('2026-11-22T12:00'), LONDON), at('2026-11-23T00:00'));
});

test('what is never open, or always, never changes', () => {
  const always: OpenWindow[] = [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00' }];
  assert.equal(nextFlip([], at('2026-11-23T12:00'), LONDON), Number.POSITIVE_INFINITY);
  assert.equal(nextFlip(always, at('2026-11-23T12:00'), LONDON), Number.POSITIVE_INFINITY);
});

test('an instant that is no instant is closed and never changes', () => {
  for (const nonsense of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300]) {
    assert.equal(isOpen([{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00' }], nonsense), false);
    assert.equal(nextFlip(lunch, nonsense, LONDON), Number.POSITIVE_INFINITY);
    assert.equal(sayWhen(nonsense, new WallClock(LONDON)), 'at a later time');
  }
});

test('an opening is told with its day and time in the school', () => {
  assert.equal(sayWhen(at('2026-07-06T12:20'), new WallClock(LONDON)), 'on Monday 6 July at 12:20');
});

test('a name that is no time zone is known as such', () => {
  assert.deepEqual(['Europe/London', 'Mars/Base', ''].map(isTimeZone), [true, false, false]);
});

test('UAR-19 a window of dates is open from the first day to the last, both included, on the school’s own days', () => {
  const term: OpenWindow[] = [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00', dates: [SUMMER] }];
  for (const zone of [LONDON, 'America/New_York', 'Pacific/Auckland']) {
    const [first, over] = [at('2026-04-13T00:00', zone), at('2026-07-22T00:00', zone)];
    assert.deepEqual(
      [first - 1, first, over - 1, over].map((t) => isOpen(term, t, zone)),
      [false, true, true, false],
    );
    assert.equal(nextFlip(term, first - 1, zone), first);
    assert.equal(nextFlip(term, first, zone), over);
    assert.equal(nextFlip(term, over, zone), Number.POSITIVE_INFINITY);
  }
});

test('UAR-19 a window whose dates are none never opens, whatever its days and times say', () => {
  const none: OpenWindow[] = [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00', dates: [] }];
  for (let t = at('2026-01-01T00:00'); t < at('2027-01-01T00:00'); t += 7 * HOUR) assert.equal(isOpen(none, t), false);
  assert.equal(nextFlip(none, at('2026-11-23T12:00')), Number.POSITIVE_INFINITY);
  assert.equal(
    nextFlip([...none, ...lunch], at('2026-11-23T12:00')),
    at('2026-11-23T12:20'),
    'nor does it hide others',
  );
});

test('the next opening is found however far away the next term is', () => {
  const inTerm: OpenWindow[] = lunch.map((w) => ({ ...w, dates: [{ from: '2027-01-04', to: '2027-02-12' }, SUMMER] }));
  assert.equal(nextFlip(inTerm, at('2026-07-21T13:05')), at('2027-01-04T12:20'), 'five months and a clock change');
  assert.equal(nextFlip(inTerm, at('2027-02-12T13:05')), Number.POSITIVE_INFINITY, 'nothing is known beyond');
  const decades: OpenWindow[] = lunch.map((w) => ({ ...w, dates: [{ from: '2061-09-05', to: '2061-12-16' }] }));
  assert.equal(nextFlip(decades, at('2026-07-21T13:05')), at('2061-09-05T12:20'));
});

test('a term that begins on the day after a clock change opens by the new time', () => {
  const inTerm: OpenWindow[] = lunch.map((w) => ({ ...w, dates: [{ from: '2026-03-30', to: '2026-04-03' }] }));
  assert.equal(nextFlip(inTerm, at('2026-03-27T13:00')), Date.UTC(2026, 2, 30, 11, 20));
});

test('the wall clock shows what Temporal shows, in every order of asking', () => {
  const zones = fc.constantFrom(LONDON, 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia');
  const times = fc.array(fc.integer({ min: -1e13, max: 1e13 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(zones, times, (zone, asked) => {
      const clock = new WallClock(zone);
      for (const t of asked) {
        const there = Temporal.Instant.fromEpochMilliseconds(t).toZonedDateTimeISO(zone).toPlainDateTime();
        assert.equal(clock.local(t), Math.floor(Date.parse(`${there.toString()}Z`) / MINUTE));
      }
    }),
    { numRuns: 50 },
  );
});

const anyTime = fc.integer({ min: 0, max: 1440 });
const hhmm = (m: number) => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;
const anyWindow = fc
  .tuple(fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), anyTime, anyTime)
  .filter(([, a, b]) => a !== b)
  .map(([days, a, b]): OpenWindow => ({ days, from: hhmm(Math.min(a, b)), to: hhmm(Math.max(a, b)) }));

test('nextFlip is the first minute at which looking minute by minute finds a change', () => {
  const zones = fc.constantFrom(LONDON, 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu');
  // Around clock changes, where mistakes would be; that of Lord Howe is half an hour.
  const days = ['2026-03-29', '2026-10-25', '2026-11-01', '2026-04-04', '2026-10-03'];
  const around = fc.constantFrom(...days.map((day) => Date.parse(day)));
  const offset = fc.integer({ min: -1500, max: 1500 });
  const dates = fc.option(fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 2 }))));
  const windows = fc.array(fc.tuple(anyWindow, dates), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(windows, zones, around, offset, (some, zone, day, m) => {
      const date = (n: number) => new Date(day + n * DAY).toISOString().slice(0, 10);
      const windows = some.map(([w, spans]) =>
        spans ? { ...w, dates: spans.map(([n, days]) => ({ from: date(n), to: date(n + days) })) } : w,
      );
      const start = day + m * MINUTE;
      const plan = planOf(windows);
      const clock = new WallClock(zone);
      const open = (t: number) => within(plan, clock.local(t));
      let t = start + MINUTE;
      const end = start + 3000 * MINUTE;
      while (t < end && open(t) === open(start)) t += MINUTE;
      const flip = nextFlip(windows, start, zone);
      if (t < end) assert.equal(flip, t);
      else assert.ok(flip >= end);
    }),
    { numRuns: 300 },
  );
});
