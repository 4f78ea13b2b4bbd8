import { BarChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { SummaryFigures } from '#platform/tables/closing.ts';

echarts.use([BarChart, GridComponent, SVGRenderer]);

/** Light ground first, dark ground second. */
const COLOURS = { bar: ['#2f7d63', '#7cc9a8'], ink: ['#474d48', '#b6bdb5'], line: ['#ddd5c5', '#35413b'] } as const;
const FONT = { fontFamily: 'system-ui, sans-serif', fontSize: 14, color: COLOURS.ink[0] };
/** A name of a type takes up to four lines beside its bar; letters are wider in a browser than they are measured here. */
const ROW = 68;
const NAMES = 0.44;

/** A bar for each type whose number is shown; the table beside it says the same and names the others. */
export function summarySvg(figures: SummaryFigures, width: number): { svg: string; height: number } {
  const bars = figures.types.filter((t) => t.cases !== null).toReversed();
  const height = Math.max(2, bars.length) * ROW + 40;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({
    animation: false,
    grid: { left: width * (NAMES + 0.02), right: 40, top: 8, bottom: 30 },
    xAxis: {
      type: 'value',
      minInterval: 1,
      splitLine: { lineStyle: { color: COLOURS.line[0] } },
      axisLabel: FONT,
    },
    yAxis: {
      type: 'category',
      data: bars.map((t) => t.name),
      axisLine: { lineStyle: { color: COLOURS.line[0] } },
      axisTick: { show: false },
      axisLabel: { ...FONT, width: width * NAMES * 0.8, overflow: 'break', interval: 0 },
    },
    series: [
      {
        type: 'bar',
        barWidth: 16,
        itemStyle: { color: COLOURS.bar[0] },
        label: { show: true, position: 'right', ...FONT },
        data: bars.map((t) => t.cases ?? 0),
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const dark = Object.values(COLOURS)
    .flatMap(([light, night]) => [`[fill="${light}"]{fill:${night}}`, `[stroke="${light}"]{stroke:${night}}`])
    .join('');
  const styled = svg.replace(
    /^<svg[^>]*>/,
    (head) => `${head}<style>@media(prefers-color-scheme:dark){${dark}}</style>`,
  );
  return { svg: styled, height };
}
