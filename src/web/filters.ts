import type nunjucks from 'nunjucks';
import type { Clock } from '#core/clock.ts';

/** Words for templates: exact times in the school's zone, and how long ago that is. */
export function addFilters(env: nunjucks.Environment, clock: Clock): void {
  env.addFilter('exactTime', (value: Date | string | number, timeZone: string) =>
    new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(new Date(value)),
  );
  env.addFilter('day', (value: Date | string | number, timeZone: string) =>
    new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone }).format(new Date(value)),
  );
  env.addFilter('iso', (value: Date | string | number) => {
    // A day without a time is a valid `datetime` as it is.
    const instant = new Date(value);
    return typeof value === 'string' && value.length === 10 ? value : instant.toISOString();
  });
  env.addFilter('min', (values: readonly number[]) => Math.min(...values));
  env.addFilter('ago', (value: Date | string | number) => ago(clock.now() - new Date(value).getTime()));
  env.addFilter('number', (value: number | string) => new Intl.NumberFormat('en-GB').format(Number(value)));
}

/** "4 minutes ago"; the exact time stands beside it (design: Look). */
export function ago(ms: number): string {
  const units: [number, Intl.RelativeTimeFormatUnit][] = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
  ];
  const format = new Intl.RelativeTimeFormat('en-GB', { numeric: 'always' });
  for (const [size, unit] of units) {
    if (Math.abs(ms) >= size) return format.format(-Math.trunc(ms / size), unit);
  }
  return ms >= 0 ? 'just now' : 'in a moment';
}
