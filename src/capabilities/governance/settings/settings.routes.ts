import type { FastifyReply, FastifyRequest } from 'fastify';
import { type TProperties, Type } from 'typebox';
import { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { statusOf } from '#platform/http.ts';
import { contextOf, done, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { readMailUrl } from '../mail-server.rules.ts';
import { privateTargets } from './private.pages.ts';
import { privateRoutes } from './private.routes.ts';
import * as settings from './settings.service.ts';

const KEEPERS = { access: { duties: ['administrator', 'ict-manager'] } } as const;

const body = <T extends TProperties>(fields: T) =>
  Type.Object({ _csrf: Type.Optional(Type.String()), ...fields }, { additionalProperties: false });
const words = (maxLength = 300) => Type.String({ maxLength });
const params = Type.Object({ id: Type.String({ format: 'uuid' }) });

export function settingsRoutes(app: WebApp, deps: Deps): void {
  privateRoutes(app, deps);
  app.get('/settings', { config: KEEPERS }, (request, reply) => page(request, reply));

  app.post(
    '/settings/school',
    { config: KEEPERS, schema: { body: body({ name: words(), timeZone: words(60) }) } },
    async (request, reply) =>
      attempt(request, reply, 'school', (viewer) => settings.changeSchool(deps, viewer, request.body)),
  );
  app.post('/settings/sites', { config: KEEPERS, schema: { body: body({ site: words() }) } }, async (request, reply) =>
    attempt(request, reply, 'sites', (viewer) => settings.addSite(deps, viewer, { name: request.body.site })),
  );
  const day = Type.Optional(words(10));
  app.post(
    '/settings/terms',
    {
      config: KEEPERS,
      schema: {
        body: body({ name: words(), starts: words(10), ends: words(10), halfTermStarts: day, halfTermEnds: day }),
      },
    },
    async (request, reply) =>
      attempt(request, reply, 'terms', (viewer) => settings.addTerm(deps, viewer, request.body)),
  );
  app.post(
    '/settings/terms/:id/remove',
    { config: KEEPERS, schema: { params, body: body({}) } },
    async (request, reply) =>
      attempt(request, reply, 'terms', (viewer) => settings.removeTerm(deps, viewer, request.params.id)),
  );
  app.post(
    '/settings/filter',
    {
      config: KEEPERS,
      schema: {
        body: body({ dnsBlock: Type.Enum(['page', 'nxdomain']), proxySignIn: Type.Enum(['ask', 'accept']) }),
      },
    },
    async (request, reply) =>
      attempt(request, reply, 'filter', (viewer) => settings.changeFilter(deps, viewer, request.body)),
  );
  app.post(
    '/settings/mail',
    {
      config: KEEPERS,
      schema: {
        body: body({
          host: words(),
          port: words(10),
          security: Type.Enum(['tls', 'starttls']),
          username: Type.Optional(words()),
          password: Type.Optional(words()),
          from: words(),
        }),
      },
    },
    async (request, reply) =>
      attempt(request, reply, 'mail', (viewer) =>
        settings.changeMail(deps, viewer, {
          ...request.body,
          host: request.body.host.trim(),
          port: Number(request.body.port),
        }),
      ),
  );
  app.post('/settings/mail/test', { config: KEEPERS, schema: { body: body({}) } }, async (request, reply) =>
    attempt(
      request,
      reply,
      'mail',
      (viewer) => settings.sendTestLetter(deps, viewer),
      'The test letter is on its way.',
    ),
  );

  /** Do it and go back to the page; or show the page again with what was typed and what is wrong with it. */
  async function attempt(
    request: FastifyRequest,
    reply: FastifyReply,
    section: string,
    work: (viewer: Viewer) => Promise<void>,
    message = 'Saved. Gateways follow within seconds where it concerns them.',
  ): Promise<FastifyReply> {
    try {
      await work(viewerOf(request));
    } catch (e) {
      if (!(e instanceof Refusal) || e.kind !== 'invalid') throw e;
      return page(request, reply.status(statusOf(e)), { section, typed: request.body, errors: e.fields ?? {} });
    }
    return done(reply, `/settings#${section}`, message);
  }

  async function page(
    request: FastifyRequest,
    reply: FastifyReply,
    tried: { section: string; typed: unknown; errors: Readonly<Record<string, string>> } | null = null,
  ): Promise<FastifyReply> {
    const viewer = viewerOf(request);
    const data = await deps.db.in(contextOf(viewer), async (tx) => {
      const school = await tx.selectFrom('school').selectAll().executeTakeFirstOrThrow();
      const mail = school.settings.mail ? readMailUrl(school.settings.mail.url, school.settings.mail.from) : null;
      return {
        school: { name: school.name, timeZone: school.time_zone },
        sites: await tx.selectFrom('site').select('name').orderBy('name').execute(),
        terms: await settings.termsOf(tx),
        filter: { dnsBlock: 'page', proxySignIn: 'ask', ...school.settings },
        mail: mail && { ...mail, password: undefined, hasPassword: mail.password !== undefined },
        letters: await tx
          .selectFrom('mail')
          .select(['address', 'created_at', 'sent_at', 'response', 'last_error', 'attempts'])
          .where('about_kind', '=', settings.TEST_LETTER)
          .orderBy('created_at', 'desc')
          .limit(3)
          .execute(),
        own: await privateTargets(tx, viewer, deps.clock.now()),
      };
    });
    return reply.page('capabilities/governance/views/settings.njk', {
      ...data,
      tried,
      mailFromEnvironment: deps.config.smtp !== null,
    });
  }
}
