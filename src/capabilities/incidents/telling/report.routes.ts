import { Type } from 'typebox';
import { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { statusOf } from '#platform/http.ts';
import { ESCALATION_ROLES, type RoleId } from '#policy/types.ts';
import { done, viewerOf, type WebApp } from '#web/index.ts';
import { reportPage, reportsPage } from './report.pages.ts';
import { takeReportStep } from './report.service.ts';
import { STEPS } from './report.words.ts';
import { SETTING_DUTIES, setNameless } from './telling.setting.ts';

const VIEWS = 'capabilities/incidents/telling/views';
const closed = { additionalProperties: false };
/** A policy may name any role; which reports somebody sees is decided row by row. */
const config = { access: { duties: ['staff', 'governor', ...ESCALATION_ROLES] as readonly RoleId[] } };
/** Whom the shipped policies name. */
export const REPORT_DUTIES: readonly RoleId[] = [...ESCALATION_ROLES, 'nominated-person', 'ict-manager'];

const csrf = { _csrf: Type.Optional(Type.String()) };
const params = Type.Object({ id: Type.String({ pattern: '^[A-Z0-9-]{1,12}$' }) });
const Search = Type.Object(
  {
    q: Type.Optional(Type.String({ maxLength: 120 })),
    all: Type.Optional(Type.Union([Type.Literal('yes'), Type.Literal('')])),
  },
  closed,
);
const Step = Type.Object({ ...csrf, text: Type.Optional(Type.String({ maxLength: 5000 })) }, closed);

/** What people told us, for those to whom it goes. */
export function reportRoutes(app: WebApp, deps: Deps): void {
  app.get('/told', { config, schema: { querystring: Search } }, async (request, reply) =>
    reply.page(`${VIEWS}/reports.njk`, await reportsPage(deps, viewerOf(request), request.query)),
  );
  app.get('/told/:id', { config, schema: { params } }, async (request, reply) =>
    reply.page(`${VIEWS}/report.njk`, await reportPage(deps, viewerOf(request), request.params.id)),
  );
  for (const step of STEPS) {
    app.post(`/told/:id/${step.action}`, { config, schema: { params, body: Step } }, async (request, reply) => {
      const viewer = viewerOf(request);
      const { id } = request.params;
      const text = request.body.text ?? '';
      try {
        await takeReportStep(deps, viewer, id, step.action, text);
        return done(reply, `/told/${id}`, step.done);
      } catch (e) {
        if (!(e instanceof Refusal) || e.kind !== 'invalid') throw e;
        const page = await reportPage(deps, viewer, id);
        return reply
          .status(statusOf(e))
          .page(`${VIEWS}/report.njk`, { ...page, tried: { action: step.action, text, refusal: e } });
      }
    });
  }
  app.post(
    '/told/settings',
    {
      config: { access: { duties: SETTING_DUTIES } },
      schema: {
        body: Type.Object({ ...csrf, nameless: Type.Union([Type.Literal('yes'), Type.Literal('no')]) }, closed),
      },
    },
    async (request, reply) => {
      await setNameless(deps, viewerOf(request), request.body.nameless === 'yes');
      return done(reply, '/told', 'It is set.');
    },
  );
}
