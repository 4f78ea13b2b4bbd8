import { Type } from 'typebox';
import type { Deps } from '#platform/deps.ts';
import { contextOf, viewerOf, type WebApp } from '#web/index.ts';
import { READ, VIEWS } from './drafts.routes.ts';
import { diffPage, REFERENCE, versionPage, versionsPage } from './versions.pages.ts';
import { versionDocument } from './versions.store.ts';

const closed = { additionalProperties: false };
const q = Type.Optional(Type.String({ maxLength: 80 }));
const Number_ = Type.Object({ number: Type.Integer({ minimum: 1, maximum: 999_999_999 }) }, closed);

/** Versions as they were approved, and how they differ. */
export function versionsRoutes(app: WebApp, deps: Deps): void {
  app.get(
    '/policy/versions',
    { config: READ, schema: { querystring: Type.Object({ q }, closed) } },
    async (request, reply) =>
      reply.page(`${VIEWS}/versions.njk`, await versionsPage(deps, viewerOf(request), { q: request.query.q ?? '' })),
  );

  app.get('/policy/versions/:number', { config: READ, schema: { params: Number_ } }, async (request, reply) =>
    reply.page(`${VIEWS}/version.njk`, await versionPage(deps, viewerOf(request), request.params.number)),
  );

  app.get(
    '/policy/versions/:number/document.json',
    { config: READ, schema: { params: Number_ } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const { number } = request.params;
      const document = await deps.db.in(contextOf(viewer), (tx) => versionDocument(tx, number));
      return reply
        .type('application/json; charset=utf-8')
        .header('content-disposition', `attachment; filename="policy-version-${number}.json"`)
        .send(`${JSON.stringify(document, null, 2)}\n`);
    },
  );

  const reference = Type.Optional(Type.String({ pattern: REFERENCE, description: 'a version or a draft' }));
  app.get(
    '/policy/diff',
    {
      config: READ,
      schema: {
        querystring: Type.Object(
          {
            from: reference,
            to: reference,
            q,
            part: Type.Optional(Type.String({ maxLength: 40 })),
            page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
          },
          closed,
        ),
      },
    },
    async (request, reply) => reply.page(`${VIEWS}/diff.njk`, await diffPage(deps, viewerOf(request), request.query)),
  );
}
