import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { DAY, HOUR } from '#core/clock.ts';
import type { HourCount } from './activity.search.ts';
import { OUTCOMES } from './words.ts';

echarts.use([BarChart, GridComponent, LegendComponent, SVGRenderer]);

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

/** Brand greens and the lamp; red is kept for a child in danger. Light ground first, dark ground second. */
const COLOURS = {
  allow: ['#9cc5b2', '#3f6b5a'],
  warn: ['#f2b632', '#f2b632'],
  block: ['#17513f', '#a9e0c8'],
  ink: ['#474d48', '#b6bdb5'],
  line: ['#ddd5c5', '#35413b'],
} as const;

const FONT = { fontFamily: 'system-ui, sans-serif', fontSize: 14 };

/** Wide for desks, narrow for phones, so that the letters are of one size on both. */
const SIZES = { wide: { width: 900, height: 280 }, narrow: { width: 380, height: 260 } };

/** The chart as an SVG of its own, which changes with the reader's setting for dark pages. */
export function chartSvg(bars: Bars, size: keyof typeof SIZES): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...SIZES[size] });
  const ink = COLOURS.ink[0];
  chart.setOption({
    animation: false,
    grid: { left: 12, right: 12, top: 44, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    legend: { left: 0, top: 0, itemWidth: 14, itemHeight: 14, itemGap: 20, textStyle: { ...FONT, color: ink } },
    xAxis: {
      type: 'category',
      data: bars.labels,
      axisLine: { lineStyle: { color: COLOURS.line[0] } },
      axisTick: { show: false },
      axisLabel: { ...FONT, color: ink, hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      minInterval: 1,
      splitLine: { lineStyle: { color: COLOURS.line[0] } },
      axisLabel: { ...FONT, color: ink, formatter: (n: number) => n.toLocaleString('en-GB') },
    },
    series: (['block', 'warn', 'allow'] as const).map((outcome) => ({
      type: 'bar',
      name: OUTCOMES[outcome],
      stack: 'all',
      barCategoryGap: '25%',
      itemStyle: { color: COLOURS[outcome][0] },
      data: [...bars.series[outcome]],
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const dark = Object.values(COLOURS)
    .flatMap(([light, night]) => [`[fill="${light}"]{fill:${night}}`, `[stroke="${light}"]{stroke:${night}}`])
    .join('');
  return svg.replace(/^<svg[^>]*>/, (head) => `${head}<style>@media(prefers-color-scheme:dark){${dark}}</style>`);
}
