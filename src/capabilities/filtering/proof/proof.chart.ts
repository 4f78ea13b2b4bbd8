import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { DAY } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';

echarts.use([BarChart, GridComponent, LegendComponent, SVGRenderer]);

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

/** Light ground first, dark ground second; red is kept for a child in danger. */
const COLOURS = {
  right: ['#9cc5b2', '#3f6b5a'],
  wrong: ['#f2b632', '#f2b633'],
  ink: ['#474d48', '#b6bdb5'],
  line: ['#ddd5c5', '#35413b'],
} as const;
const FONT = { fontFamily: 'system-ui, sans-serif', fontSize: 14 };
const SIZES = { wide: { width: 900, height: 280 }, narrow: { width: 380, height: 280 } };
/** One wrong answer among fifty thousand must be seen. */
const LEAST = 5;

/** Answers by day as an SVG that changes with the reader's setting for dark pages; its figures stand in the table below. */
export function proofChart(days: readonly Day[], size: keyof typeof SIZES): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...SIZES[size] });
  const ink = COLOURS.ink[0];
  const label = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const bars = (name: string, colour: string, of: (day: Day) => number, more = {}) => ({
    type: 'bar',
    name,
    stack: 'all',
    barCategoryGap: '25%',
    itemStyle: { color: colour },
    data: days.map((d) => of(d) || null),
    ...more,
  });
  chart.setOption({
    animation: false,
    grid: { left: 12, right: 12, top: 44, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    legend: { left: 0, top: 0, itemWidth: 14, itemHeight: 14, itemGap: 20, textStyle: { ...FONT, color: ink } },
    xAxis: {
      type: 'category',
      data: days.map((d) => label.format(new Date(d.day))),
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
    series: [
      bars('As it must be', COLOURS.right[0], (d) => d.asked - d.wrong - d.unanswered),
      bars('Wrong or not answered', COLOURS.wrong[0], (d) => d.wrong + d.unanswered, { barMinHeight: LEAST }),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const dark = Object.values(COLOURS)
    .flatMap(([light, night]) => [`[fill="${light}"]{fill:${night}}`, `[stroke="${light}"]{stroke:${night}}`])
    .join('');
  return svg.replace(/^<svg[^>]*>/, (head) => `${head}<style>@media(prefers-color-scheme:dark){${dark}}</style>`);
}
