import { DAY, HOUR } from '#core/clock.ts';
import { type ChartColour, type ChartSize, columnChart } from '#web/chart.ts';
import type { HourCount } from './activity.search.ts';
import { OUTCOMES } from './words.ts';

export interface Bars {
  readonly unit: 'hour' | 'day';
  readonly labels: readonly string[];
  readonly series: Readonly<Record<keyof typeof OUTCOMES, readonly number[]>>;
}

/** Longer than this and a bar is a day. */
const HOURS_SHOWN = 72;

/** Requests by hour, or by day where the time is long, in the school's own time; empty hours stand there as nought. */
export function barsOf(counts: readonly HourCount[], time: { from: Date; until: Date }, timeZone: string): Bars {
  const span = time.until.getTime() - time.from.getTime();
  const unit = span > HOURS_SHOWN * HOUR ? 'day' : 'hour';
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    ...(unit === 'day'
      ? { day: 'numeric', month: 'short' }
      : span > DAY
        ? { weekday: 'short', hour: 'numeric' }
        : { hour: '2-digit', minute: '2-digit' }),
  });
  const label = (at: Date | number) => format.format(at);
  const labels: string[] = [];
  for (let at = Math.floor(time.from.getTime() / HOUR) * HOUR; at < time.until.getTime(); at += HOUR) {
    // Hours of one day follow each other, and so do the two hours of the night on which clocks go back.
    if (labels.at(-1) !== label(at)) labels.push(label(at));
  }
  const place = new Map(labels.map((l, i) => [l, i]));
  const series = { allow: labels.map(() => 0), warn: labels.map(() => 0), block: labels.map(() => 0) };
  for (const c of counts) {
    const at = place.get(label(c.hour));
    const bars = series[c.outcome as keyof typeof series];
    if (at !== undefined && bars?.[at] !== undefined) bars[at] += c.requests;
  }
  return { unit, labels, series };
}

const COLOURS = { block: 'green', warn: 'lamp', allow: 'mint' } as const satisfies Record<string, ChartColour>;

/** What was blocked stands below and what was opened on top. */
export const chartSvg = ({ labels, series }: Bars, size?: ChartSize): string =>
  columnChart({
    size,
    labels,
    series: (['block', 'warn', 'allow'] as const).map((outcome) => ({
      name: OUTCOMES[outcome],
      colour: COLOURS[outcome],
      data: series[outcome],
    })),
  });
