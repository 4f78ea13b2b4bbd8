import { Type } from 'typebox';
import type { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, done, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { KEEPERS } from './filtering.duties.ts';
import { OUTCOMES } from './installs.rules.ts';
import { answerProgram, askForProgram, programRequests } from './installs.service.ts';

const VIEWS = 'capabilities/filtering/views';
const ASK = '/ask/program';
const LIST = '/filtering/programs';
const strict = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const csrf = { _csrf: Text(200) };

/** SEC-10: the way to a program for whoever works here, and the list of those who install. */
export function programRoutes(app: WebApp, deps: Deps): void {
  const staff = { access: { duties: ['staff'] } };
  const keepers = { access: { duties: KEEPERS } };
  const requests = (viewer: Viewer, which: { q?: string; mine?: boolean }) =>
    deps.db.in(contextOf(viewer), (tx) => programRequests(tx, viewer, which));

  const askPage = async (viewer: Viewer, values: object, refusal?: Refusal) => ({
    values,
    refusal,
    earlier: await requests(viewer, { mine: true }),
  });

  // The block page's link gives the site; the rest is typed.
  const Start = Type.Object({ site: Text(2000) }, strict);
  app.get(ASK, { config: staff, schema: { querystring: Start } }, async (request, reply) =>
    reply.page(`${VIEWS}/ask-program.njk`, await askPage(viewerOf(request), request.query)),
  );

  const Asking = Type.Object(
    { ...csrf, program: Text(400), site: Text(2000), device: Text(400), reason: Text(4000) },
    strict,
  );
  app.post(ASK, { config: staff, schema: { body: Asking } }, (request, reply) => {
    const viewer = viewerOf(request);
    const { program = '', site = '', device = '', reason = '' } = request.body;
    const typed = { program, site, device, reason };
    return orFormAgain(
      reply,
      async () => {
        const result = await askForProgram(deps, viewer, typed);
        if (result === 'never')
          return reply.page(`${VIEWS}/asked.njk`, { school: viewer.school, result: { kind: 'never' } });
        return done(
          reply,
          ASK,
          'Asked. Those who look after the computers have it, and you are told what they decide.',
        );
      },
      async (refusal) => reply.page(`${VIEWS}/ask-program.njk`, await askPage(viewer, typed, refusal)),
    );
  });

  const listing = async (viewer: Viewer, q: string | undefined) => {
    const found = await requests(viewer, q === undefined ? {} : { q });
    return {
      q: q ?? '',
      outcomes: Object.entries(OUTCOMES).map(([value, { text }]) => ({ value, text })),
      open: found.filter((r) => r.answeredAt === null),
      answered: found.filter((r) => r.answeredAt !== null),
    };
  };
  const Search = Type.Object({ q: Text(100) }, strict);
  app.get(LIST, { config: keepers, schema: { querystring: Search } }, async (request, reply) =>
    reply.page(`${VIEWS}/programs.njk`, await listing(viewerOf(request), request.query.q)),
  );

  const One = Type.Object({ id: Type.String({ format: 'uuid' }) }, strict);
  const Answer = Type.Object({ ...csrf, outcome: Text(20), answer: Text(4000) }, strict);
  app.post(`${LIST}/:id/answer`, { config: keepers, schema: { params: One, body: Answer } }, (request, reply) => {
    const viewer = viewerOf(request);
    const { id } = request.params;
    const { outcome = '', answer = '' } = request.body;
    return orFormAgain(
      reply,
      async () => {
        await answerProgram(deps, viewer, id, { outcome, answer });
        return done(reply, LIST, 'The answer is kept and on its way to whoever asked.');
      },
      async (refusal) =>
        reply.page(`${VIEWS}/programs.njk`, {
          ...(await listing(viewer, undefined)),
          refusal,
          typed: { id, outcome, answer },
        }),
    );
  });
}
