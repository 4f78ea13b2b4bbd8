import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { WebApp } from './app.ts';

const require = createRequire(import.meta.url);
const FONT = dirname(require.resolve('@fontsource/atkinson-hyperlegible-next/package.json'));
const GOVUK = dirname(require.resolve('govuk-frontend/package.json'));

/**
 * Style and fonts. GOV.UK's components come as their package ships them; only the typeface is exchanged, since GDS
 * Transport is licensed to gov.uk alone. Our own look stands in static/gatehouse.css on top.
 */
export function assetRoutes(app: WebApp): void {
  const components = readFileSync(join(GOVUK, 'dist/govuk/govuk-frontend.min.css'), 'utf8')
    .replace(/@font-face\{[^}]*\}/g, '')
    .replaceAll('GDS Transport,arial,sans-serif', '"Atkinson Hyperlegible Next",system-ui,sans-serif');
  const fonts = [400, 700].map((weight) => ({
    weight,
    data: readFileSync(join(FONT, `files/atkinson-hyperlegible-next-latin-${weight}-normal.woff2`)),
  }));
  const faces = fonts
    .map(
      (f) =>
        `@font-face{font-family:"Atkinson Hyperlegible Next";font-weight:${f.weight};font-display:swap;src:url(/assets/font-${f.weight}.woff2) format("woff2")}`,
    )
    .join('');
  const config = { access: 'public' as const };
  app.get('/assets/components.css', { config, schema: { hide: true } as object }, async (_request, reply) =>
    reply
      .type('text/css')
      .header('cache-control', 'public, max-age=3600')
      .send(faces + components),
  );
  for (const f of fonts) {
    app.get(`/assets/font-${f.weight}.woff2`, { config, schema: { hide: true } as object }, async (_request, reply) =>
      reply.type('font/woff2').header('cache-control', 'public, max-age=604800').send(f.data),
    );
  }
}
