import { DAY, MINUTE } from '#core/clock.ts';
import { invalid } from '#core/errors.ts';
import type { DaySpan, OpenWindow } from './types.ts';

/**
 * Time windows, read on the school's wall clock: when the clocks go forward a window that begins in the missing
 * hour opens with the first minute that exists; when they go back it is open in both passes of the hour.
 */

const MINUTES_PER_DAY = 1440;
const MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY;
/** 1 January 1970 was a Thursday; weeks here begin on Monday. */
const EPOCH_WEEKDAY = 3;

/** Within this time a weekly plan shows every change it will ever make, a clock change between two of them included. */
const HORIZON = 16 * DAY;

/** Beyond ±8.64e15 there is no date (ECMA-262, time values); enough of it is kept for looking ahead. */
const EARLIEST = -8.6e15;
const LATEST = 8.6e15;

/** Whether the program can tell the time there. */
export function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/** Refuses a name that is none, before anybody asks for the time there. */
export function requireTimeZone(name: string): void {
  if (isTimeZone(name)) return;
  throw invalid('policy.time-zone', `"${name}" is not a time zone; write one such as "Europe/London".`);
}

/** A stretch of time in which the wall clock runs evenly: from one clock change to the next. */
interface Stretch {
  readonly from: number;
  readonly until: number;
  readonly offset: number;
}
const NO_STRETCH: Stretch = { from: Number.NaN, until: Number.NaN, offset: Number.NaN };
const KNOWN_STRETCHES = 16;

/** What the clocks on a school's walls show. Looks a clock change up once, and from there on only adds. */
export class WallClock {
  readonly timeZone: string;
  #now = NO_STRETCH;
  #known: Stretch[] = [];

  constructor(timeZone: string) {
    requireTimeZone(timeZone);
    this.timeZone = timeZone;
  }

  /** Minutes on the wall clock since it showed 1 January 1970, 00:00; NaN for an instant that is none. */
  local(at: number): number {
    return Math.floor((at + this.stretch(at).offset) / MINUTE);
  }

  /** The even stretch in which an instant lies. */
  stretch(at: number): Stretch {
    if (!(at >= this.#now.from && at < this.#now.until)) this.#now = this.#find(at);
    return this.#now;
  }

  #find(at: number): Stretch {
    const known = this.#known.find((s) => at >= s.from && at < s.until);
    if (known) return known;
    const there = zoned(at, this.timeZone);
    if (there === null) return NO_STRETCH;
    // A millisecond later, so that a change at this very instant is the one before.
    const before = there.add({ milliseconds: 1 }).getTimeZoneTransition('previous');
    const stretch = {
      from: before?.epochMilliseconds ?? EARLIEST,
      until: there.getTimeZoneTransition('next')?.epochMilliseconds ?? LATEST,
      offset: there.offsetNanoseconds / 1e6,
    };
    if (this.#known.length >= KNOWN_STRETCHES) this.#known = [];
    this.#known.push(stretch);
    return stretch;
  }
}

/** Windows worked out for quick answers. */
export interface Plan {
  readonly ranges: readonly Range[];
  /** Minutes of the day at which a window begins or ends, ascending. */
  readonly edges: readonly number[];
  /** Days (since 1970) with which dates begin, or are over, ascending. */
  readonly turns: readonly number[];
}

interface Range {
  /** Minutes since Monday 00:00; the end is not included. */
  readonly from: number;
  readonly to: number;
  /** Only within these (minutes of the wall clock, end not included); null: on every date. */
  readonly dates: readonly { readonly from: number; readonly to: number }[] | null;
}

/** What windows come to. One whose dates are empty is never open and is left out (UAR-19). */
export function planOf(windows: readonly OpenWindow[]): Plan {
  const live = windows.filter((w) => w.dates === undefined || w.dates.length > 0);
  const turns = live.flatMap((w) => (w.dates ?? []).flatMap((d) => [dayNumber(d.from), dayNumber(d.to) + 1]));
  return {
    ranges: live.flatMap((w) =>
      w.days.map((day) => ({
        from: (day - 1) * MINUTES_PER_DAY + minutes(w.from),
        to: (day - 1) * MINUTES_PER_DAY + minutes(w.to),
        dates: w.dates?.map(minuteSpan) ?? null,
      })),
    ),
    edges: ascending(live.flatMap((w) => [minutes(w.from), minutes(w.to) % MINUTES_PER_DAY])),
    turns: ascending(turns),
  };
}

/** Is the plan open at this minute of the wall clock? */
export function within({ ranges }: Plan, local: number): boolean {
  const since = (local + EPOCH_WEEKDAY * MINUTES_PER_DAY) % MINUTES_PER_WEEK;
  const minute = since < 0 ? since + MINUTES_PER_WEEK : since;
  for (const range of ranges) {
    if (minute >= range.from && minute < range.to && (range.dates === null || covers(range.dates, local))) return true;
  }
  return false;
}

function covers(dates: NonNullable<Range['dates']>, local: number): boolean {
  for (const span of dates) if (local >= span.from && local < span.to) return true;
  return false;
}

/** The next instant after `at` at which the plan opens if it is closed, or closes if it is open; Infinity if it never does. */
export function nextFlip(plan: Plan, at: number, clock: WallClock): number {
  const open = within(plan, clock.local(at));
  const flip = (start: number): number | undefined => {
    for (const t of edges(plan, start, clock)) if (t > at && within(plan, clock.local(t)) !== open) return t;
    return undefined;
  };
  const soon = flip(at);
  if (soon !== undefined) return soon;
  // What stands still for so long moves again only once dates begin or end; no zone is a whole day from UTC.
  for (const turn of plan.turns) {
    const late = turn * DAY > at ? flip(turn * DAY - DAY) : undefined;
    if (late !== undefined) return late;
  }
  return Number.POSITIVE_INFINITY;
}

/** Every instant after `start`, as far as the horizon, at which a plan could change: edges of windows, and clock changes. */
function* edges(plan: Plan, start: number, clock: WallClock): Generator<number> {
  const end = start + HORIZON;
  let from = start;
  while (from < end) {
    const { until, offset } = clock.stretch(from);
    if (!(until > from)) return;
    for (const t of inStretch(plan, from, offset)) {
      if (t >= until || t >= end) break;
      if (t > from) yield t;
    }
    from = until;
    if (from < end) yield from;
  }
}

function* inStretch({ edges }: Plan, from: number, offset: number): Generator<number> {
  if (edges.length === 0) return;
  for (let day = Math.floor((from + offset) / DAY); ; day++) {
    for (const edge of edges) yield day * DAY + edge * MINUTE - offset;
  }
}

const DAY_NAME = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' });

/** "on Monday 23 November at 12:30": the date stands there so that the sentence stays true however long it is kept. */
export function sayWhen(at: number, clock: WallClock): string {
  const local = clock.local(at);
  if (Number.isNaN(local)) return 'at a later time';
  const shown = new Date(local * MINUTE);
  return `on ${DAY_NAME.format(shown)} at ${shown.toISOString().slice(-13, -8)}`;
}

function zoned(at: number, timeZone: string): Temporal.ZonedDateTime | null {
  if (!(at >= EARLIEST && at < LATEST)) return null;
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(timeZone);
}

const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
/** Days since 1970; no time zone is meant. */
const dayNumber = (day: string): number => Date.parse(`${day}T00:00Z`) / DAY;
const minuteSpan = ({ from, to }: DaySpan) => ({
  from: dayNumber(from) * MINUTES_PER_DAY,
  to: (dayNumber(to) + 1) * MINUTES_PER_DAY,
});
const ascending = (numbers: readonly number[]): number[] =>
  [...new Set(numbers)].filter(Number.isFinite).sort((a, b) => a - b);
