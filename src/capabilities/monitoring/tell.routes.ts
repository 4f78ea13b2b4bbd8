import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { MINUTE } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { type School, schools } from '#platform/school.ts';
import { publicSchool } from '#rooms/policies/index.ts';
import type { WebApp } from '#web/index.ts';
import { reportRoles, type Told, tellUs } from './tell.service.ts';

const VIEWS = 'capabilities/monitoring/views';
const closed = { additionalProperties: false };
const oneOf = <T extends string>(...values: T[]) =>
  Type.Optional(Type.Union([Type.Literal('' as const), ...values.map((v) => Type.Literal(v))]));

const Where = Type.Object({ school: Type.Optional(Type.String({ maxLength: 40 })) }, closed);
const Body = Type.Object(
  {
    _csrf: Type.Optional(Type.String()),
    words: Type.String({ maxLength: 50_000 }),
    name: Type.Optional(Type.String({ maxLength: 200 })),
    about: oneOf('me', 'someone-else'),
    safe: oneOf('yes', 'no', 'unsure'),
    now: Type.Optional(Type.Literal('yes')),
    role: Type.Optional(Type.String({ maxLength: 60 })),
  },
  closed,
);

/** The receipt's number travels in a cookie, not in the address: a shared computer's history must not tell on a child. */
const RECEIPT = 'gatehouse-told';

/** A whole school may stand behind one address, so many may tell something at once; a flood still ends. */
const FLOOD = {
  max: 40,
  timeWindow: 10 * MINUTE,
  errorResponseBuilder: () =>
    new Refusal('too-many', 'tell.too-many', 'Too many messages came from this place in a short time.', {
      remedy:
        'Please tell an adult you trust, or wait ten minutes. If somebody is in danger now, call 999. Childline is free on 0800 1111.',
    }),
};

/** ALR-09: a way to tell somebody that is always open, signed in or not, and when web access is suspended. */
export function tellRoutes(app: WebApp, deps: Deps): void {
  const page = async (reply: FastifyReply, school: School, data: Record<string, unknown> = {}) => {
    const roles = await deps.db.in({ school: school.id, person: null, duties: [] }, (tx) =>
      reportRoles(tx, deps.clock.now()),
    );
    return reply.page(`${VIEWS}/tell.njk`, { school, roles, ...data });
  };
  const choose = async (reply: FastifyReply) =>
    reply.page(`${VIEWS}/tell-where.njk`, { schools: await schools(deps.db) });

  app.get('/tell', { config: { access: 'public' }, schema: { querystring: Where } }, async (request, reply) => {
    const school = await publicSchool(deps.db, request.viewer, request.query.school);
    return school ? page(reply, school) : choose(reply);
  });

  app.post(
    '/tell',
    { config: { access: 'public', rateLimit: FLOOD }, schema: { querystring: Where, body: Body } },
    async (request, reply) => {
      const { viewer, body } = request;
      const school = await publicSchool(deps.db, viewer, request.query.school);
      if (!school) return choose(reply);
      const told: Told = {
        words: body.words,
        name: viewer ? '' : (body.name ?? ''),
        about: body.about || null,
        safe: body.safe || null,
        now: body.now === 'yes',
        role: body.role || null,
      };
      try {
        const { reference } = await tellUs(deps, school.id, viewer, told);
        const secure = deps.config.pagesUrl.startsWith('https:');
        reply.setCookie(RECEIPT, reference, { path: '/tell', httpOnly: true, sameSite: 'strict', maxAge: 600, secure });
        return reply.redirect('/tell/received', 303);
      } catch (e) {
        if (!(e instanceof Refusal) || e.kind !== 'invalid') throw e;
        return page(reply.status(400), school, { typed: body, refusal: e });
      }
    },
  );

  app.get('/tell/received', { config: { access: 'public' } }, async (request, reply) => {
    const reference = request.cookies[RECEIPT];
    reply.clearCookie(RECEIPT, { path: '/tell' });
    return reply.page(`${VIEWS}/tell-received.njk`, {
      reference: /^A-[0-9A-Z]{6}$/.test(reference ?? '') ? reference : null,
    });
  });
}
