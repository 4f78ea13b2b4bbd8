import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { systemClock } from '#core/clock.ts';
import { createLog } from '#platform/log.ts';
import { createWebApp, type WebApp } from './app.ts';
import { assetUrl, STATIC } from './assets.ts';
import { ago } from './filters.ts';

let app: WebApp;
before(async () => {
  const options = { clock: systemClock, log: createLog('test', () => undefined), pagesUrl: 'http://127.0.0.1' };
  app = await createWebApp({ ...options, authenticate: async () => null, rooms: [] });
});
after(() => app.close());

const css = (name: string) => readFileSync(join(STATIC, name), 'utf8');

test('nothing that a page or a style sheet asks for is missing', async () => {
  const page = (await app.inject('/nowhere')).body;
  const asked = [...page.matchAll(/<link [^>]*href="([^"]+)"/g)].map((m) => m[1] ?? '');
  assert.equal(asked.length, 3);
  for (const url of asked) {
    const sheet = await app.inject(url);
    assert.equal(sheet.statusCode, 200, url);
    assert.match(String(sheet.headers['cache-control']), /immutable/);
    for (const [, inner = ''] of sheet.body.matchAll(/url\(([^)]+)\)/g)) {
      assert.equal((await app.inject(inner)).statusCode, 200, `${inner} in ${url}`);
    }
  }
});

test('no page is heavy: all style together travels in under 30 KB', async () => {
  let total = 0;
  for (const url of ['/assets/components.css', '/static/gatehouse.css'].map(assetUrl)) {
    const br = await app.inject({ url, headers: { 'accept-encoding': 'gzip, br' } });
    const gzip = await app.inject({ url, headers: { 'accept-encoding': 'gzip' } });
    const plain = await app.inject({ url });
    assert.equal(brotliDecompressSync(br.rawPayload).toString(), plain.body);
    assert.equal(gunzipSync(gzip.rawPayload).toString(), plain.body);
    total += br.rawPayload.length;
  }
  assert.ok(total < 30_000, `${total} bytes`);
});

test('neither GOV.UK’s typeface nor its crest is served', async () => {
  const { body } = await app.inject('/assets/components.css');
  assert.doesNotMatch(body, /GDS Transport|crest/);
});

/** Text on its ground, as the style sheets pair them. */
const PAIRS = [
  ...['ink', 'ink-soft', 'link', 'visited', 'error', 'danger-text', 'heading'].flatMap((text) => [
    [text, 'paper'],
    [text, 'card'],
  ]),
  ['ink', 'hover'],
  ['ink', 'input'],
  ['link', 'quiet'],
  ['ink', 'quiet'],
  ['link', 'hover'],
  ['green-ink', 'green'],
  ['green-ink-soft', 'green'],
  ['button-ink', 'button'],
  ['button-ink', 'button-hover'],
  ['focus-ink', 'focus'],
  ['calm-ink', 'calm'],
  ['amber-ink', 'amber'],
  ['danger-ink', 'danger'],
  ['quiet-ink', 'quiet'],
] as const;

test('all text stands at 7:1 or better against its ground, by day and by night', () => {
  const [day = '', night = ''] = css('brand.css').split('@media (prefers-color-scheme: dark)');
  const colours = (text: string) =>
    Object.fromEntries([...text.matchAll(/--gh-([a-z-]+): (#[0-9a-f]{6})/g)].map((m) => [m[1], m[2]]));
  const light = colours(day);
  const dark = { ...light, ...colours(night.split('@media print')[0] ?? '') };
  for (const [name, palette] of Object.entries({ light, dark })) {
    for (const [text, ground] of PAIRS) {
      const ratio = contrast(palette[text] ?? '', palette[ground] ?? '');
      assert.ok(ratio >= 7, `${name}: ${text} on ${ground} is ${ratio.toFixed(2)}:1`);
    }
  }
});

/** Contrast ratio of two colours `#rrggbb` (WCAG 2.2, definition of relative luminance). */
function contrast(a: string, b: string): number {
  const luminance = (colour: string) => {
    const [r = Number.NaN, g = Number.NaN, b = Number.NaN] = [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

test('how long ago something was is said as people say it', () => {
  assert.deepEqual([0, 59_000, 61_000, 7_200_000, 86_400_000, 5 * 86_400_000, -120_000].map(ago), [
    'just now',
    'just now',
    '1 minute ago',
    '2 hours ago',
    '1 day ago',
    '5 days ago',
    'in 2 minutes',
  ]);
});
