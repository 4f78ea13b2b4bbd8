import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';

/**
 * Bar charts as pictures of their own. A page shows one as `<picture>` with a source for phones, an `alt` that says what
 * it is, and a table beside it with the same figures: the table is for everybody, the picture is a help.
 */

echarts.use([BarChart, GridComponent, LegendComponent, SVGRenderer]);

/** What the address of a picture asks for: narrow on phones, so that the letters are of one size there and at desks. */
export const ChartSize = Type.Optional(Type.Union([Type.Literal('wide'), Type.Literal('narrow')]));
export type ChartSize = 'wide' | 'narrow';

/** Light ground first, dark ground second. Brand greens, the lamp and earth; red is kept for a child in danger. */
const COLOURS = {
  pine: ['#123f34', '#dff3e9'],
  green: ['#17513f', '#a9e0c8'],
  leaf: ['#2f7d63', '#7cc9a8'],
  mint: ['#9cc5b2', '#3f6b5a'],
  lamp: ['#f2b632', '#f2b632'],
  bronze: ['#8a6a1f', '#a98a3d'],
  clay: ['#b6ad9c', '#8d958c'],
  stone: ['#c9c2b4', '#5d655f'],
  sand: ['#e4dccb', '#4a554f'],
  ink: ['#474d48', '#b6bdb5'],
  line: ['#ddd5c5', '#35413b'],
} as const;
export type ChartColour = Exclude<keyof typeof COLOURS, 'ink' | 'line'>;

export interface Series {
  readonly name: string;
  readonly colour: ChartColour;
  /** One for each label; null draws nothing. */
  readonly data: readonly (number | null)[];
  /** Pixels in which the smallest figure is still seen. */
  readonly least?: number;
}
export interface Bars {
  readonly size: ChartSize | undefined;
  readonly labels: readonly string[];
  readonly series: readonly Series[];
}

const WIDTH = { wide: 900, narrow: 380 };
const TEXT = { fontFamily: 'system-ui, sans-serif', fontSize: 14, color: COLOURS.ink[0] };
const LINE = { lineStyle: { color: COLOURS.line[0] } };
const count = (n: number): string => n.toLocaleString('en-GB');

/** Bars that stand side by side, parts on top of each other: figures over time. */
export function columnChart({ size = 'wide', labels, series }: Bars): string {
  const legend = legendOf(series, size);
  const height = legend.height + 250;
  return draw(size, height, {
    grid: {
      left: 12,
      right: 12,
      top: legend.height,
      bottom: 8,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    legend: legend.option,
    xAxis: {
      type: 'category',
      data: labels,
      axisLine: LINE,
      axisTick: { show: false },
      axisLabel: { ...TEXT, hideOverlap: true },
    },
    yAxis: { type: 'value', minInterval: 1, splitLine: LINE, axisLabel: { ...TEXT, formatter: count } },
    series: series.map((s) => ({ ...barsOf(s), stack: 'all', barCategoryGap: '25%' })),
  });
}

export interface Rows extends Bars {
  /** Height of a row. */
  readonly row: number;
  /** Parts behind each other instead of below. */
  readonly stacked?: true;
  /** Names are written out over several lines, for which a row must be high enough; otherwise they are cut. */
  readonly wrapped?: true;
}

/** Room for the names at the left, and how many letters fit in it. */
const NAMES = { wide: { width: 290, letters: 36 }, narrow: { width: 150, letters: 16 } };
/** Letters are wider in a browser than they are measured here. */
const MEASURED = 0.8;

/** Bars that lie, a row for each label: figures of things with names. A single series has its figures beside its bars. */
export function rowChart({ size = 'wide', labels, series, row, stacked, wrapped }: Rows): string {
  const { width, letters } = NAMES[size];
  const legend = legendOf(series, size);
  const alone = series.length === 1;
  const foot = 32;
  const cut = (name: string) => (name.length > letters ? `${name.slice(0, letters - 1)}…` : name);
  return draw(size, legend.height + labels.length * row + foot, {
    grid: { left: width, right: alone ? 40 : 24, top: legend.height, bottom: foot },
    legend: legend.option,
    xAxis: {
      type: 'value',
      minInterval: 1,
      splitNumber: size === 'wide' ? 5 : 3,
      splitLine: LINE,
      axisLabel: { ...TEXT, formatter: count },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: wrapped ? labels : labels.map(cut),
      axisLine: LINE,
      axisTick: { show: false },
      axisLabel: { ...TEXT, interval: 0, ...(wrapped && { width: width * MEASURED, overflow: 'break' }) },
    },
    series: series.map((s) => ({
      ...barsOf(s),
      ...(stacked && { stack: 'all' }),
      ...(alone && { label: { show: true, position: 'right', ...TEXT } }),
      barCategoryGap: '30%',
      barMaxWidth: 22,
    })),
  });
}

/** The names of the series above the bars, one below another where there is no room beside each other. */
function legendOf(series: readonly Series[], size: ChartSize) {
  if (series.length === 1) return { height: 8, option: { show: false } };
  const below = size === 'narrow' && series.length > 3;
  return {
    height: below ? series.length * 22 + 20 : 44,
    option: {
      left: 0,
      top: 0,
      orient: below ? 'vertical' : 'horizontal',
      itemWidth: 14,
      itemHeight: 14,
      itemGap: below ? 8 : 26,
      textStyle: TEXT,
    },
  };
}

const barsOf = ({ name, colour, data, least }: Series) => ({
  type: 'bar',
  name,
  itemStyle: { color: COLOURS[colour][0] },
  data: [...data],
  ...(least !== undefined && { barMinHeight: least }),
});

/** The picture brings its own style for dark pages along: it follows the setting of whoever looks at it. */
const DARK = `<style>@media(prefers-color-scheme:dark){${Object.values(COLOURS)
  .flatMap(([light, dark]) => [`[fill="${light}"]{fill:${dark}}`, `[stroke="${light}"]{stroke:${dark}}`])
  .join('')}}</style>`;

function draw(size: ChartSize, height: number, option: object): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH[size], height });
  chart.setOption({ animation: false, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg.replace(/^<svg[^>]*>/, (head) => head + DARK);
}

/** Answers with a chart; the policy of contents lets in the style that it brings along, and nothing else. */
export const sendChart = (reply: FastifyReply, svg: string): FastifyReply =>
  reply
    .type('image/svg+xml')
    .header('content-security-policy', `default-src 'none'; style-src 'unsafe-inline'`)
    .send(svg);
