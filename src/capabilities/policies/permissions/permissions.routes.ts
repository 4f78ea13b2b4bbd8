import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, done, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { type Asked, permissionPage, permissionsPage, SEES_ALL } from './permissions.pages.ts';
import { endGrant, grantUse } from './permissions.service.ts';

const VIEWS = 'capabilities/policies/permissions/views';
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const Csrf = { _csrf: Text(200) };
const Which = Type.Object(
  { rule: Type.String({ pattern: '^[A-Za-z0-9.-]{1,60}$' }), audience: Type.String({ pattern: '^[a-z]{1,10}$' }) },
  closed,
);
const People = Type.Optional(Type.Union([Text(40), Type.Array(Type.String({ maxLength: 40 }), { maxItems: 200 })]));
const STAFF = { access: { duties: SEES_ALL } };

export const PERMISSIONS_NAV = {
  href: '/permissions',
  within: '/policy',
  text: 'Permissions',
  duties: SEES_ALL,
  order: 60,
};

/** Lists and permissions (COM-12): who has what, who gave it, until when. */
export function permissionsRoutes(app: WebApp, deps: Deps): void {
  app.get(
    '/permissions',
    {
      config: { access: 'signed-in' },
      schema: { querystring: Type.Object({ q: Text(100), state: Text(20) }, closed) },
    },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const page = await deps.db.in(contextOf(viewer), (tx) =>
        permissionsPage(tx, viewer, deps.clock.now(), request.query),
      );
      return reply.page(`${VIEWS}/permissions.njk`, page);
    },
  );

  const page = async (
    reply: FastifyReply,
    viewer: Viewer,
    which: { readonly rule: string; readonly audience: string },
    { asked = {}, ...again }: { asked?: Asked; typed?: object; refusal?: Refusal } = {},
  ) => {
    const data = await deps.db.in(contextOf(viewer), (tx) =>
      permissionPage(tx, viewer, deps.clock.now(), which, asked),
    );
    return reply.page(`${VIEWS}/permission.njk`, { ...data, ...again });
  };

  app.get(
    '/permissions/:rule/:audience',
    {
      config: STAFF,
      schema: {
        params: Which,
        querystring: Type.Object({ q: Text(100), state: Text(20), find: Text(100) }, closed),
      },
    },
    (request, reply) => page(reply, viewerOf(request), request.params, { asked: request.query }),
  );

  app.post(
    '/permissions/:rule/:audience',
    {
      config: STAFF,
      schema: {
        params: Which,
        body: Type.Object(
          {
            ...Csrf,
            person: People,
            group: Text(100),
            purpose: Text(2000),
            from: Text(20),
            until: Text(20),
            find: Text(100),
          },
          closed,
        ),
      },
    },
    (request, reply) => {
      const viewer = viewerOf(request);
      const { person = [], group = '', purpose = '', from = '', until = '', find } = request.body;
      const people = [person].flat().filter(Boolean);
      return orFormAgain(
        reply,
        async () => {
          const by = contextOf(viewer);
          const input = { ...request.params, people, group, purpose, from, until };
          const count = await deps.db.in(by, (tx) => grantUse(tx, deps, by, input));
          const whom = count === 1 ? 'one person' : `${count} people`;
          const { rule, audience } = request.params;
          return done(reply, `/permissions/${rule}/${audience}`, `Given to ${whom}. Gateways follow within seconds.`);
        },
        (refusal) =>
          page(reply, viewer, request.params, { asked: { find }, typed: { ...request.body, people }, refusal }),
      );
    },
  );

  app.post(
    '/permissions/end/:id',
    {
      config: STAFF,
      schema: { params: Type.Object({ id: Type.String({ format: 'uuid' }) }, closed), body: Type.Object(Csrf, closed) },
    },
    async (request, reply) => {
      const by = contextOf(viewerOf(request));
      await deps.db.in(by, (tx) => endGrant(tx, deps, by, request.params.id));
      return done(reply, '/permissions', 'It has ended. Gateways follow within seconds.');
    },
  );
}
