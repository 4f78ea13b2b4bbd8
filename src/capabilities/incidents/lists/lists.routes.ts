import { Type } from 'typebox';
import type { Deps } from '#platform/deps.ts';
import { type RoleId, SAFEGUARDING_ROLES } from '#policy/types.ts';
import { ChartSize, sendChart } from '#web/chart.ts';
import { hasDuty, viewerOf, type WebApp } from '#web/index.ts';
import { casesSvg, monthName } from './chart.ts';
import { GROUPS } from './figures.ts';
import { casesPage, exportCases, monthlyFigures } from './lists.pages.ts';
import { ListQuery } from './lists.query.ts';

const VIEWS = 'capabilities/incidents';

/** The list of cases, its spreadsheet, and how many there were month by month. */
export function listRoutes(app: WebApp, deps: Deps, duties: readonly RoleId[]): void {
  const config = { access: { duties } };
  const querystring = ListQuery;

  app.get('/cases', { config, schema: { querystring } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const page = await casesPage(deps, viewer, request.query);
    return reply.page(`${VIEWS}/views/list.njk`, {
      ...page,
      mayLog: hasDuty(viewer, 'staff'),
      mayKnowAll: hasDuty(viewer, ...SAFEGUARDING_ROLES),
    });
  });

  app.get('/cases/list.csv', { config, schema: { querystring } }, async (request, reply) =>
    reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', 'attachment; filename="cases.csv"')
      .send(await exportCases(deps, viewerOf(request), request.query)),
  );

  app.get('/cases/figures', { config }, async (request, reply) => {
    const viewer = viewerOf(request);
    const figures = await monthlyFigures(deps, viewer);
    const months = figures.months.map((m) => monthName(m, viewer.school.timeZone));
    return reply.page(`${VIEWS}/lists/views/figures.njk`, { figures, months, groups: GROUPS });
  });

  app.get(
    '/cases/figures.svg',
    { config, schema: { querystring: Type.Object({ size: ChartSize }, { additionalProperties: false }) } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const figures = await monthlyFigures(deps, viewer);
      return sendChart(reply, casesSvg(figures, viewer.school.timeZone, request.query.size));
    },
  );
}
