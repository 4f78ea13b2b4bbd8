import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Turn } from './rehearsal.rules.ts';
import { TURNS } from './rehearsal.words.ts';

echarts.use([BarChart, GridComponent, LegendComponent, SVGRenderer]);

/** Light ground first, dark ground second; red is kept for a child in danger. */
const COLOURS = {
  opens: ['#9cc5b2', '#3f6b5a'],
  stops: ['#17513f', '#a9e0c8'],
  ink: ['#474d48', '#b6bdb5'],
  line: ['#ddd5c5', '#35413b'],
} as const;
const FONT = { fontFamily: 'system-ui, sans-serif', fontSize: 14 };
/** Wide for desks, narrow for phones, so that the letters are of one size on both. */
const SIZES = {
  wide: { width: 900, label: 220, letters: 28 },
  narrow: { width: 380, label: 136, letters: 16 },
} as const;
const ROW = 44;

export type ChartSize = keyof typeof SIZES;

/** Two bars for each group: a picture of the table that stands below it. */
export function rehearsalChart(
  groups: readonly (Readonly<Record<Turn, { readonly requests: number }>> & { readonly name: string })[],
  size: ChartSize,
): string {
  const { width, label, letters } = SIZES[size];
  const height = groups.length * ROW + 76;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  const ink = COLOURS.ink[0];
  chart.setOption({
    animation: false,
    grid: { left: label, right: 24, top: 40, bottom: 32 },
    legend: { left: 0, top: 0, itemWidth: 14, itemHeight: 14, itemGap: 20, textStyle: { ...FONT, color: ink } },
    xAxis: {
      type: 'value',
      minInterval: 1,
      splitNumber: size === 'wide' ? 5 : 3,
      splitLine: { lineStyle: { color: COLOURS.line[0] } },
      axisLabel: { ...FONT, color: ink, formatter: (n: number) => n.toLocaleString('en-GB') },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: groups.map(({ name }) => (name.length > letters ? `${name.slice(0, letters - 1)}…` : name)),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: COLOURS.line[0] } },
      axisLabel: { ...FONT, color: ink },
    },
    series: (['opens', 'stops'] as const).map((turn) => ({
      type: 'bar',
      name: TURNS[turn],
      barCategoryGap: '30%',
      itemStyle: { color: COLOURS[turn][0] },
      data: groups.map((g) => g[turn].requests),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const dark = Object.values(COLOURS)
    .flatMap(([light, night]) => [`[fill="${light}"]{fill:${night}}`, `[stroke="${light}"]{stroke:${night}}`])
    .join('');
  return svg.replace(/^<svg[^>]*>/, (head) => `${head}<style>@media(prefers-color-scheme:dark){${dark}}</style>`);
}
