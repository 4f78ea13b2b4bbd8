import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type Figures, GROUPS, type Group } from './figures.ts';

echarts.use([BarChart, GridComponent, LegendComponent, SVGRenderer]);

/** Brand greens and the lamp; red is kept for a child in danger. Light ground first, dark ground second. */
const COLOURS: Readonly<Record<Group | 'ink' | 'line', readonly [string, string]>> = {
  crime: ['#123f34', '#dff3e9'],
  harm: ['#2f7d63', '#7cc9a8'],
  conduct: ['#9cc5b2', '#3f6b5a'],
  wellbeing: ['#f2b632', '#f2b633'],
  systems: ['#8a6a1f', '#a98a3d'],
  open: ['#c9c2b4', '#5d655f'],
  ink: ['#474d48', '#b6bdb5'],
  line: ['#ddd5c5', '#35413b'],
};
const FONT = { fontFamily: 'system-ui, sans-serif', fontSize: 14 };
/** Wide for desks, narrow for phones, so that the letters are of one size on both. */
const SIZES = {
  wide: { box: { width: 900, height: 320 }, top: 52 },
  narrow: { box: { width: 380, height: 400 }, top: 124 },
};

/** Cases by month and kind as an SVG of its own, which changes with the reader's setting for dark pages. */
export function casesSvg(figures: Figures, size: keyof typeof SIZES, timeZone: string): string {
  const { box, top } = SIZES[size];
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...box });
  const ink = COLOURS.ink[0];
  const line = COLOURS.line[0];
  chart.setOption({
    animation: false,
    grid: { left: 12, right: 12, top, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    legend: { left: 0, top: 0, itemWidth: 14, itemHeight: 14, itemGap: 26, textStyle: { ...FONT, color: ink } },
    xAxis: {
      type: 'category',
      data: figures.months.map((m) => monthName(m, timeZone)),
      axisLine: { lineStyle: { color: line } },
      axisTick: { show: false },
      axisLabel: { ...FONT, color: ink, hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      minInterval: 1,
      splitLine: { lineStyle: { color: line } },
      axisLabel: { ...FONT, color: ink, formatter: (n: number) => n.toLocaleString('en-GB') },
    },
    series: (Object.keys(GROUPS) as Group[]).map((group) => ({
      type: 'bar',
      name: GROUPS[group],
      stack: 'all',
      barCategoryGap: '25%',
      itemStyle: { color: COLOURS[group][0] },
      data: [...figures.groups[group]],
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const dark = Object.values(COLOURS)
    .flatMap(([light, night]) => [`[fill="${light}"]{fill:${night}}`, `[stroke="${light}"]{stroke:${night}}`])
    .join('');
  return svg.replace(/^<svg[^>]*>/, (head) => `${head}<style>@media(prefers-color-scheme:dark){${dark}}</style>`);
}

/** "Nov 2026". */
export const monthName = (month: string, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone }).format(
    new Date(`${month}-15T12:00Z`),
  );
