import { Type } from 'typebox';
import { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { type RoleId, SAFEGUARDING_ROLES } from '#policy/types.ts';
import { ChartSize, sendChart } from '#web/chart.ts';
import { viewerOf, type WebApp } from '#web/index.ts';
import { activityBars, activityPage } from './activity.pages.ts';
import { chartSvg } from './chart.ts';

/** MON-11: who may read activity, and look up a named person with a reason. */
export const LOOK_UP_DUTIES: readonly RoleId[] = [...SAFEGUARDING_ROLES, 'ict-manager'];

const config = { access: { duties: LOOK_UP_DUTIES } };
const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));

export const ActivityQuery = Type.Object(
  {
    from: text(16),
    until: text(16),
    category: text(60),
    outcome: Type.Optional(
      Type.Union([Type.Literal(''), Type.Literal('allow'), Type.Literal('warn'), Type.Literal('block')]),
    ),
    group: text(80),
    host: text(253),
    after: text(90),
  },
  { additionalProperties: false },
);
export type ActivityQuery = Type.Static<typeof ActivityQuery>;
const ChartQuery = Type.Object({ ...ActivityQuery.properties, size: ChartSize }, { additionalProperties: false });

export function activityRoutes(app: WebApp, deps: Deps): void {
  app.get('/activity', { config, schema: { querystring: ActivityQuery } }, async (request, reply) => {
    const viewer = viewerOf(request);
    try {
      return reply.page('capabilities/monitoring/views/activity.njk', await activityPage(deps, viewer, request.query));
    } catch (e) {
      if (!(e instanceof Refusal) || e.kind !== 'invalid') throw e;
      const { from: _from, until: _until, ...rest } = request.query;
      const page = await activityPage(deps, viewer, rest);
      const typed = { ...page.typed, from: request.query.from, until: request.query.until };
      return reply.status(400).page('capabilities/monitoring/views/activity.njk', { ...page, typed, refusal: e });
    }
  });

  app.get('/activity/chart.svg', { config, schema: { querystring: ChartQuery } }, async (request, reply) => {
    const { size, ...query } = request.query;
    const bars = await activityBars(deps, viewerOf(request), query);
    return sendChart(reply, chartSvg(bars, size));
  });
}
