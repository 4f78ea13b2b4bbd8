import { Type } from 'typebox';
import type { Deps } from '#platform/deps.ts';
import { searchPeople } from '#rooms/identity/index.ts';
import { contextOf, done, hasDuty, orFormAgain, viewerOf, type WebApp } from '#web/index.ts';
import type { CaseSide } from './case-side.ts';
import { nameHead, yearHeads } from './heads.service.ts';
import { TASK_FORMS } from './task.words.ts';
import { taskPage, tasksPage } from './tasks.pages.ts';
import { takeTaskStep } from './tasks.service.ts';
import { acknowledge, warningsOf } from './warnings.service.ts';

const VIEWS = 'capabilities/incidents/sanctions/views';
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const csrf = { _csrf: Text(200) };
const One = Type.Object({ id: Type.String({ maxLength: 60 }) }, closed);
/** Whose a task is, its row says; these are the duties that could have any. */
export const TASK_DUTIES = ['staff', 'governor', 'volunteer'] as const;
const DOERS = { access: { duties: TASK_DUTIES } };
const HEAD_KEEPERS = ['administrator', 'head', 'dsl', 'centre-lead'] as const;

export function tasksRoutes(app: WebApp, deps: Deps, side: CaseSide): void {
  const Search = Type.Object(
    { q: Text(100), show: Type.Optional(Type.Union([Type.Literal('open'), Type.Literal('ended')])) },
    closed,
  );
  app.get('/tasks', { config: DOERS, schema: { querystring: Search } }, async (request, reply) => {
    const { q = '', show = 'open' } = request.query;
    const viewer = viewerOf(request);
    const page = await tasksPage(deps, viewer, { q, show });
    return reply.page(`${VIEWS}/tasks.njk`, { ...page, keepsHeads: hasDuty(viewer, ...HEAD_KEEPERS) });
  });

  app.get('/tasks/heads-of-year', { config: { access: { duties: HEAD_KEEPERS } } }, async (request, reply) =>
    reply.page(
      `${VIEWS}/heads.njk`,
      await deps.db.in(contextOf(viewerOf(request)), async (tx) => ({
        years: await yearHeads(tx),
        staff: await searchPeople(tx, '', { kind: 'staff', limit: 500 }),
      })),
    ),
  );
  const Head = Type.Object({ ...csrf, year: Type.String({ pattern: '^(?:[0-9]|1[0-4])$' }), person: Text(40) }, closed);
  app.post(
    '/tasks/heads-of-year',
    { config: { access: { duties: HEAD_KEEPERS } }, schema: { body: Head } },
    async (request, reply) => {
      const { year, person } = request.body;
      await nameHead(deps, viewerOf(request), Number(year), person || null);
      return done(reply, '/tasks/heads-of-year', `The head of Year ${year} is recorded.`);
    },
  );

  app.get('/tasks/:id', { config: DOERS, schema: { params: One } }, async (request, reply) =>
    reply.page(`${VIEWS}/task.njk`, await taskPage(deps, side, viewerOf(request), request.params.id)),
  );
  const Body = Type.Object({ ...csrf, text: Text(10_000), person: Text(40) }, closed);
  for (const form of TASK_FORMS) {
    app.post(`/tasks/:id/${form.action}`, { config: DOERS, schema: { params: One, body: Body } }, (request, reply) => {
      const viewer = viewerOf(request);
      const { id } = request.params;
      const { text = '', person } = request.body;
      return orFormAgain(
        reply,
        async () => {
          await takeTaskStep(deps, side, viewer, id, { action: form.action, text, person });
          return done(reply, `/tasks/${id}`, form.done);
        },
        async (refusal) =>
          reply.page(`${VIEWS}/task.njk`, {
            ...(await taskPage(deps, side, viewer, id)),
            tried: { action: form.action, text, person, refusal },
          }),
      );
    });
  }

  app.get('/me/warnings', { config: { access: 'signed-in' } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const warnings = await deps.db.in(contextOf(viewer), (tx) => warningsOf(tx, viewer.person.id));
    return reply.page(`${VIEWS}/warnings.njk`, { warnings });
  });
  app.post(
    '/me/warnings/:id',
    { config: { access: 'signed-in' }, schema: { params: One, body: Type.Object(csrf, closed) } },
    async (request, reply) => {
      await acknowledge(deps, viewerOf(request), request.params.id);
      return done(reply, '/me/warnings', 'Thank you. We have written down that you read it.');
    },
  );
}
