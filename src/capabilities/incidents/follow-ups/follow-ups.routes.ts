import { Type } from 'typebox';
import type { Deps } from '#platform/deps.ts';
import type { RoleId } from '#policy/types.ts';
import { done, orFormAgain, viewerOf, type WebApp } from '#web/index.ts';
import { finishFollowUp, followUpsPage, KINDS } from './follow-ups.service.ts';
import { FOLLOW_UP_STATES } from './follow-ups.store.ts';

const VIEW = 'capabilities/incidents/follow-ups/views/follow-ups.njk';
const closed = { additionalProperties: false };
const none = Type.Literal('');
const Query = Type.Object(
  {
    q: Type.Optional(Type.String({ maxLength: 120 })),
    state: Type.Optional(Type.Union([none, ...FOLLOW_UP_STATES.map((s) => Type.Literal(s))])),
    kind: Type.Optional(
      Type.Union([none, ...(Object.keys(KINDS) as (keyof typeof KINDS)[]).map((k) => Type.Literal(k))]),
    ),
  },
  closed,
);

export const FOLLOW_UPS_NAV = {
  href: '/cases/follow-ups',
  within: '/cases',
  text: 'Lessons',
  duties: ['staff'],
  order: 45,
};

/** What closed cases taught, as tasks: for those who lead all of them, for others their own. */
export function followUpRoutes(app: WebApp, deps: Deps, duties: readonly RoleId[]): void {
  const config = { access: { duties } };
  app.get('/cases/follow-ups', { config, schema: { querystring: Query } }, async (request, reply) =>
    reply.page(VIEW, await followUpsPage(deps, viewerOf(request), request.query)),
  );
  app.post(
    '/cases/follow-ups/:id/done',
    {
      config,
      schema: {
        params: Type.Object({ id: Type.String({ maxLength: 40 }) }),
        body: Type.Object({ _csrf: Type.Optional(Type.String()), text: Type.String({ maxLength: 3000 }) }, closed),
      },
    },
    (request, reply) => {
      const viewer = viewerOf(request);
      const { id } = request.params;
      return orFormAgain(
        reply,
        async () => {
          await finishFollowUp(deps, viewer, id, request.body.text);
          return done(reply, '/cases/follow-ups', 'Kept. Thank you.');
        },
        async (refusal) => reply.page(VIEW, { ...(await followUpsPage(deps, viewer, {})), refusal, tried: id }),
      );
    },
  );
}
