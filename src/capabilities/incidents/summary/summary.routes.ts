import { Type } from 'typebox';
import { notFound } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Deps } from '#platform/deps.ts';
import { renderApart } from '#platform/documents/index.ts';
import { schools } from '#platform/school.ts';
import { SAFEGUARDING_ROLES } from '#policy/types.ts';
import { publicSchool } from '#rooms/policies/index.ts';
import { ChartSize, sendChart } from '#web/chart.ts';
import { contextOf, done, viewerOf, type WebApp } from '#web/index.ts';
import { summarySvg } from './chart.ts';
import { summaryRows } from './figures.ts';
import { noticeRead, noticesTo } from './notices.ts';
import { draftFigures, draftPage, EXPLAINED, publishedOf, publishSummary, summaryDocument } from './summary.service.ts';

export const SUMMARY_NAV = {
  href: '/cases/summary',
  within: '/cases',
  text: 'Summary of a term',
  duties: SAFEGUARDING_ROLES,
  order: 46,
};

const VIEWS = 'capabilities/incidents/summary/views';
const closed = { additionalProperties: false };
const csrf = { _csrf: Type.Optional(Type.String()) };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const LEADS = { access: { duties: SAFEGUARDING_ROLES } };
const PUBLIC = { access: 'public' } as const;

/** SAN-03: what is told of incidents that were dealt with: to those concerned, and of a whole term to everybody. */
export function summaryRoutes(app: WebApp, deps: Deps): void {
  app.get(
    '/cases/summary',
    { config: LEADS, schema: { querystring: Type.Object({ term: Text(40) }, closed) } },
    async (request, reply) =>
      reply.page(`${VIEWS}/draft.njk`, {
        ...(await draftPage(deps, viewerOf(request), request.query.term)),
        explained: EXPLAINED,
      }),
  );
  app.get(
    '/cases/summary.svg',
    {
      config: LEADS,
      schema: { querystring: Type.Object({ term: Type.String({ maxLength: 40 }), size: ChartSize }, closed) },
    },
    async (request, reply) =>
      sendChart(reply, summarySvg(await draftFigures(deps, viewerOf(request), request.query.term), request.query.size)),
  );
  app.post(
    '/cases/summary',
    { config: LEADS, schema: { body: Type.Object({ ...csrf, term: Type.String({ maxLength: 40 }) }, closed) } },
    async (request, reply) => {
      await publishSummary(deps, viewerOf(request), request.body.term);
      return done(reply, '/cases/summary', 'It is published. Everybody can read it now.');
    },
  );

  app.get(
    '/incidents-summary',
    { config: PUBLIC, schema: { querystring: Type.Object({ school: Text(40) }, closed) } },
    async ({ viewer, query }, reply) => {
      const school = await publicSchool(deps.db, viewer, query.school);
      if (!school) return reply.page(`${VIEWS}/schools.njk`, { schools: await schools(deps.db) });
      const published = await publishedOf(deps, school);
      return reply.page(`${VIEWS}/public.njk`, {
        school,
        explained: EXPLAINED,
        published: published.map((p) => ({ ...p, rows: summaryRows(p.figures) })),
      });
    },
  );
  app.get(
    '/incidents-summary/:school/:file',
    {
      config: PUBLIC,
      schema: {
        params: Type.Object({
          school: Type.String({ maxLength: 40 }),
          file: Type.String({ pattern: '^[0-9a-f-]{36}\\.(pdf|svg)$' }),
        }),
        querystring: Type.Object({ size: ChartSize }, closed),
      },
    },
    async ({ params, query }, reply) => {
      const school = (await schools(deps.db)).find((s) => s.slug === params.school);
      const [id, format] = params.file.split('.');
      const published = school && (await publishedOf(deps, school)).find((p) => p.id === id);
      if (!school || !published) throw notFound('this summary');
      if (format === 'svg') return sendChart(reply, summarySvg(published.figures, query.size));
      const document = summaryDocument(school.name, published, published.figures);
      return reply.type('application/pdf').send(await renderApart('pdf', document, published.at));
    },
  );

  app.get('/me/notices', { config: { access: 'signed-in' } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const notices = await deps.db.in(contextOf(viewer), (tx) => noticesTo(tx, viewer.person.id));
    return reply.page(`${VIEWS}/notices.njk`, { notices });
  });
  app.post(
    '/me/notices/:id/read',
    { config: { access: 'signed-in' }, schema: { params: Type.Object({ id: Type.String({ maxLength: 40 }) }) } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const { id } = request.params;
      if (!isUuid(id)) throw notFound('this notice');
      await deps.db.in(contextOf(viewer), (tx) => noticeRead(tx, viewer.person.id, id, new Date(deps.clock.now())));
      return done(reply, '/me/notices', 'Thank you.');
    },
  );
}
