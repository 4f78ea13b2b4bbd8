import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { SAFEGUARDING_ROLES } from '#policy/types.ts';
import { contextOf, done, hasDuty, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { closeLook, lookAt, openLook, standing } from './class-view.service.ts';
import { allLooks } from './class-view.store.ts';
import { liveClasses } from './live.ts';

const VIEWS = 'capabilities/monitoring/class-view/views';
const config = { access: { duties: ['staff'] } };
const closed = { additionalProperties: false };
const csrf = { _csrf: Type.Optional(Type.String({ maxLength: 300 })) };
const One = Type.Object({ id: Type.String({ maxLength: 40 }) }, closed);
const SHOWN = 300;

/** MON-10: the live view of a class, and the record of who looked. */
export function classViewRoutes(app: WebApp, deps: Deps): void {
  const live = liveClasses(deps.db);
  app.addHook('preClose', () => live.close());

  const choose = async (reply: FastifyReply, viewer: Viewer, more: object = {}) =>
    reply.page(`${VIEWS}/class.njk`, {
      ...(await deps.db.in(contextOf(viewer), (tx) => standing(tx, deps, viewer))),
      seesLooks: hasDuty(viewer, ...SAFEGUARDING_ROLES),
      ...more,
    });

  app.get('/class', { config }, (request, reply) => choose(reply, viewerOf(request)));

  const Open = Type.Object(
    { ...csrf, group: Type.String({ maxLength: 60 }), reason: Type.Optional(Type.String({ maxLength: 2000 })) },
    closed,
  );
  app.post('/class', { config, schema: { body: Open } }, (request, reply) => {
    const viewer = viewerOf(request);
    const { group, reason = '' } = request.body;
    return orFormAgain(
      reply,
      async () => done(reply, `/class/${await openLook(deps, viewer, { group, reason })}`),
      (refusal: Refusal) => choose(reply, viewer, { refusal, typed: { group, reason } }),
    );
  });

  app.get(
    '/class/looks',
    {
      config: { access: { duties: SAFEGUARDING_ROLES } },
      schema: { querystring: Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })) }, closed) },
    },
    async (request, reply) => {
      const { q = '' } = request.query;
      const looks = await deps.db.in(contextOf(viewerOf(request)), (tx) => allLooks(tx, SHOWN));
      const wanted = q.trim().toLowerCase();
      const rows = looks.filter((l) => [l.group, l.by, l.reason ?? ''].join('\n').toLowerCase().includes(wanted));
      return reply.page(`${VIEWS}/looks.njk`, { q, rows, any: looks.length > 0, shown: SHOWN });
    },
  );

  app.get('/class/:id', { config, schema: { params: One } }, async (request, reply) =>
    reply.page(`${VIEWS}/look.njk`, { ...(await lookAt(deps, viewerOf(request), request.params.id)) }),
  );
  app.get('/class/:id/list', { config, schema: { params: One } }, async (request, reply) => {
    const page = await lookAt(deps, viewerOf(request), request.params.id);
    // The page itself says that the look is over.
    if (!page.pupils) return reply.status(410).send();
    return reply.page(`${VIEWS}/list.njk`, { ...page });
  });
  app.get('/class/:id/live', { config, schema: { params: One } }, async (request, reply) => {
    const { look, pupils } = await lookAt(deps, viewerOf(request), request.params.id);
    if (!pupils) return reply.status(204).send();
    return reply
      .type('text/event-stream')
      .header('x-accel-buffering', 'no')
      .send(await live.open(look.id));
  });

  app.post(
    '/class/:id/close',
    { config, schema: { params: One, body: Type.Object(csrf, closed) } },
    async (request, reply) => {
      await closeLook(deps, viewerOf(request), request.params.id);
      return done(reply, '/class', 'You have stopped looking. When you looked is written down.');
    },
  );
}
