import type { SummaryFigures } from '#platform/tables/closing.ts';
import { anyMarked, type IncidentType } from '../case.types.ts';

/** Fewer than this could be somebody whom readers know (SAN-03). */
export const SMALL = 5;

/** A case of the term, as little of it as figures need. */
export interface Counted {
  readonly types: readonly string[];
  readonly opened_at: Date;
  readonly first_action_at: Date | null;
  readonly closed_at: Date | null;
}

/** Numbers that may be published: small ones are hidden, and where one alone is hidden the next smallest is hidden with it. */
export function suppressed(counts: readonly number[]): (number | null)[] {
  const shown = counts.map((n) => (n < SMALL ? null : n));
  if (shown.filter((n) => n === null).length !== 1) return shown;
  const least = Math.min(...shown.filter((n) => n !== null));
  const second = shown.indexOf(least);
  return shown.map((n, i) => (i === second ? null : n));
}

/** What is published of a term's cases. A case about two types counts under each. */
export function summaryOf(cases: readonly Counted[], types: readonly IncidentType[]): SummaryFigures {
  const names = new Map(types.map((t) => [t.id, t.name]));
  const counts = new Map<string, number>();
  for (const c of cases) {
    for (const t of c.types.length > 0 ? c.types : ['']) counts.set(t, (counts.get(t) ?? 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const few = cases.length < SMALL;
  const hidden = few ? sorted.map(() => null) : suppressed(sorted.map(([, n]) => n));
  // Bullying is a sum of types too: one hidden type within it, or one without, could be worked out from it.
  const oneHidden = [true, false].some(
    (within) => sorted.filter(([id], i) => hidden[i] === null && anyMarked([id], 'bullying') === within).length === 1,
  );
  const bullying = cases.filter((c) => anyMarked(c.types, 'bullying')).length;
  return {
    all: few ? null : cases.length,
    types: sorted.map(([id], i) => ({
      name: id === '' ? 'Not classified yet' : (names.get(id) ?? id),
      cases: hidden[i] ?? null,
    })),
    bullying: few || oneHidden || bullying < SMALL || cases.length - bullying < SMALL ? null : bullying,
    firstActionMinutes: median(
      cases.flatMap((c) => minutes(c.opened_at, c.first_action_at)),
      1,
    ),
    outcomeDays: median(
      cases.flatMap((c) => minutes(c.opened_at, c.closed_at)),
      24 * 60,
    ),
  };
}

const minutes = (from: Date, to: Date | null): number[] => (to ? [(to.getTime() - from.getTime()) / 60_000] : []);

/** The middle one, in units of so many minutes; of too few nothing is said. */
function median(values: readonly number[], unit: number): number | null {
  if (values.length < SMALL) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (i: number) => sorted[i] ?? 0;
  const value = sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
  return Math.round(value / unit);
}

export const NUMBER_WORDS = { hidden: 'fewer than five, or not shown', none: 'none' } as const;
const counted = (n: number | null): string => (n === null ? NUMBER_WORDS.hidden : n.toLocaleString('en-GB'));
const spoken = (n: number | null, one: string, more: string): string =>
  n === null ? 'not shown: too few' : `${n.toLocaleString('en-GB')} ${n === 1 ? one : more}`;

/** The figures in words, for page and file alike. */
export function summaryRows(f: SummaryFigures): { figures: [string, string][]; types: [string, string][] } {
  return {
    figures: [
      ['Cases opened', counted(f.all)],
      ['Of these, bullying online', counted(f.bullying)],
      ['From report to first action, the middle one', spoken(f.firstActionMinutes, 'minute', 'minutes')],
      ['From report to outcome, the middle one', spoken(f.outcomeDays, 'day', 'days')],
    ],
    types: f.types.map((t) => [t.name, counted(t.cases)]),
  };
}
