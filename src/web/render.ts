import { resolve } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import nunjucks from 'nunjucks';
import type { WebOptions } from './app.ts';
import { assetUrl } from './assets.ts';
import { addFilters } from './filters.ts';
import { navFor } from './nav.ts';

const SRC = resolve(import.meta.dirname, '..');
const MODULES = resolve(SRC, '../node_modules');

/** Templates are found from `src/`, and GOV.UK's and MoJ's components from their packages. */
export function createRenderer(options: Pick<WebOptions, 'rooms' | 'clock' | 'pagesUrl'>) {
  const env = new nunjucks.Environment(
    new nunjucks.FileSystemLoader([
      SRC,
      resolve(MODULES, 'govuk-frontend/dist'),
      resolve(MODULES, '@ministryofjustice/frontend'),
    ]),
    { autoescape: true, throwOnUndefined: false, trimBlocks: true, lstripBlocks: true },
  );
  addFilters(env, options.clock);
  env.addGlobal('asset', assetUrl);
  const nav = options.rooms.flatMap((r) => r.nav ?? []);

  return (request: FastifyRequest, reply: FastifyReply, template: string, data: Record<string, unknown>): string => {
    const { viewer } = request;
    const path = request.url.split('?')[0] ?? '/';
    const message = request.cookies['gatehouse-done'];
    if (message) reply.clearCookie('gatehouse-done', { path: '/' });
    return env.render(template, {
      viewer,
      csrf: viewer?.csrf ?? '',
      nonce: reply.cspNonce,
      path,
      doneMessage: message,
      now: options.clock.now(),
      timeZone: viewer?.school.timeZone ?? 'Europe/London',
      nav: viewer && !viewer.mustChange ? navFor([...nav, ...(request.nav ?? [])], viewer.duties, path) : [],
      ...data,
    });
  };
}
