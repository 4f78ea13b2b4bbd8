import { Type } from 'typebox';
import { notFound } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, done, hasDuty, orFormAgain, viewerOf, type WebApp } from '#web/index.ts';
import { policyInForce } from '../policies.service.ts';
import { calendarPage } from './calendar.page.ts';
import { dutyPage, listPage, WORKS_HERE } from './duties.pages.ts';
import { giveEvidence, sayHappened } from './duties.service.ts';

const VIEWS = 'capabilities/policies/duties/views';
const closed = { additionalProperties: false };
const csrf = { _csrf: Type.Optional(Type.String()) };
const blankOr = <A extends string, B extends string>(a: A, b: B) =>
  Type.Optional(Type.Union([Type.Literal(''), Type.Literal(a), Type.Literal(b)]));

const Query = Type.Object(
  {
    q: Type.Optional(Type.String({ maxLength: 100 })),
    show: blankOr('mine', 'late'),
    owner: Type.Optional(Type.String({ maxLength: 40 })),
    view: blankOr('list', 'calendar'),
    month: Type.Optional(Type.String({ maxLength: 7 })),
  },
  closed,
);
const Id = Type.Object({ id: Type.String({ maxLength: 60 }) }, closed);
const Evidence = Type.Object(
  {
    ...csrf,
    occurrence: Type.String({ maxLength: 36 }),
    text: Type.String({ maxLength: 20_000 }),
    reference: Type.Optional(Type.String({ maxLength: 2000 })),
    nil: Type.Optional(Type.Literal('yes')),
  },
  closed,
);
const Event = Type.Object(
  { ...csrf, at: Type.String({ maxLength: 20 }), about: Type.String({ maxLength: 2000 }) },
  closed,
);

export const DUTIES_NAV = { href: '/duties', text: 'Duties', duties: WORKS_HERE, order: 52 } as const;

/** GOV-35, ROL-02, ROL-06, ROL-07: who must do what by when, whether it was done, and the form that says so. */
export function dutiesRoutes(app: WebApp, deps: Deps): void {
  app.get('/duties', { config: { access: 'signed-in' }, schema: { querystring: Query } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const { query } = request;
    if (query.view === 'calendar' && hasDuty(viewer, ...WORKS_HERE)) {
      return reply.page(`${VIEWS}/calendar.njk`, await calendarPage(deps, viewer, query));
    }
    return reply.page(`${VIEWS}/list.njk`, await listPage(deps, viewer, query));
  });

  const workers = { access: { duties: WORKS_HERE } };
  app.get('/duties/:id', { config: workers, schema: { params: Id } }, async (request, reply) =>
    reply.page(`${VIEWS}/duty.njk`, await dutyPage(deps, viewerOf(request), request.params.id)),
  );

  app.post(
    '/duties/:id/evidence',
    { config: workers, schema: { params: Id, body: Evidence } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const { body, params } = request;
      return orFormAgain(
        reply,
        async () => {
          const by = contextOf(viewer);
          const { occurrence, text, reference = '', nil } = body;
          await deps.db.in(by, (tx) =>
            giveEvidence(tx, deps, by, { duty: params.id, occurrence, text, reference, nil: nil === 'yes' }),
          );
          return done(reply, `/duties/${params.id}`, 'The evidence is kept.');
        },
        async (refusal) =>
          reply.page(`${VIEWS}/duty.njk`, { ...(await dutyPage(deps, viewer, params.id)), refusal, typed: body }),
      );
    },
  );

  app.post('/duties/:id/events', { config: workers, schema: { params: Id, body: Event } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const { body, params } = request;
    return orFormAgain(
      reply,
      async () => {
        const by = contextOf(viewer);
        await deps.db.in(by, async (tx) => {
          const duty = (await policyInForce(tx, deps.clock.now()))?.document.duties.find((d) => d.id === params.id);
          if (!duty) throw notFound('this duty');
          await sayHappened(tx, deps, by, { duty, at: localTime(body.at, viewer.school.timeZone), about: body.about });
        });
        return done(reply, `/duties/${params.id}`, 'The clock has started.');
      },
      async (refusal) =>
        reply.page(`${VIEWS}/duty.njk`, { ...(await dutyPage(deps, viewer, params.id)), refusal, typed: body }),
    );
  });
}

/** What `datetime-local` sends, on the school's wall clock; null for what is no time. */
function localTime(text: string, timeZone: string): number | null {
  try {
    return Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds;
  } catch {
    return null;
  }
}
