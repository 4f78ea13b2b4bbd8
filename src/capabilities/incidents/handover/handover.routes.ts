import { Type } from 'typebox';
import type { Deps } from '#platform/deps.ts';
import type { RoleId } from '#policy/types.ts';
import { viewerOf, type WebApp } from '#web/index.ts';
import { FORMATS, type Format } from './handover.formats.ts';
import { exportHandover, handoverPage } from './handover.service.ts';

const params = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9-]{1,40}$' }) });
const body = Type.Object(
  {
    _csrf: Type.Optional(Type.String()),
    format: Type.Union(Object.keys(FORMATS).map((f) => Type.Literal(f as Format))),
  },
  { additionalProperties: false },
);

/** INC-24: a case made ready for the safeguarding record system, on paper and as a file. */
export function handoverRoutes(app: WebApp, deps: Deps, duties: readonly RoleId[]): void {
  const config = { access: { duties } };

  app.get('/cases/:id/record-sheet', { config, schema: { params } }, async (request, reply) =>
    reply.page(
      'capabilities/incidents/handover/views/sheet.njk',
      await handoverPage(deps, viewerOf(request), request.params.id),
    ),
  );

  app.post('/cases/:id/record-sheet', { config, schema: { params, body } }, async (request, reply) => {
    const { name, csv } = await exportHandover(deps, viewerOf(request), request.params.id, request.body.format);
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="${name}"`)
      .send(csv);
  });
}
