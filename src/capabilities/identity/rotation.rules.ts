import { DAY } from '#core/clock.ts';
import type { PasswordRotation, SchoolFacts } from '#policy/types.ts';

/**
 * When the last stretch of the school's own calendar began (D01), as epoch ms of that day's first moment; null where none
 * has begun yet. A stretch begins with a term, with the day after a half-term break, or with the first term of an academic
 * year, since terms are not alike (IDA-04); a policy may count days instead.
 */
export function lastBoundary(
  { every, days }: Pick<PasswordRotation, 'every' | 'days'>,
  terms: SchoolFacts['terms'],
  now: number,
  timeZone: string,
): number | null {
  if (every === 'days') return days === undefined ? null : now - days * DAY;
  const begun = beginnings(every, terms)
    .map((day) => Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds)
    .filter((at) => at <= now);
  return begun.length > 0 ? Math.max(...begun) : null;
}

function beginnings(every: Exclude<PasswordRotation['every'], 'days'>, terms: SchoolFacts['terms']): string[] {
  switch (every) {
    case 'half-term':
      return terms.flatMap((t) => [t.from, ...(t.halfTerm ? [dayAfter(t.halfTerm.to)] : [])]);
    case 'term':
      return terms.map((t) => t.from);
    case 'academic-year': {
      const years = Map.groupBy(terms, (t) => academicYear(t.from));
      return [...years.values()].map((of) => of.map((t) => t.from).sort()[0] ?? '');
    }
  }
}

const dayAfter = (day: string): string => Temporal.PlainDate.from(day).add({ days: 1 }).toString();

/** The year in which it began: schools in Britain start anew in August or September. */
function academicYear(day: string): number {
  const { year, month } = Temporal.PlainDate.from(day);
  return month >= 8 ? year : year - 1;
}
