import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { notFound, Refusal } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Deps } from '#platform/deps.ts';
import { statusOf } from '#platform/http.ts';
import { ESCALATION_ROLES, type RoleId } from '#policy/types.ts';
import { contextOf, done, viewerOf, type WebApp } from '#web/index.ts';
import { STEP_FORMS } from './case.forms.ts';
import { readStep, StepBody, type Typed } from './case.input.ts';
import { casePage, flowPage, newCasePage } from './cases.pages.ts';
import { noteReading } from './cases.readings.ts';
import { logCase, openFromAlert, takeStep } from './cases.service.ts';
import { findCase, myReports } from './cases.store.ts';
import { provenComputer } from './computers/index.ts';

const VIEWS = 'capabilities/incidents/views';
/** Who may see *a* case is the row's own affair; these are the duties that could have any. */
export const CASE_DUTIES: readonly RoleId[] = ['staff', ...ESCALATION_ROLES];
const READERS = { access: { duties: CASE_DUTIES } };
/** INC-23: everybody who works here logs what happened. */
const LOGGERS = { access: { duties: ['staff'] } } as const;

const csrf = { _csrf: Type.Optional(Type.String()) };
const params = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9-]{1,40}$' }) });
const text = Type.String({ maxLength: 10_000 });
const NewCaseBody = Type.Object(
  {
    ...csrf,
    intent: Type.Union([Type.Literal('find'), Type.Literal('log')]),
    title: Type.String({ maxLength: 300 }),
    category: Type.String({ maxLength: 60 }),
    urgency: Type.Optional(Type.Union([Type.Literal('urgent'), Type.Literal('soon')])),
    happenedOn: Type.String({ maxLength: 10 }),
    text,
    find: Type.Optional(Type.String({ maxLength: 120 })),
    people: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 50 })])),
  },
  { additionalProperties: false },
);
export type NewCaseForm = Type.Static<typeof NewCaseBody>;

export function incidentsRoutes(app: WebApp, deps: Deps): void {
  app.get('/cases/new', { config: LOGGERS }, async (request, reply) =>
    reply.page(`${VIEWS}/new.njk`, await newCasePage(deps, viewerOf(request), null)),
  );

  app.get('/cases/flow', { config: READERS }, async (request, reply) =>
    reply.page(`${VIEWS}/flow.njk`, await flowPage(deps, viewerOf(request))),
  );

  app.post('/cases/new', { config: LOGGERS, schema: { body: NewCaseBody } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const form = request.body;
    const people = [form.people ?? []].flat().filter(isUuid);
    const again = async (refusal?: Refusal) =>
      reply
        .status(refusal ? statusOf(refusal) : 200)
        .page(`${VIEWS}/new.njk`, { ...(await newCasePage(deps, viewer, { ...form, people })), refusal });
    if (form.intent === 'find') return again();
    try {
      const { reference } = await logCase(deps, viewer, {
        title: form.title,
        category: form.category || null,
        urgency: form.urgency ?? 'soon',
        happenedOn: form.happenedOn,
        people,
        text: form.text,
      });
      return done(reply, `/cases/received/${reference}`);
    } catch (e) {
      if (e instanceof Refusal && e.kind === 'invalid') return again(e);
      throw e;
    }
  });

  app.get('/cases/received/:id', { config: LOGGERS, schema: { params } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const reports = await deps.db.in(contextOf(viewer), myReports);
    const receipt = reports.find((r) => r.reference === request.params.id);
    if (!receipt) throw notFound('this receipt');
    return reply.page(`${VIEWS}/receipt.njk`, { receipt });
  });

  app.post(
    '/cases/from-alert/:id',
    {
      config: { access: { duties: ESCALATION_ROLES } },
      schema: { params, body: Type.Object(csrf, { additionalProperties: false }) },
    },
    async (request, reply) => {
      if (!isUuid(request.params.id)) throw notFound('this alert');
      const { reference } = await openFromAlert(deps, viewerOf(request), request.params.id);
      return done(reply, `/cases/${reference}`, 'The alert is now a case.');
    },
  );

  const find = Type.Object({ find: Type.Optional(Type.String({ maxLength: 120 })) }, { additionalProperties: false });
  app.get('/cases/:id', { config: READERS, schema: { params, querystring: find } }, async (request, reply) => {
    const page = await pageOf(request, request.query.find);
    await noteReading(deps, viewerOf(request), page.file.id, 'opened');
    return reply.page(`${VIEWS}/case.njk`, page);
  });
  app.get('/cases/:id/print', { config: READERS, schema: { params } }, async (request, reply) => {
    const page = await pageOf(request);
    await noteReading(deps, viewerOf(request), page.file.id, 'printed');
    return reply.page(`${VIEWS}/print.njk`, page);
  });

  for (const form of STEP_FORMS.filter((f) => !f.ownPage)) {
    app.post(
      `/cases/:id/${form.action}`,
      { config: READERS, schema: { params, body: StepBody } },
      async (request, reply) => {
        const viewer = viewerOf(request);
        const which = request.params.id;
        const typed = request.body as Typed;
        try {
          const fromComputer = await provenComputer(deps, request);
          const { waits } = await takeStep(deps, viewer, which, { ...readStep(form, typed), fromComputer });
          // An interest declared or an allegation restricted takes the case out of one's own sight.
          const still = await deps.db.in(contextOf(viewer), (tx) => findCase(tx, which));
          return done(reply, still ? `/cases/${which}` : '/cases', waits ? `${form.done} ${waits}` : form.done);
        } catch (e) {
          if (!(e instanceof Refusal) || e.kind !== 'invalid') throw e;
          return caseAgain(request, reply, { ...typed, action: form.action, refusal: e });
        }
      },
    );
  }

  /** The case as it may be shown on the machine that asks (INC-06). */
  async function pageOf(request: FastifyRequest<{ Params: { id: string } }>, find?: string) {
    return casePage(deps, viewerOf(request), request.params.id, find, await provenComputer(deps, request));
  }

  /** The page once more, with what was typed and what is missing. */
  async function caseAgain(
    request: FastifyRequest<{ Params: { id: string } }>,
    reply: FastifyReply,
    tried: { refusal: Refusal; action: string },
  ): Promise<FastifyReply> {
    const page = await pageOf(request);
    return reply.status(statusOf(tried.refusal)).page(`${VIEWS}/case.njk`, { ...page, tried });
  }
}
