import { type LifeState, type VersionDates, walkedBy } from './life.workflow.ts';
import type { Version } from './versions.store.ts';

type Dated = Pick<Version, 'number' | 'from' | 'nextReview' | 'periodEnds'> & { readonly withdrawn: object | null };

/** The first moment of a day in that time zone. */
export const startOfDay = (timeZone: string, day: string | Temporal.PlainDate): number =>
  Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds;

/** What the calendar does to a version: GOV-02 (start, end), GOV-04 (next review). */
export function datesOf(version: Dated, all: readonly Dated[], timeZone: string): VersionDates {
  const never = Number.POSITIVE_INFINITY;
  const { number, nextReview, periodEnds } = version;
  const later = all.filter((v) => v.number > number && v.withdrawn === null).map((v) => v.from.getTime());
  return {
    from: version.from.getTime(),
    reviewFrom: Math.min(
      nextReview === null ? never : startOfDay(timeZone, nextReview),
      periodEnds === null ? never : startOfDay(timeZone, Temporal.PlainDate.from(periodEnds).add({ days: 1 })),
    ),
    supersededFrom: Math.min(never, ...later),
  };
}

/** Where a version stands now: approved and waiting for its day, in force, due for review, superseded or withdrawn. */
export const stateOf = (version: Dated, all: readonly Dated[], now: number, timeZone: string): LifeState =>
  version.withdrawn ? 'withdrawn' : walkedBy(datesOf(version, all, timeZone), now);
