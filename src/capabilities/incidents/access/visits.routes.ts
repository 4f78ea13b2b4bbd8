import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { conflict, notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { renderApart } from '#platform/documents/index.ts';
import { record } from '#platform/ledger.ts';
import { ESCALATION_ROLES, type RoleId } from '#policy/types.ts';
import { contextOf, viewerOf, type WebApp } from '#web/index.ts';
import { type CaseFile, findCase } from '../cases.store.ts';
import { provenComputer } from '../computers/index.ts';
import { isHiddenHere } from './hidden.ts';
import { csvOf, documentOf, namedVisits, visitsTable } from './visits.report.ts';

const config = { access: { duties: ['staff', ...ESCALATION_ROLES] satisfies readonly RoleId[] } };
const params = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9-]{1,40}$' }) });
const Search = Type.Object({ q: Type.Optional(Type.String({ maxLength: 200 })) }, { additionalProperties: false });
const SHOWN = 500;

/** What the investigators visited (INC-07, INC-21): the list with its search, and the exports. */
export function visitsRoutes(app: WebApp, deps: Deps): void {
  /** The case, where this person may see it and is at the right computer while it is being examined. */
  const read = async <T>(
    request: FastifyRequest<{ Params: { id: string } }>,
    work: (tx: Tx, file: CaseFile) => Promise<T>,
  ) => {
    const here = await provenComputer(deps, request);
    return deps.db.in(contextOf(viewerOf(request)), async (tx) => {
      const file = await findCase(tx, request.params.id);
      if (!file) throw notFound('this case');
      if (isHiddenHere(file, here))
        throw conflict(
          'case.visits.elsewhere',
          'This case is being examined, and what was found is shown on its designated computer only.',
          'Go on at that computer. If you are at it, prove it under “Designated computers”.',
        );
      return work(tx, file);
    });
  };

  app.get('/cases/:id/visits', { config, schema: { params, querystring: Search } }, async (request, reply) => {
    const { q } = request.query;
    const page = await read(request, async (tx, file) => {
      const visits = await namedVisits(tx, file.id, q, SHOWN);
      return { file, visits, q, more: visits.length === SHOWN };
    });
    return reply.page('capabilities/incidents/access/views/visits.njk', page);
  });

  for (const format of ['csv', 'pdf'] as const) {
    app.get(`/cases/:id/visits.${format}`, { config, schema: { params } }, async (request, reply) => {
      const viewer = viewerOf(request);
      const { reference, table } = await read(request, async (tx, file) => {
        // EVI-03: nothing comes out of a case that is locked; the list itself stays on the page.
        if (file.imagery) throw conflict('case.visits.locked', 'This case is locked: nothing comes out of it.');
        await record(tx, {
          school: viewer.school.id,
          actor: viewer.person.id,
          action: 'case.visits.export',
          object: { kind: 'case', id: file.id },
          detail: { format },
          at: deps.clock.now(),
        });
        return { reference: file.reference, table: await visitsTable(tx, file) };
      });
      reply.header('content-disposition', `attachment; filename="visits-${reference}.${format}"`);
      if (format === 'csv') return reply.type('text/csv; charset=utf-8').send(csvOf(table));
      const document = documentOf(viewer.school.name, reference, table);
      return reply.type('application/pdf').send(await renderApart('pdf', document, new Date(deps.clock.now())));
    });
  }
}
