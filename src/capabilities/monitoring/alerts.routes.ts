import { Type } from 'typebox';
import { notFound, Refusal } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Deps } from '#platform/deps.ts';
import { ESCALATION_ROLES, type RoleId } from '#policy/types.ts';
import { contextOf, done, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { alertPage, alertsPage, contextPage } from './alerts.pages.ts';
import { acknowledge, close } from './alerts.service.ts';
import { findAlert } from './alerts.store.ts';
import { liveAlerts } from './live.ts';
import { lookUp } from './look-up.service.ts';

/** Whom a policy may have told, who hears of messages that hurt, and who runs the filter. Which alerts they see is decided row by row. */
export const ALERT_DUTIES: readonly RoleId[] = [
  ...ESCALATION_ROLES,
  'nominated-person',
  'ict-manager',
  'administrator',
];

const VIEWS = 'capabilities/monitoring/views';
const config = { access: { duties: ALERT_DUTIES } };
const csrf = { _csrf: Type.Optional(Type.String()) };
const closed = { additionalProperties: false };
const Id = Type.Object({ id: Type.String({ maxLength: 40 }) });
const Search = Type.Object(
  {
    q: Type.Optional(Type.String({ maxLength: 100 })),
    state: Type.Optional(Type.Union([Type.Literal(''), Type.Literal('closed'), Type.Literal('all')])),
  },
  closed,
);
const Reason = Type.Object({ ...csrf, reason: Type.String({ maxLength: 2000 }) }, closed);

export function alertsRoutes(app: WebApp, deps: Deps): void {
  const live = liveAlerts(deps.db);
  app.addHook('preClose', () => live.close());

  app.get('/alerts', { config, schema: { querystring: Search } }, async (request, reply) =>
    reply.page(`${VIEWS}/alerts.njk`, await alertsPage(deps, viewerOf(request), request.query)),
  );
  app.get('/alerts/list', { config, schema: { querystring: Search } }, async (request, reply) =>
    reply.page(`${VIEWS}/alerts-list.njk`, await alertsPage(deps, viewerOf(request), request.query)),
  );
  app.get('/alerts/live', { config }, async (request, reply) =>
    reply
      .type('text/event-stream')
      .header('x-accel-buffering', 'no')
      .send(await live.open(viewerOf(request))),
  );

  app.get('/alerts/:id', { config, schema: { params: Id } }, async (request, reply) =>
    reply.page(`${VIEWS}/alert.njk`, await alertPage(deps, viewerOf(request), idOf(request.params.id))),
  );
  app.get('/alerts/:id/context', { config, schema: { params: Id } }, async (request, reply) => {
    const id = idOf(request.params.id);
    const page = await contextPage(deps, viewerOf(request), id);
    return page ? reply.page(`${VIEWS}/context.njk`, page) : reply.redirect(`/alerts/${id}#look-up`, 303);
  });

  app.post(
    '/alerts/:id/acknowledge',
    { config, schema: { params: Id, body: Type.Object(csrf, closed) } },
    async (request, reply) => {
      const id = idOf(request.params.id);
      await acknowledge(deps, viewerOf(request), id);
      return done(reply, `/alerts/${id}`, 'You have it. Nobody further is told.');
    },
  );
  app.post('/alerts/:id/close', { config, schema: { params: Id, body: Reason } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const id = idOf(request.params.id);
    const { reason } = request.body;
    const refusal = await refusedForm(() => close(deps, viewer, id, reason));
    if (refusal) {
      const tried = { form: 'close', reason, refusal };
      return reply.status(400).page(`${VIEWS}/alert.njk`, { ...(await alertPage(deps, viewer, id)), tried });
    }
    return done(reply, '/alerts', 'The alert is closed.');
  });
  app.post('/alerts/:id/look-up', { config, schema: { params: Id, body: Reason } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const id = idOf(request.params.id);
    const { reason } = request.body;
    const about = await subjectOf(deps, viewer, id);
    const refusal = await refusedForm(() => lookUp(deps, viewer, { about, reason, alert: id }));
    if (refusal) {
      const tried = { form: 'look-up', reason, refusal };
      return reply.status(400).page(`${VIEWS}/alert.njk`, { ...(await alertPage(deps, viewer, id)), tried });
    }
    return done(reply, `/alerts/${id}/context`);
  });
}

function idOf(text: string): string {
  if (!isUuid(text)) throw notFound('this alert');
  return text;
}

async function subjectOf(deps: Deps, viewer: Viewer, id: string): Promise<string> {
  const alert = await deps.db.in(contextOf(viewer), (tx) => findAlert(tx, id));
  if (!alert?.subject) throw notFound('this alert');
  return alert.subject;
}

/** What a form got wrong, to be shown in it; any other refusal has a page of its own. */
export async function refusedForm(work: () => Promise<unknown>): Promise<Refusal | null> {
  try {
    await work();
    return null;
  } catch (e) {
    if (e instanceof Refusal && e.kind === 'invalid') return e;
    throw e;
  }
}
