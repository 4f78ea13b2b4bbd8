import { randomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import multipart from '@fastify/multipart';
import rateLimit from '@fastify/rate-limit';
import fastifyStatic from '@fastify/static';
import swagger from '@fastify/swagger';
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Clock } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { refusalOf, statusOf } from '#platform/http.ts';
import { faultFacts, type Log } from '#platform/log.ts';
import { assetRoutes, STATIC } from './assets.ts';
import type { NavItem } from './nav.ts';
import { refusalWords } from './refusals.ts';
import { createRenderer } from './render.ts';
import type { Access, Viewer } from './viewer.ts';

export type WebApp = FastifyInstance<
  import('fastify').RawServerDefault,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  import('fastify').FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** A route and who may use it: what tests walk, so that no route can be left out. */
export interface RouteRow {
  readonly method: string;
  readonly url: string;
  readonly access: Access;
  readonly whileMustChange: boolean;
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly routeTable: readonly RouteRow[];
  }
}

/** A room's share of the pages. */
export interface Room {
  readonly name: string;
  readonly nav?: readonly NavItem[];
  /** Links that hang on more than the reader's duties, such as the policy in force; asked for every page. */
  navFor?(viewer: Viewer): Promise<readonly NavItem[]>;
  routes(app: WebApp): void | Promise<void>;
}

export interface WebOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly pagesUrl: string;
  /** Session token → viewer, or null. `identity` keeps it. */
  readonly authenticate: (token: string, request: FastifyRequest) => Promise<Viewer | null>;
  readonly rooms: readonly Room[];
  /** Requests a minute from one address before it is asked to wait. */
  readonly rateLimit?: number;
}

export const SESSION_COOKIE = 'gatehouse-session';
/** Style, fonts and scripts are for everyone: nobody needs to be looked up for them. */
const ASSET = /^\/(?:assets|static)\//;

/** The whole of the wiring, in the order in which a request meets it. */
export async function createWebApp(options: WebOptions): Promise<WebApp> {
  const app = Fastify({
    logger: false,
    trustProxy: false,
    bodyLimit: 1024 * 1024,
    // Evidence of 250 MB over a slow line takes longer than Node's five minutes for a request. A head still has its minute.
    requestTimeout: 0,
    routerOptions: { maxParamLength: 300 },
    // Unknown keys are errors, not silently dropped.
    ajv: { customOptions: { removeAdditional: false } },
  })
    .withTypeProvider<TypeBoxTypeProvider>()
    .setValidatorCompiler(TypeBoxValidatorCompiler) as unknown as WebApp;

  app.decorateRequest('viewer', null);
  app.decorateRequest('nav', null);
  app.decorateReply('cspNonce', '');
  await app.register(cookie);
  await app.register(formbody);
  await app.register(multipart, { limits: { fileSize: 8 * 1024 * 1024, files: 1, fields: 50 } });
  await app.register(swagger, { openapi: { info: { title: 'Gatehouse', version: '1' } } });
  await app.register(rateLimit, {
    max: options.rateLimit ?? 600,
    timeWindow: '1 minute',
    // A gateway brings activity as fast as it comes, and its token cannot be guessed.
    allowList: (request) => request.routeOptions.config.access === 'gateway',
    errorResponseBuilder: () =>
      new Refusal('too-many', 'http.too-many', 'Too many requests from this address. Wait a minute and try again.'),
  });
  await app.register(fastifyStatic, {
    root: STATIC,
    prefix: '/static/',
    decorateReply: false,
    maxAge: '1h',
  });

  const render = createRenderer(options);
  app.decorateReply('page', function (this: FastifyReply, template: string, data: Record<string, unknown> = {}) {
    return this.type('text/html; charset=utf-8').send(render(this.request, this, template, data));
  });

  const routeTable: RouteRow[] = [];
  app.decorate('routeTable', routeTable);
  app.addHook('onRoute', (route) => {
    const access = route.config?.access;
    if (access === undefined) {
      if (route.url.startsWith('/static/')) return;
      throw new Error(`${String(route.method)} ${route.url} does not say who may use it (config.access)`);
    }
    for (const method of [route.method].flat().filter((m) => m !== 'HEAD')) {
      routeTable.push({ method, url: route.url, access, whileMustChange: route.config?.whileMustChange ?? false });
    }
  });
  app.addHook('onRequest', securityHeaders);
  app.addHook('onRequest', async (request) => {
    const token = ASSET.test(request.url) ? undefined : request.cookies[SESSION_COOKIE];
    request.viewer = token ? await options.authenticate(token, request) : null;
  });
  app.addHook('onRequest', async (request, reply) => checkAccess(request, reply, request.routeOptions.config.access));
  app.addHook('onRequest', sameOrigin);
  app.addHook('preValidation', refuseNul);
  app.addHook('preHandler', csrf);
  app.addHook('preHandler', async (request) => {
    const { viewer } = request;
    if (!viewer || wantsJson(request)) return;
    request.nav = (await Promise.all(options.rooms.map((r) => r.navFor?.(viewer) ?? []))).flat();
  });

  app.setErrorHandler((error, request, reply) => {
    const refusal = refusalOf(error);
    if (!refusal) options.log.error('http.fault', { route: request.routeOptions.url, ...faultFacts(error) });
    return answer(
      request,
      reply,
      refusal ?? new Refusal('unavailable', 'fault', 'Nothing was changed.'),
      refusal ? statusOf(refusal) : 500,
    );
  });
  app.setNotFoundHandler((request, reply) =>
    answer(request, reply, new Refusal('not-found', 'not-found', 'There is no page at this address.'), 404),
  );

  assetRoutes(app);
  app.get('/api/openapi.json', { config: { access: 'signed-in' }, schema: { hide: true } as object }, async () =>
    app.swagger(),
  );
  for (const room of options.rooms) await app.register(async (scope) => room.routes(scope as unknown as WebApp));
  return app;
}

const wantsJson = (request: FastifyRequest) =>
  request.url.startsWith('/api/') ||
  request.url.startsWith('/gateway/') ||
  request.headers.accept === 'application/json';

function answer(request: FastifyRequest, reply: FastifyReply, refusal: Refusal, status: number): FastifyReply {
  reply.status(status);
  if (wantsJson(request))
    return reply.send({ code: refusal.code, message: refusal.message, remedy: refusal.remedy, fields: refusal.fields });
  if (refusal.kind === 'unauthenticated' && request.method === 'GET') {
    return reply.redirect(`/sign-in?next=${encodeURIComponent(request.url)}`, 303);
  }
  try {
    return reply.page('web/views/refusal.njk', { refusal, status, words: refusalWords(status) });
  } catch {
    // Where even this page cannot be drawn, a line of plain text leaks nothing of the inside.
    return reply.type('text/plain; charset=utf-8').send(`${refusalWords(status).title}. ${refusal.message}`);
  }
}

async function checkAccess(request: FastifyRequest, reply: FastifyReply, access: Access | undefined): Promise<void> {
  if (access === undefined || access === 'public' || access === 'gateway') return;
  const { viewer } = request;
  if (!viewer) throw new Refusal('unauthenticated', 'sign-in', 'Sign in to see this page.');
  if (viewer.mustChange && !request.routeOptions.config.whileMustChange) {
    reply.redirect('/password', 303);
    return;
  }
  if (access === 'signed-in' || access.duties.some((d) => viewer.duties.includes(d))) return;
  throw new Refusal('forbidden', 'forbidden', 'This page is not part of your duties.');
}

/** PostgreSQL's text holds no NUL, so one that somebody sends would end as a fault of ours. */
async function refuseNul(request: FastifyRequest): Promise<void> {
  const holds = (value: unknown): boolean =>
    typeof value === 'string'
      ? value.includes('\0')
      : value !== null && typeof value === 'object' && !Buffer.isBuffer(value) && Object.values(value).some(holds);
  if (holds(request.query) || holds(request.params) || holds(request.body)) {
    throw new Refusal('invalid', 'http.nul', 'What was sent holds a character that no text can hold.');
  }
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Another site's page cannot send a command, signed in or not. */
async function sameOrigin(request: FastifyRequest): Promise<void> {
  if (SAFE.has(request.method) || request.routeOptions.config.access === 'gateway') return;
  const site = request.headers['sec-fetch-site'];
  const origin = request.headers.origin;
  const foreign =
    site !== undefined
      ? site !== 'same-origin' && site !== 'none'
      : origin !== undefined && URL.parse(origin)?.host !== request.headers.host;
  if (foreign) throw new Refusal('forbidden', 'http.origin', 'This came from another site and was not done.');
}

/**
 * A signed-in command carries its session's own token as well (OWASP synchroniser token). Only a route that takes files
 * reads its form itself, and checks it there; to all others a form with files is a form without a token.
 */
async function csrf(request: FastifyRequest): Promise<void> {
  const { access, takesFiles } = request.routeOptions.config;
  if (SAFE.has(request.method) || !request.viewer || access === 'gateway' || (takesFiles && request.isMultipart()))
    return;
  const body = request.body as { _csrf?: unknown } | undefined;
  checkCsrf(request, body?._csrf ?? request.headers['x-csrf-token']);
  if (body && typeof body === 'object') delete body._csrf;
}

export function checkCsrf(request: FastifyRequest, token: unknown): void {
  if (request.viewer && token !== request.viewer.csrf) {
    throw new Refusal(
      'forbidden',
      'http.csrf',
      'This form was open too long or in another sign-in. Go back, reload the page and try again.',
    );
  }
}

async function securityHeaders(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.cspNonce = randomBytes(16).toString('base64');
  reply.headers({
    'content-security-policy': `default-src 'none'; script-src 'nonce-${reply.cspNonce}'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    'cache-control': 'no-store',
  });
}
