import { DAY } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import { type ChartSize, columnChart } from '#web/chart.ts';

export interface Day {
  readonly day: string;
  readonly runs: number;
  readonly asked: number;
  readonly wrong: number;
  readonly unanswered: number;
  /** The share of lessons' sites lost by the worst-off profile; null where none were asked. */
  readonly worst: number | null;
}

/** Every day of the time, those on which nothing ran too: they are what one looks for. */
export function daysOf(
  rows: readonly Day[],
  { now, timeZone, days }: { now: number; timeZone: string; days: number },
): Day[] {
  const by = new Map(rows.map((r) => [r.day, r]));
  const none = { runs: 0, asked: 0, wrong: 0, unanswered: 0, worst: null };
  const all = Array.from({ length: days }, (_, i) => dayIn(timeZone, now - (days - 1 - i) * DAY));
  return [...new Set(all)].map((day) => by.get(day) ?? { day, ...none });
}

/** One wrong answer among fifty thousand must be seen. */
const LEAST = 5;

/** Answers by day: a picture of the table that stands below it. */
export function proofChart(days: readonly Day[], size?: ChartSize): string {
  const label = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const each = (of: (day: Day) => number) => days.map((d) => of(d) || null);
  return columnChart({
    size,
    labels: days.map((d) => label.format(new Date(d.day))),
    series: [
      { name: 'As it must be', colour: 'mint', data: each((d) => d.asked - d.wrong - d.unanswered) },
      { name: 'Wrong or not answered', colour: 'lamp', data: each((d) => d.wrong + d.unanswered), least: LEAST },
    ],
  });
}
