import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { STATIC } from './assets.ts';
import { type Bars, columnChart, rowChart } from './chart.ts';

const two: Bars = {
  size: 'wide',
  labels: ['Monday', 'Tuesday & after'],
  series: [
    { name: 'Opened', colour: 'mint', data: [1200, 3] },
    { name: 'Blocked', colour: 'green', data: [5, null] },
  ],
};
const [one] = two.series;
const words = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map((m) => m[1]);

test('a chart says its labels, its series and its figures in words that a browser can draw', () => {
  for (const svg of [columnChart(two), rowChart({ ...two, row: 40 })])
    for (const word of ['Monday', 'Tuesday &amp; after', 'Opened', 'Blocked', '1,200'])
      assert.ok(words(svg).includes(word), `${word} of ${words(svg)}`);
});

test('a single series needs no legend, and rows of it show their figures', () => {
  const svg = rowChart({ ...two, row: 40, series: one ? [{ ...one, data: [17, 3] }] : [] });
  assert.ok(!words(svg).includes('Opened'));
  for (const figure of ['17', '3']) assert.ok(words(svg).includes(figure), figure);
});

test('long names of rows are cut for the size, or written over several lines, and never lost', () => {
  const name = 'Pictures that were made or changed by a computer';
  const rows = { ...two, labels: [name, 'Misuse'], row: 68 };
  assert.ok(words(rowChart({ ...rows, size: 'narrow' })).includes('Pictures that w…'));
  assert.ok(
    words(rowChart({ ...rows, wrapped: true }))
      .join('')
      .includes(name),
  );
});

test('letters and lines of a chart have the colours of the brand, by day and by night', () => {
  const [day = '', night = ''] = readFileSync(join(STATIC, 'brand.css'), 'utf8').split('@media (prefers');
  const colour = (css: string, name: string) => new RegExp(`--gh-${name}: (#[0-9a-f]{6})`).exec(css)?.[1];
  const svg = columnChart(two);
  assert.ok(svg.includes(`[fill="${colour(day, 'ink-soft')}"]{fill:${colour(night, 'ink-soft')}}`));
  assert.ok(svg.includes(`[stroke="${colour(day, 'line')}"]{stroke:${colour(night, 'line')}}`));
  for (const [text] of svg.matchAll(/<text[^>]*>/g))
    assert.ok(text.includes(`fill="${colour(day, 'ink-soft')}"`), text);
});

test('every colour that a chart draws changes on dark pages', () => {
  const svg = rowChart({ ...two, row: 40 });
  for (const [, colour = ''] of svg.matchAll(/<[^>]* fill="(#[0-9a-f]{6})"/g))
    assert.ok(svg.includes(`[fill="${colour}"]{fill:#`), colour);
});
