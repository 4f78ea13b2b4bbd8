import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type Counts, KEEPING, KEEPING_WORDS, type Keeping } from './coverage.ts';

echarts.use([BarChart, GridComponent, LegendComponent, SVGRenderer]);

/** Light ground first, dark ground second; red is kept for a child in danger. */
const COLOURS: Readonly<Record<Keeping | 'ink', readonly [light: string, dark: string]>> = {
  attention: ['#f2b632', '#f2b633'],
  evidenced: ['#17513f', '#a9e0c8'],
  duty: ['#9cc5b2', '#3f6b5a'],
  unevidenced: ['#b6ad9c', '#8d958c'],
  unkept: ['#e4dccb', '#4a554f'],
  ink: ['#474d48', '#b6bdb5'],
};
const FONT = { fontFamily: 'system-ui, sans-serif', fontSize: 14 };
/** Wide for desks, narrow for phones, so that the letters are of one size on both. */
const SIZES = {
  wide: { width: 900, label: 290, letters: 36 },
  narrow: { width: 380, label: 140, letters: 16 },
} as const;
const ROW = 30;

/** A bar for each section, as long as it has clauses. A picture of the table that stands below it, and nothing more. */
export function coverageChart(
  sections: readonly { title: string; counts: Counts }[],
  size: keyof typeof SIZES,
): string {
  const { width, label, letters } = SIZES[size];
  const legend = size === 'wide' ? 40 : 130;
  const chart = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width,
    height: sections.length * ROW + legend + 30,
  });
  const ink = COLOURS.ink[0];
  chart.setOption({
    animation: false,
    grid: { left: label, right: 16, top: legend, bottom: 24 },
    legend: {
      left: 0,
      top: 0,
      orient: size === 'wide' ? 'horizontal' : 'vertical',
      itemWidth: 14,
      itemHeight: 14,
      itemGap: size === 'wide' ? 26 : 8,
      textStyle: { ...FONT, color: ink },
    },
    xAxis: { type: 'value', minInterval: 5, splitLine: { show: false }, axisLabel: { ...FONT, color: ink } },
    yAxis: {
      type: 'category',
      inverse: true,
      data: sections.map(({ title }) => (title.length > letters ? `${title.slice(0, letters - 1)}…` : title)),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { ...FONT, color: ink },
    },
    series: KEEPING.map((state) => ({
      type: 'bar',
      name: KEEPING_WORDS[state].name,
      stack: 'all',
      barCategoryGap: '30%',
      itemStyle: { color: COLOURS[state][0] },
      data: sections.map((s) => s.counts[state]),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const dark = Object.values(COLOURS)
    .map(([light, night]) => `[fill="${light}"]{fill:${night}}`)
    .join('');
  return svg.replace(/^<svg[^>]*>/, (head) => `${head}<style>@media(prefers-color-scheme:dark){${dark}}</style>`);
}
