import { DAY } from '#core/clock.ts';
import { invalid } from '#core/errors.ts';

const LONGEST_DAYS = 31;

/** What `datetime-local` sends, in the school's time; null for what is no time. */
function parseLocal(text: string, timeZone: string): Date | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text)) return null;
  try {
    return new Date(Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds);
  } catch {
    return null;
  }
}

/** The value of a `datetime-local` field. */
export const localTime = (at: Date, timeZone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'minute' });

/** The time asked for; the last day where nothing was. */
export function timeRange(
  asked: { readonly from?: string; readonly until?: string },
  now: number,
  timeZone: string,
): { from: Date; until: Date } {
  const read = (field: 'from' | 'until', otherwise: Date): Date => {
    const text = asked[field];
    if (!text) return otherwise;
    const time = parseLocal(text, timeZone);
    if (!time) throw invalid('activity.time', 'Choose a day and a time.', { [field]: 'Choose a day and a time.' });
    return time;
  };
  const until = read('until', new Date(now + 60_000));
  const from = read('from', new Date(until.getTime() - DAY));
  if (from >= until) {
    throw invalid('activity.time', 'The time must begin before it ends.', { from: 'Choose an earlier time.' });
  }
  if (until.getTime() - from.getTime() > LONGEST_DAYS * DAY) {
    throw invalid('activity.time', `Choose at most ${LONGEST_DAYS} days at a time.`, { from: 'Choose a later time.' });
  }
  return { from, until };
}
