import { Type } from 'typebox';
import { notFound, type Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { POLICY_EDITORS, POLICY_READERS } from '#rooms/policies/index.ts';
import { ChartSize, sendChart } from '#web/chart.ts';
import { done, orFormAgain, viewerOf, type WebApp } from '#web/index.ts';
import { liveRehearsals } from './live.ts';
import { rehearsalPage, rehearsalSvg } from './rehearsal.pages.ts';
import { cancelRehearsal, startRehearsal } from './rehearsal.service.ts';

const VIEW = 'capabilities/governance/rehearsal/views/rehearsal.njk';
/** Who of them signs or approves this draft is decided draft by draft. */
const READ = { access: { duties: POLICY_READERS } };
const WRITE = { access: { duties: POLICY_EDITORS } };
const closed = { additionalProperties: false };
const csrf = { _csrf: Type.Optional(Type.String()) };
const Id = Type.Object({ id: Type.String({ maxLength: 60 }) }, closed);
const Search = Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })) }, closed);
const Size = Type.Object({ size: ChartSize }, closed);
const Start = Type.Object({ ...csrf, days: Type.Optional(Type.String({ maxLength: 4 })) }, closed);
const Cancel = Type.Object(csrf, closed);

/** What a draft would have changed, replayed from what was recorded (GOV-33). */
export function rehearsalRoutes(app: WebApp, deps: Deps): void {
  const live = liveRehearsals(deps);
  app.addHook('preClose', () => live.close());
  const home = (id: string) => `/policy/drafts/${id}/rehearsal`;

  app.get(
    '/policy/drafts/:id/rehearsal',
    { config: READ, schema: { params: Id, querystring: Search } },
    async (request, reply) =>
      reply.page(VIEW, await rehearsalPage(deps, viewerOf(request), request.params.id, request.query.q)),
  );

  app.post(
    '/policy/drafts/:id/rehearsal',
    { config: WRITE, schema: { params: Id, body: Start } },
    async (request, reply) => {
      const [viewer, { id }] = [viewerOf(request), request.params];
      return orFormAgain(
        reply,
        async () => {
          await startRehearsal(deps, viewer, id, Number(request.body.days));
          return done(reply, home(id));
        },
        async (refusal: Refusal) => reply.page(VIEW, { ...(await rehearsalPage(deps, viewer, id)), refusal }),
      );
    },
  );

  app.post(
    '/policy/drafts/:id/rehearsal/cancel',
    { config: WRITE, schema: { params: Id, body: Cancel } },
    async (request, reply) => {
      const [viewer, { id }] = [viewerOf(request), request.params];
      return orFormAgain(
        reply,
        async () => {
          await cancelRehearsal(deps, viewer, id);
          return done(reply, home(id), 'The rehearsal is cancelled.');
        },
        async (refusal: Refusal) => reply.page(VIEW, { ...(await rehearsalPage(deps, viewer, id)), refusal }),
      );
    },
  );

  app.get('/policy/drafts/:id/rehearsal/live', { config: READ, schema: { params: Id } }, async (request, reply) =>
    reply
      .type('text/event-stream')
      .header('x-accel-buffering', 'no')
      .send(await live.open(viewerOf(request), request.params.id)),
  );

  app.get(
    '/policy/drafts/:id/rehearsal/chart.svg',
    { config: READ, schema: { params: Id, querystring: Size } },
    async (request, reply) => {
      const svg = await rehearsalSvg(deps, viewerOf(request), request.params.id, request.query.size);
      if (svg === null) throw notFound('this chart');
      return sendChart(reply, svg);
    },
  );
}
