import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, done, hasDuty, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { endClass, giveClass } from './classes.service.ts';
import { allTeaching, classSizes } from './classes.store.ts';

const READ = { access: { duties: ['administrator', 'ict-manager', 'dsl', 'head'] } };
const WRITE = { access: { duties: ['administrator', 'ict-manager'] } };
const closed = { additionalProperties: false };
const csrf = { _csrf: Type.Optional(Type.String({ maxLength: 300 })) };

/** Which staff teach which class: set here by hand, or by an import. */
export function classesRoutes(app: WebApp, deps: Deps): void {
  const page = async (reply: FastifyReply, viewer: Viewer, q: string, more: object = {}) =>
    reply.page('capabilities/identity/views/classes.njk', {
      ...(await classesPage(deps, viewer, q)),
      mayWrite: hasDuty(viewer, ...WRITE.access.duties),
      ...more,
    });

  app.get(
    '/people/classes',
    {
      config: READ,
      schema: { querystring: Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })) }, closed) },
    },
    (request, reply) => page(reply, viewerOf(request), request.query.q ?? ''),
  );

  const Give = Type.Object(
    { ...csrf, group: Type.String({ maxLength: 60 }), username: Type.String({ maxLength: 64 }) },
    closed,
  );
  app.post('/people/classes', { config: WRITE, schema: { body: Give } }, (request, reply) => {
    const viewer = viewerOf(request);
    const { group, username } = request.body;
    return orFormAgain(
      reply,
      async () => {
        await giveClass(deps, viewer, { group, username });
        return done(reply, '/people/classes', 'Written down. They can open the live view of this class now.');
      },
      (refusal: Refusal) => page(reply, viewer, '', { refusal, typed: { group, username } }),
    );
  });

  app.post(
    '/people/classes/:id/end',
    {
      config: WRITE,
      schema: { params: Type.Object({ id: Type.String({ format: 'uuid' }) }, closed), body: Type.Object(csrf, closed) },
    },
    async (request, reply) => {
      await endClass(deps, viewerOf(request), request.params.id);
      return done(reply, '/people/classes', 'They no longer teach this class.');
    },
  );
}

async function classesPage(deps: Deps, viewer: Viewer, q: string) {
  const { sizes, teaching } = await deps.db.in(contextOf(viewer), async (tx) => ({
    sizes: await classSizes(tx),
    teaching: await allTeaching(tx),
  }));
  const wanted = q.trim().toLowerCase();
  const gone = [...new Set(teaching.map((t) => t.group))].filter((g) => !sizes.some((s) => s.group === g));
  const rows = [...sizes, ...gone.map((group) => ({ group, pupils: 0 }))]
    .map((s) => ({ ...s, teachers: teaching.filter((t) => t.group === s.group) }))
    .filter((r) => [r.group, ...r.teachers.map((t) => t.name)].join('\n').toLowerCase().includes(wanted));
  return { q, rows, groups: sizes.map((s) => s.group), any: sizes.length > 0 };
}
