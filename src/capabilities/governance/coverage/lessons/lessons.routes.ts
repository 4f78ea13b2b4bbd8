import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { done, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { addContact, childrenPage, endContact, lessonsPage } from './lessons.service.ts';

const VIEWS = 'capabilities/governance/coverage/lessons/views';
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const STAFF = { access: { duties: ['staff'] } };

export const LESSONS_NAV = {
  href: '/lessons',
  within: '/filtering',
  text: 'Lessons online',
  duties: ['staff'],
  order: 30,
};
export const CHILDREN_NAV = { href: '/children', text: 'My children', duties: ['parent'], order: 20 };

/** What classes are asked to do online, for staff; and of their own children, for parents (PAR-08). */
export function lessonsRoutes(app: WebApp, deps: Deps): void {
  app.get('/children', { config: { access: { duties: ['parent'] } } }, async (request, reply) =>
    reply.page(`${VIEWS}/children.njk`, { children: await childrenPage(deps, viewerOf(request)) }),
  );

  const show = async (
    reply: FastifyReply,
    viewer: Viewer,
    q: string,
    again: { typed?: object; refusal?: Refusal } = {},
  ) => reply.page(`${VIEWS}/lessons.njk`, { ...(await lessonsPage(deps, viewer, q)), ...again });

  app.get(
    '/lessons',
    { config: STAFF, schema: { querystring: Type.Object({ q: Text(100) }, closed) } },
    (request, reply) => show(reply, viewerOf(request), request.query.q ?? ''),
  );

  app.post(
    '/lessons/people',
    {
      config: STAFF,
      schema: {
        body: Type.Object(
          {
            _csrf: Text(100),
            whom: Text(150),
            organisation: Text(300),
            role: Text(300),
            how: Text(600),
            from: Text(10),
            until: Text(10),
          },
          closed,
        ),
      },
    },
    (request, reply) => {
      const viewer = viewerOf(request);
      const { whom = '', organisation = '', role = '', how = '', from = '', until = '' } = request.body;
      return orFormAgain(
        reply,
        async () => {
          await addContact(deps, viewer, { whom, organisation, role, how, from, until });
          return done(reply, '/lessons#people', 'Kept. The parents of this class can read it now.');
        },
        (refusal) => show(reply, viewer, '', { typed: request.body, refusal }),
      );
    },
  );

  app.post(
    '/lessons/people/:id/end',
    { config: STAFF, schema: { params: Type.Object({ id: Type.String({ maxLength: 40 }) }) } },
    async (request, reply) => {
      await endContact(deps, viewerOf(request), request.params.id);
      return done(reply, '/lessons#people', 'Taken away. Parents read it no longer.');
    },
  );
}
