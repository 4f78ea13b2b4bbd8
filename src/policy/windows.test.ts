import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MINUTE } from '#core/clock.ts';
import type { OpenWindow } from './types.ts';
import { isTimeZone, nextFlip, rangesOf, sayWhen, wallClock, within } from './windows.ts';

const LONDON = 'Europe/London';
const at = (local: string, zone = LONDON): number => Temporal.ZonedDateTime.from(`${local}[${zone}]`).epochMilliseconds;
const isOpen = (windows: OpenWindow[], t: number, zone = LONDON): boolean =>
  within(rangesOf(windows), wallClock(zone)(t));
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
    assert.equal(sayWhen(nonsense, LONDON), 'at a later time');
  }
});

test('an opening is told with its day and time in the school', () => {
  assert.equal(sayWhen(at('2026-07-06T12:20'), LONDON), 'on Monday 6 July at 12:20');
});

test('a name that is no time zone is known as such', () => {
  assert.deepEqual(['Europe/London', 'Mars/Base', ''].map(isTimeZone), [true, false, false]);
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
  fc.assert(
    fc.property(fc.array(anyWindow, { minLength: 1, maxLength: 3 }), zones, around, offset, (windows, zone, day, m) => {
      const start = day + m * MINUTE;
      const ranges = rangesOf(windows);
      const clock = wallClock(zone);
      const now = within(ranges, clock(start));
      let t = start + MINUTE;
      const end = start + 3000 * MINUTE;
      while (t < end && within(ranges, clock(t)) === now) t += MINUTE;
      const flip = nextFlip(windows, start, zone);
      if (t < end) assert.equal(flip, t);
      else assert.ok(flip >= end);
    }),
    { numRuns: 300 },
  );
});
