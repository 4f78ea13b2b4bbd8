import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { invalid, notFound, type Refusal } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Deps } from '#platform/deps.ts';
import { acceptRole, assignRole, endRole, handOver } from '#rooms/identity/index.ts';
import { contextOf, done, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { GIVE_ROLES, READ_ROLES, rolePage, rolesPage } from './roles.pages.ts';

const VIEWS = 'capabilities/policies/roles/views';
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const Csrf = { _csrf: Text(200) };
const Role = Type.Object({ role: Type.String({ pattern: '^[a-z-]{1,40}$' }) }, closed);
const Holding = { holding: Text(40) };

/** Who answers for what (ROL-01..20): read by the adults of the school, changed by administrators. */
export function rolesRoutes(app: WebApp, deps: Deps): void {
  app.get(
    '/roles',
    { config: READ_ROLES, schema: { querystring: Type.Object({ q: Text(100) }, closed) } },
    async (request, reply) => {
      const by = contextOf(viewerOf(request));
      const page = await deps.db.in(by, (tx) => rolesPage(tx, deps.clock.now(), request.query.q ?? ''));
      return reply.page(`${VIEWS}/roles.njk`, page);
    },
  );

  const page = async (
    reply: FastifyReply,
    viewer: Viewer,
    role: string,
    more: { find?: string; typed?: object; refusal?: Refusal } = {},
  ) => {
    const { find = '', ...again } = more;
    const data = await deps.db.in(contextOf(viewer), (tx) => rolePage(tx, viewer, deps.clock.now(), role, find));
    return reply.page(`${VIEWS}/role.njk`, { ...data, ...again });
  };

  app.get(
    '/roles/:role',
    { config: READ_ROLES, schema: { params: Role, querystring: Type.Object({ find: Text(100) }, closed) } },
    (request, reply) => page(reply, viewerOf(request), request.params.role, { find: request.query.find ?? '' }),
  );

  app.post(
    '/roles/:role/give',
    {
      config: GIVE_ROLES,
      schema: {
        params: Role,
        body: Type.Object({ ...Csrf, because: Text(2000), person: Text(40), as: Text(40), find: Text(100) }, closed),
      },
    },
    (request, reply) => {
      const viewer = viewerOf(request);
      const by = contextOf(viewer);
      const { role } = request.params;
      const { person = '', as = 'holder', because, find } = request.body;
      return orFormAgain(
        reply,
        async () => {
          if (!isUuid(person))
            throw invalid('role.person', 'Choose who is to hold the role.', { person: 'Choose a person' });
          await deps.db.in(by, (tx) =>
            as === 'holder' || as === 'deputy'
              ? assignRole(tx, deps, by, { person, role, rank: as, because })
              : handOver(tx, deps, by, { holding: uuid(as), role, to: person, because }),
          );
          return done(reply, `/roles/${role}`, 'The role has been given. They can accept it on this page.');
        },
        (refusal) => page(reply, viewer, role, { find, typed: request.body, refusal }),
      );
    },
  );

  app.post(
    '/roles/:role/end',
    {
      config: GIVE_ROLES,
      schema: { params: Role, body: Type.Object({ ...Csrf, ...Holding, reason: Text(500) }, closed) },
    },
    (request, reply) => {
      const viewer = viewerOf(request);
      const by = contextOf(viewer);
      const { role } = request.params;
      const { holding = '', reason } = request.body;
      return orFormAgain(
        reply,
        async () => {
          await deps.db.in(by, (tx) => endRole(tx, deps, by, { holding: uuid(holding), role, because: reason }));
          return done(reply, `/roles/${role}`, 'The role has ended.');
        },
        (refusal) => page(reply, viewer, role, { typed: request.body, refusal }),
      );
    },
  );

  app.post(
    '/roles/:role/accept',
    { config: READ_ROLES, schema: { params: Role, body: Type.Object({ ...Csrf, ...Holding }, closed) } },
    async (request, reply) => {
      const by = contextOf(viewerOf(request));
      const { role } = request.params;
      await deps.db.in(by, (tx) => acceptRole(tx, deps, by, { holding: uuid(request.body.holding ?? ''), role }));
      return done(reply, `/roles/${role}`, 'Thank you. It is written down that you have taken this on.');
    },
  );
}

function uuid(id: string): string {
  if (!isUuid(id)) throw notFound('that role');
  return id;
}
