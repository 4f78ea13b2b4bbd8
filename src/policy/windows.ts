import { DAY, MINUTE } from '#core/clock.ts';
import type { OpenWindow } from './types.ts';

/**
 * Time windows, read on the school's wall clock: when the clocks go forward a window that begins in the missing
 * hour opens with the first minute that exists; when they go back it is open in both passes of the hour.
 */

const MINUTES_PER_DAY = 1440;

/** The furthest two changes of a weekly plan can lie apart, a clock change between them included. */
const HORIZON_DAYS = 15;

/** Whether the program can tell the time there. */
export function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/** Minutes since Monday 00:00 on the wall clock; -1 for an instant that is none. Remembers its last minute. */
export function wallClock(timeZone: string): (at: number) => number {
  let minute = Number.NaN;
  let answer = -1;
  return (at) => {
    const asked = Math.floor(at / MINUTE);
    if (asked !== minute) {
      minute = asked;
      const there = zoned(at, timeZone);
      answer = there === null ? -1 : (there.dayOfWeek - 1) * MINUTES_PER_DAY + there.hour * 60 + there.minute;
    }
    return answer;
  };
}

/** Windows as ranges of minutes of the week; the end is not included. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** What a plan of windows comes to in minutes of the week. */
export function rangesOf(windows: readonly OpenWindow[]): Ranges {
  return windows.flatMap(({ days, from, to }) =>
    days.map(
      (day) => [(day - 1) * MINUTES_PER_DAY + minutes(from), (day - 1) * MINUTES_PER_DAY + minutes(to)] as const,
    ),
  );
}

/** Does this minute of the week lie in a range? */
export function within(ranges: Ranges, minute: number): boolean {
  for (const [from, to] of ranges) if (minute >= from && minute < to) return true;
  return false;
}

/** The next instant after `at` at which the windows open if they are closed, or close if they are open. */
export function nextFlip(windows: readonly OpenWindow[], at: number, timeZone: string): number {
  const start = zoned(at, timeZone);
  if (start === null || windows.length === 0) return Number.POSITIVE_INFINITY;
  const ranges = rangesOf(windows);
  const clock = wallClock(timeZone);
  const now = within(ranges, clock(at));
  const candidates = changes(windows, start)
    .filter((t) => t > at)
    .sort((a, b) => a - b);
  return candidates.find((t) => within(ranges, clock(t)) !== now) ?? Number.POSITIVE_INFINITY;
}

/** Every instant at which the state could change: the edges of the windows, and the clock changes. */
function changes(windows: readonly OpenWindow[], start: Temporal.ZonedDateTime): number[] {
  const edges = new Set(windows.flatMap((w) => [minutes(w.from), minutes(w.to)]));
  const instants: number[] = [];
  // From yesterday on: an edge of yesterday's midnight may still lie ahead.
  for (let days = -1; days <= HORIZON_DAYS; days++) {
    const date = start.toPlainDate().add({ days });
    for (const edge of edges) {
      const day = edge === MINUTES_PER_DAY ? date.add({ days: 1 }) : date;
      const time = new Temporal.PlainTime(Math.floor(edge / 60) % 24, edge % 60);
      for (const disambiguation of ['earlier', 'later'] as const) {
        const there = day.toPlainDateTime(time).toZonedDateTime(start.timeZoneId, { disambiguation });
        instants.push(there.epochMilliseconds);
      }
    }
  }
  const end = start.epochMilliseconds + HORIZON_DAYS * DAY;
  for (
    let t = start.getTimeZoneTransition('next');
    t && t.epochMilliseconds < end;
    t = t.getTimeZoneTransition('next')
  ) {
    instants.push(t.epochMilliseconds);
  }
  return instants;
}

/** "on Monday 23 November at 12:30": the date stands there so that the sentence stays true however long it is kept. */
export function sayWhen(at: number, timeZone: string): string {
  const there = zoned(at, timeZone);
  if (there === null) return 'at a later time';
  const day = there.toLocaleString('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
  return `on ${day} at ${there.toPlainTime().toString({ smallestUnit: 'minute' })}`;
}

function zoned(at: number, timeZone: string): Temporal.ZonedDateTime | null {
  // Beyond ±8.64e15 there is no date (ECMA-262, time values); 15 days of it are kept for looking ahead.
  if (!(Math.abs(at) < 8.6e15)) return null;
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(timeZone);
}

const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
