import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { schools } from '#platform/school.ts';
import { publicSchool } from '#rooms/policies/index.ts';
import { contextOf, done, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { programRoutes } from './installs.routes.ts';
import { ANSWERERS, answerQuestion, ask, questionsFor, questionsOf } from './questions.service.ts';

const VIEWS = 'capabilities/filtering/views';
const READERS = { duties: [...ANSWERERS, 'teacher'] };

const Site = Type.String({ maxLength: 2000 });
const Slug = Type.Optional(Type.String({ maxLength: 40 }));
/** The block page's link; only the site is taken from it, the rest is worked out anew. */
const FromBlockPage = Type.Object(
  {
    site: Type.Optional(Site),
    school: Slug,
    rule: Type.Optional(Type.String({ maxLength: 100 })),
    category: Type.Optional(Type.String({ maxLength: 100 })),
  },
  { additionalProperties: false },
);
const Asking = Type.Object(
  { _csrf: Type.Optional(Type.String()), site: Site, reason: Type.String({ maxLength: 2000 }), school: Slug },
  { additionalProperties: false },
);
const Search = Type.Object({ q: Type.Optional(Type.String({ maxLength: 200 })) }, { additionalProperties: false });
const One = Type.Object({ id: Type.String({ format: 'uuid' }) }, { additionalProperties: false });
const Answer = Type.Object(
  { _csrf: Type.Optional(Type.String()), answer: Type.String({ maxLength: 4000 }) },
  { additionalProperties: false },
);

/** Whole schools may share one address, people do not. */
const asking = {
  max: 10,
  timeWindow: '10 minutes',
  keyGenerator: (request: FastifyRequest) => request.viewer?.person.id ?? request.ip,
};

/** /ask for everyone who was stopped, and the list for those who answer. */
export function questionRoutes(app: WebApp, deps: Deps): void {
  programRoutes(app, deps);
  const earlier = (viewer: Viewer | null) =>
    viewer ? deps.db.in(contextOf(viewer), (tx) => questionsOf(tx, viewer.person.id)) : [];

  app.get('/ask', { config: { access: 'public' }, schema: { querystring: FromBlockPage } }, async (request, reply) => {
    const { site, school: slug } = request.query;
    const school = await publicSchool(deps.db, request.viewer, slug);
    if (!school) return reply.page(`${VIEWS}/ask-school.njk`, { schools: await schools(deps.db), site });
    return reply.page(`${VIEWS}/ask.njk`, { school, values: { site }, earlier: await earlier(request.viewer) });
  });

  app.post(
    '/ask',
    { config: { access: 'public', rateLimit: asking }, schema: { body: Asking } },
    async (request, reply) => {
      const { viewer, body } = request;
      const school = await publicSchool(deps.db, viewer, body.school);
      if (!school) return reply.page(`${VIEWS}/ask-school.njk`, { schools: await schools(deps.db), site: body.site });
      try {
        const result = await ask(deps, school, viewer, body);
        return reply.page(`${VIEWS}/asked.njk`, { school, result });
      } catch (e) {
        if (!(e instanceof Refusal)) throw e;
        const errors = e.fields ?? { site: [e.message, e.remedy].filter(Boolean).join(' ') };
        const page = { school, values: body, errors, earlier: await earlier(viewer) };
        return reply.status(e.kind === 'conflict' ? 409 : 400).page(`${VIEWS}/ask.njk`, page);
      }
    },
  );

  app.get(
    '/filtering/questions',
    { config: { access: READERS }, schema: { querystring: Search } },
    async (request, reply) => reply.page(`${VIEWS}/questions.njk`, await listing(viewerOf(request), request.query.q)),
  );

  app.post(
    '/filtering/questions/:id/answer',
    { config: { access: READERS }, schema: { params: One, body: Answer } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const { id } = request.params;
      try {
        await answerQuestion(deps, viewer, id, request.body.answer);
      } catch (e) {
        if (!(e instanceof Refusal && e.kind === 'invalid')) throw e;
        return reply
          .status(400)
          .page(`${VIEWS}/questions.njk`, { ...(await listing(viewer, '')), errors: { [id]: e.message } });
      }
      return done(reply, '/filtering/questions', 'The answer is kept and on its way to whoever asked.');
    },
  );

  async function listing(viewer: Viewer, q = '') {
    const questions = await deps.db.in(contextOf(viewer), (tx) => questionsFor(tx, viewer, q));
    return {
      q,
      open: questions.filter((x) => x.answeredAt === null),
      answered: questions.filter((x) => x.answeredAt !== null),
    };
  }
}
