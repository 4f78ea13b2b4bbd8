import { MINUTE } from '#core/clock.ts';
import type { Period } from './sections.ts';
import type { SchoolFacts } from './types.ts';

/**
 * Periods as stretches of days in the school's own time zone: what is to be done each term, month or year is open from
 * the first moment of the stretch and due with its last. Everything is counted from fixed points, so asking from
 * another day never moves a date.
 */

export type SchoolCalendar = Pick<SchoolFacts, 'timeZone' | 'terms'>;
/** A period that comes round. */
export type Rhythm = Extract<Period, { every: string }>;
/** A period that begins with an event. */
export type Following = Extract<Period, { after: string }>;

/** One turn of a rhythm; times in epoch ms. */
export interface Occurrence {
  /** Says which turn it is, and stays the same when term dates are put right later: `2026/27 term 1`. */
  readonly key: string;
  readonly opens: number;
  readonly due: number;
  /** True where dates of terms or half terms are missing and `ASSUMED` took their place. */
  readonly assumed: boolean;
}

/** What stands in for term dates that nobody has entered; said on every page that shows such a date. */
export const ASSUMED =
  'Term dates are missing, so terms are counted as September to December, January to April and May to August, and half terms as two months each.';

/** Every turn that has opened by `to` and is due after `from`, in order. */
export function occurrences(period: Rhythm, calendar: SchoolCalendar, from: number, to: number): Occurrence[] {
  const { timeZone } = calendar;
  const [first, last] = [dateAt(from, timeZone), dateAt(to, timeZone)];
  return stretches(period, calendar, first, last)
    .map((s) => ({
      key: s.key,
      opens: startOf(s.first, timeZone),
      due: startOf(s.last.add({ days: 1 }), timeZone) - 1,
      assumed: s.assumed,
    }))
    .filter((o) => o.opens <= to && o.due > from);
}

/** When what follows an event must be done; null where it is "as soon as possible". */
export const dueAfter = (period: Following, at: number): number | null =>
  period.within === null ? null : at + period.within.minutes * MINUTE;

export const comesRound = (period: Period): period is Rhythm => 'every' in period;

interface Stretch {
  readonly key: string;
  readonly first: Temporal.PlainDate;
  readonly last: Temporal.PlainDate;
  readonly assumed: boolean;
}

function stretches({ every, times = 1 }: Rhythm, calendar: SchoolCalendar, from: Day, to: Day): Stretch[] {
  if (every === 'term' || every === 'half-term') return piecesOfYears(every, times, calendar, from, to);
  if (every === 'academic-year') return academicYears(times, calendar, from, to);
  const unit = REGULAR[every];
  const found: Stretch[] = [];
  for (let i = blockOf(unit.number(from), times); i <= unit.number(to); i += times) {
    const first = unit.start(i);
    found.push({
      key: keyOf(unit.name(first), unit.name(unit.start(i + times - 1))),
      first,
      last: unit.start(i + times).subtract({ days: 1 }),
      assumed: false,
    });
  }
  return found;
}

type Day = Temporal.PlainDate;

/** Units of one length after the other, numbered from a fixed one. */
const REGULAR = {
  day: {
    number: (d: Day) => daysBetween(EPOCH, d),
    start: (i: number) => EPOCH.add({ days: i }),
    name: (d: Day) => d.toString(),
  },
  week: {
    number: (d: Day) => Math.floor(daysBetween(FIRST_MONDAY, d) / 7),
    start: (i: number) => FIRST_MONDAY.add({ weeks: i }),
    name: (d: Day) => `${d.yearOfWeek}-W${String(d.weekOfYear).padStart(2, '0')}`,
  },
  month: {
    number: (d: Day) => d.year * 12 + d.month - 1,
    start: (i: number) => new Temporal.PlainDate(Math.floor(i / 12), (i % 12) + 1, 1),
    name: (d: Day) => d.toPlainYearMonth().toString(),
  },
  'calendar-year': {
    number: (d: Day) => d.year,
    start: (i: number) => new Temporal.PlainDate(i, 1, 1),
    name: (d: Day) => String(d.year),
  },
} as const;

const EPOCH = new Temporal.PlainDate(1970, 1, 1);
const FIRST_MONDAY = new Temporal.PlainDate(1970, 1, 5);

const daysBetween = (a: Day, b: Day) => a.until(b, { largestUnit: 'days' }).days;
const blockOf = (number: number, times: number) => Math.floor(number / times) * times;
const keyOf = (first: string, last: string) => (first === last ? first : `${first} to ${last}`);

// ---- The school's own year ----

interface Term {
  readonly halves: readonly { readonly first: Day; readonly last: Day }[];
  /** Its dates, or those of its half term, are not the school's own. */
  readonly assumed: boolean;
  readonly assumedHalves: boolean;
}

/** 2026 for the year that begins in September 2026. */
const yearOf = (d: Day): number => (d.month >= 9 ? d.year : d.year - 1);
const nameOf = (year: number): string => `${year}/${String((year + 1) % 100).padStart(2, '0')}`;

/** Years that may reach into a time: a term belongs to the year of its middle, so it may begin in August. */
const yearsBetween = (from: Day, to: Day): number[] => {
  const first = yearOf(from) - 1;
  return Array.from({ length: yearOf(to) + 2 - first }, (_, i) => first + i);
};

/** From the first day of the first term to the last of the last, where there are three; else September to August. */
function academicYears(times: number, calendar: SchoolCalendar, from: Day, to: Day): Stretch[] {
  const entered = enteredByYear(calendar);
  const ends = (year: number) => {
    const terms = entered.get(year) ?? [];
    return terms.length < 3 ? null : { first: terms[0]?.first, last: terms.at(-1)?.last };
  };
  const first = (year: number) => ends(year)?.first ?? latest(september(year), ends(year - 1)?.last?.add({ days: 1 }));
  const last = (year: number) =>
    ends(year)?.last ?? earliest(september(year + 1), ends(year + 1)?.first).subtract({ days: 1 });
  const blocks = new Set(yearsBetween(from, to).map((year) => blockOf(year, times)));
  return [...blocks].map((year) => ({
    key: keyOf(nameOf(year), nameOf(year + times - 1)),
    first: first(year),
    last: last(year + times - 1),
    assumed: false,
  }));
}

/** Terms or half terms; `times` of them together, counted anew from the first of each academic year. */
function piecesOfYears(
  every: 'term' | 'half-term',
  times: number,
  calendar: SchoolCalendar,
  from: Day,
  to: Day,
): Stretch[] {
  const entered = enteredByYear(calendar);
  return yearsBetween(from, to).flatMap((year) => {
    const pieces = termsOf(year, entered).flatMap((term, i) => {
      const name = `${nameOf(year)} term ${i + 1}`;
      if (every === 'half-term') {
        return term.halves.map((h, j) => ({ key: `${name} half ${j + 1}`, ...h, assumed: term.assumedHalves }));
      }
      const [first, last] = [term.halves[0]?.first, term.halves.at(-1)?.last];
      return first && last ? [{ key: name, first, last, assumed: term.assumed }] : [];
    });
    return grouped(pieces, times);
  });
}

function grouped(pieces: readonly Stretch[], times: number): Stretch[] {
  const blocks: Stretch[] = [];
  for (let i = 0; i < pieces.length; i += times) {
    const block = pieces.slice(i, i + times);
    const [first, last] = [block[0], block.at(-1)];
    if (!first || !last) continue;
    blocks.push({ ...first, key: keyOf(first.key, last.key), last: last.last, assumed: block.some((p) => p.assumed) });
  }
  return blocks;
}

/** An academic year's terms as entered, and assumed ones in each third of the year in which none is. */
function termsOf(year: number, entered: ReadonlyMap<number, readonly Entered[]>): Term[] {
  const own = entered.get(year) ?? [];
  const floor = entered
    .get(year - 1)
    ?.at(-1)
    ?.last.add({ days: 1 });
  const ceiling = entered.get(year + 1)?.[0]?.first.subtract({ days: 1 });
  const thirds = [0, 4, 8].map((months) => {
    const halves = [months, months + 2].map((m) => ({
      first: latest(september(year).add({ months: m }), floor),
      last: earliest(
        september(year)
          .add({ months: m + 2 })
          .subtract({ days: 1 }),
        ceiling,
      ),
    }));
    return { halves: halves.filter(notEmpty), assumed: true, assumedHalves: true };
  });
  const untouched = thirds.filter((t) => t.halves.length > 0 && !own.some((o) => t.halves.some((h) => overlap(h, o))));
  return [...own.map(halved), ...untouched].sort((a, b) =>
    a.halves[0] && b.halves[0] ? Temporal.PlainDate.compare(a.halves[0].first, b.halves[0].first) : 0,
  );
}

interface Entered {
  readonly first: Day;
  readonly last: Day;
  readonly away: { readonly first: Day; readonly last: Day } | null;
}

/** The halves lie before and after the half-term break; a term without one counts as one half, and says so. */
function halved({ first, last, away }: Entered): Term {
  const halves = away
    ? [
        { first, last: earliest(away.first.subtract({ days: 1 }), last) },
        { first: latest(away.last.add({ days: 1 }), first), last },
      ].filter(notEmpty)
    : [];
  return halves.length > 0
    ? { halves, assumed: false, assumedHalves: halves.length < 2 }
    : { halves: [{ first, last }], assumed: false, assumedHalves: true };
}

/** Terms as entered, in order, by academic year; where two overlap the later one begins after the earlier. */
function enteredByYear({ terms }: SchoolCalendar): Map<number, Entered[]> {
  const day = Temporal.PlainDate.from;
  const byYear = new Map<number, Entered[]>();
  let free: Day | undefined;
  for (const term of [...terms].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    const [first, last] = [latest(day(term.from), free), day(term.to)];
    if (!notEmpty({ first, last })) continue;
    free = last.add({ days: 1 });
    const away = term.halfTerm && { first: day(term.halfTerm.from), last: day(term.halfTerm.to) };
    const year = yearOf(first.add({ days: Math.floor(daysBetween(first, last) / 2) }));
    byYear.set(year, [...(byYear.get(year) ?? []), { first, last, away: away && notEmpty(away) ? away : null }]);
  }
  return byYear;
}

// ---- Days ----

const september = (year: number): Day => new Temporal.PlainDate(year, 9, 1);
const before = (a: Day, b: Day) => Temporal.PlainDate.compare(a, b) < 0;
const latest = (a: Day, b: Day | undefined): Day => (b && before(a, b) ? b : a);
const earliest = (a: Day, b: Day | undefined): Day => (b && before(b, a) ? b : a);
const notEmpty = (s: { first: Day; last: Day }) => !before(s.last, s.first);
const overlap = (a: { first: Day; last: Day }, b: { first: Day; last: Day }) =>
  !before(a.last, b.first) && !before(b.last, a.first);

const dateAt = (at: number, timeZone: string): Day =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(timeZone).toPlainDate();
const startOf = (day: Day, timeZone: string): number => day.toZonedDateTime(timeZone).epochMilliseconds;
