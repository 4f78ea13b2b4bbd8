import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { notFound, type Refusal } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, done, hasDuty, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { endParentLink, linkParents, parentLinks } from './parents.service.ts';

const READ = ['administrator', 'ict-manager', 'dsl', 'head'];
const WRITE = ['administrator', 'ict-manager'];
const SHOWN = 200;
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const closed = { additionalProperties: false };

export const PARENTS_NAV = { href: '/people/parents', within: '/people', text: 'Parents', duties: READ, order: 20 };

/** Whose child is whose (PAR-08): one pair or a whole list of them. */
export function parentsRoutes(app: WebApp, deps: Deps): void {
  const show = async (
    reply: FastifyReply,
    viewer: Viewer,
    q: string,
    again: { typed?: object; refusal?: Refusal } = {},
  ) => {
    const links = await deps.db.in(contextOf(viewer), (tx) => parentLinks(tx));
    const wanted = q.trim().toLowerCase();
    const found = links.filter(({ parent, child }) =>
      [parent.name, parent.username, child.name, child.username, child.group].join('\n').toLowerCase().includes(wanted),
    );
    return reply.page('capabilities/identity/views/parents.njk', {
      q,
      any: links.length > 0,
      total: found.length,
      families: found.slice(0, SHOWN),
      shown: SHOWN,
      mayWrite: hasDuty(viewer, ...WRITE),
      ...again,
    });
  };

  app.get(
    '/people/parents',
    { config: { access: { duties: READ } }, schema: { querystring: Type.Object({ q: Text(100) }, closed) } },
    (request, reply) => show(reply, viewerOf(request), request.query.q ?? ''),
  );

  app.post(
    '/people/parents',
    {
      config: { access: { duties: WRITE } },
      schema: { body: Type.Object({ _csrf: Text(100), pairs: Text(500_000) }, closed) },
    },
    (request, reply) => {
      const viewer = viewerOf(request);
      const { pairs = '' } = request.body;
      return orFormAgain(
        reply,
        async () => {
          const n = await linkParents(deps, viewer, pairs);
          const said = n === 0 ? 'All of them were linked already.' : `${n} ${n === 1 ? 'link' : 'links'} made.`;
          return done(reply, '/people/parents', said);
        },
        (refusal) => show(reply, viewer, '', { typed: { pairs }, refusal }),
      );
    },
  );

  app.post(
    '/people/parents/:id/end',
    { config: { access: { duties: WRITE } }, schema: { params: Type.Object({ id: Type.String({ maxLength: 40 }) }) } },
    async (request, reply) => {
      const { id } = request.params;
      if (!isUuid(id)) throw notFound('this link');
      await endParentLink(deps, viewerOf(request), id);
      return done(reply, '/people/parents', 'The link has ended.');
    },
  );
}
