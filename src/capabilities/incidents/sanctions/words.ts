import { MINUTE } from '#core/clock.ts';

/** `{name}` and the like put in; what is empty leaves no double blank behind. */
export const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text
    .replace(/\{(\w+)\}/g, (_, key: string) => values[key] ?? '')
    .replace(/ {2,}/g, ' ')
    .trim();

/** The first instant of a day (`YYYY-MM-DD`) in that time zone. */
export const startOf = (day: string, timeZone: string): Date =>
  new Date(Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds);

/** The last minute of a day in that time zone. */
export const endOf = (day: string, timeZone: string): Date =>
  new Date(startOf(Temporal.PlainDate.from(day).add({ days: 1 }).toString(), timeZone).getTime() - MINUTE);

/** "Monday 30 November 2026" */
export const dayWords = (day: string): string => {
  const date = Temporal.PlainDate.from(day);
  const words = date.toLocaleString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
  return `${date.toLocaleString('en-GB', { weekday: 'long' })} ${words}`;
};

/** "from Monday 30 November 2026 until Friday 4 December 2026", with what is known of it. */
export function dateWords(from: string | undefined, until: string | undefined): string {
  const words = [from ? `from ${dayWords(from)}` : 'at once', ...(until ? [`until ${dayWords(until)}`] : [])];
  return words.join(', ');
}
