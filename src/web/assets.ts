import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { WebApp } from './app.ts';

const require = createRequire(import.meta.url);
const FONT = dirname(require.resolve('@fontsource/atkinson-hyperlegible-next/package.json'));
const GOVUK = dirname(require.resolve('govuk-frontend/package.json'));
export const STATIC = resolve(import.meta.dirname, 'static');

const FAMILY = 'Atkinson Hyperlegible Next';
/** Names such as Łukasz need the second part; browsers fetch it only when such a letter stands on the page. */
const RANGES = {
  latin:
    'U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD',
  'latin-ext':
    'U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF',
};

const FACES = Object.entries(RANGES).flatMap(([part, range]) =>
  [400, 700].map((weight) => ({
    weight,
    range,
    path: `/assets/font-${part}-${weight}.woff2`,
    file: join(FONT, `files/atkinson-hyperlegible-next-${part}-${weight}-normal.woff2`),
  })),
);

interface Asset {
  readonly type: string;
  readonly body: Buffer;
  readonly version: string;
  /** Packed once, at start; null for fonts, which are packed as they are. */
  readonly packed: { readonly br: Buffer; readonly gzip: Buffer } | null;
}

const CSS = 'text/css; charset=utf-8';

/** What every page loads, by address. Made once per process. */
const ASSETS: ReadonlyMap<string, Asset> = new Map<string, Asset>([
  ...FACES.map((f): [string, Asset] => [f.path, asset('font/woff2', readFileSync(f.file))]),
  ['/assets/components.css', asset(CSS, components(), true)],
  ['/static/gatehouse.css', asset(CSS, readFileSync(join(STATIC, 'gatehouse.css')), true)],
  ['/static/mark.svg', asset('image/svg+xml', readFileSync(join(STATIC, 'mark.svg')), true)],
]);

function asset(type: string, content: string | Buffer, pack = false): Asset {
  const body = Buffer.from(content);
  const version = createHash('sha256').update(body).digest('hex').slice(0, 12);
  const br = () => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
  return { type, body, version, packed: pack ? { br: br(), gzip: gzipSync(body) } : null };
}

/** The address of an asset with its version, so that browsers may keep it for good and still see a new one at once. */
export const assetUrl = (path: string): string => {
  const asset = ASSETS.get(path);
  return asset ? `${path}?v=${asset.version}` : path;
};

/** Style and fonts, kept by browsers and sent compressed. */
export function assetRoutes(app: WebApp): void {
  for (const [path, asset] of ASSETS) {
    app.get(path, { config: { access: 'public' }, schema: { hide: true } as object }, async (request, reply) => {
      const accepts = request.headers['accept-encoding'] ?? '';
      const encoding = asset.packed && (/\bbr\b/.test(accepts) ? 'br' : /\bgzip\b/.test(accepts) ? 'gzip' : null);
      if (encoding) reply.header('content-encoding', encoding);
      return reply
        .type(asset.type)
        .header('vary', 'accept-encoding')
        .header('cache-control', 'public, max-age=604800, immutable')
        .send(encoding && asset.packed ? asset.packed[encoding] : asset.body);
    });
  }
}

/**
 * GOV.UK's components come as their package ships them; only the typeface is exchanged, since GDS Transport and the
 * crest are licensed to gov.uk alone. Our colours follow.
 */
function components(): string {
  const govuk = readFileSync(join(GOVUK, 'dist/govuk/govuk-frontend.min.css'), 'utf8')
    .replace('@charset "UTF-8";', '')
    .replace(/@font-face\{[^}]*\}/g, '')
    .replace(/url\(\/assets\/images\/[^)]*\)/g, 'none')
    .replaceAll('font-family:sans-serif', 'font-family:GDS Transport,arial,sans-serif')
    .replaceAll('GDS Transport,arial,sans-serif', `"${FAMILY}",system-ui,sans-serif`);
  const faces = FACES.map(
    (f) =>
      `@font-face{font-family:"${FAMILY}";font-weight:${f.weight};font-display:swap;src:url(${f.path}) format("woff2");unicode-range:${f.range}}`,
  );
  return [...faces, govuk, readFileSync(join(STATIC, 'brand.css'), 'utf8')].join('\n');
}
