import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { pupilGroups } from '#rooms/policies/index.ts';
import { contextOf, done, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { changePage, changesPage, formPage, OVERSEERS, startOf } from './changes.pages.ts';
import { csvOf, monthReport } from './changes.report.ts';
import { type ChangeInput, DONE_WORDS, MOST_SITES } from './changes.rules.ts';
import { actOnChange, checkSites, decideChange, submitChange } from './changes.service.ts';
import { TECHNICAL } from './changes.step.ts';
import { decideReport, reportSite, reportsPage } from './site-reports.ts';

const VIEWS = 'capabilities/filtering/changes/views';
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const csrf = { _csrf: Text(200) };
const Reference = Type.String({ pattern: '^[A-HJ-NP-Z2-9]{6}$' });
const One = Type.Object({ reference: Reference }, closed);
const Form = Type.Object(
  {
    ...csrf,
    do: Type.Union(['look', 'save', 'ask', 'restrict', 'close-now'].map((d) => Type.Literal(d))),
    draft: Type.Optional(Type.Union([Reference, Type.Literal('')])),
    kind: Text(30),
    sites: Text(8000),
    scope: Text(140),
    people: Text(4000),
    topic: Text(400),
    purpose: Text(4000),
    from: Text(20),
    until: Text(20),
    question: Text(40),
    checked: Text(5),
  },
  closed,
);
/** A site's decision and the reason for it, by its place in the request. */
const Decision = Type.Object(
  {
    ...csrf,
    reason: Text(2000),
    whole: Text(10),
    ...Object.fromEntries(
      Array.from({ length: MOST_SITES }, (_, i) => [
        [`d${i}`, Type.Optional(Type.Union([Type.Literal('approve'), Type.Literal('refuse'), Type.Literal('')]))],
        [`r${i}`, Text(500)],
      ]).flat(),
    ),
  },
  closed,
);
const Act = Type.Object({ ...csrf, reason: Text(2000) }, closed);
const ACTIONS = ['withdraw', 'ask-to-lift', 'keep', 'lift'] as const;

/** Whoever works here sees their own; those who oversee filtering see all of it. */
const READERS = { access: { duties: ['staff', ...OVERSEERS] } };
const STAFF = { access: { duties: ['staff', ...TECHNICAL] } };

/** Changes of the filter: asking, deciding, what holds now, what came of it. */
export function changeRoutes(app: WebApp, deps: Deps): void {
  const read = <T>(viewer: Viewer, work: (tx: Parameters<Parameters<typeof deps.db.in<T>>[1]>[0]) => Promise<T>) =>
    deps.db.in(contextOf(viewer), work);

  app.get(
    '/filtering/changes',
    { config: READERS, schema: { querystring: Type.Object({ q: Text(100) }, closed) } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      return reply.page(
        `${VIEWS}/changes.njk`,
        await read(viewer, (tx) => changesPage(tx, viewer, deps.clock.now(), request.query.q)),
      );
    },
  );

  const Start = Type.Object(
    {
      kind: Text(30),
      site: Text(2000),
      scope: Text(140),
      draft: Type.Optional(Reference),
      like: Type.Optional(Reference),
      question: Type.Optional(Type.String({ format: 'uuid' })),
    },
    closed,
  );
  app.get('/filtering/changes/new', { config: STAFF, schema: { querystring: Start } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const page = await read(viewer, async (tx) =>
      formPage(tx, deps, await startOf(tx, viewer, deps.clock.now(), request.query), request.query.draft),
    );
    return reply.page(`${VIEWS}/new.njk`, page);
  });

  app.post('/filtering/changes', { config: STAFF, schema: { body: Form } }, (request, reply) => {
    const viewer = viewerOf(request);
    const { do: action, draft, _csrf, checked, ...typed } = request.body;
    const input: ChangeInput = { ...BLANK, ...typed, checked: checked !== undefined };
    const form = async (refusal?: Refusal) => {
      const page = await read(viewer, (tx) => formPage(tx, deps, input, draft));
      return reply.page(`${VIEWS}/new.njk`, { ...page, refusal });
    };
    if (action === 'look') return form();
    return orFormAgain(
      reply,
      async () => {
        const which = action as 'save' | 'ask' | 'restrict' | 'close-now';
        const reference = await submitChange(deps, viewer, input, which, draft || undefined);
        return done(reply, `/filtering/changes/${reference}`, DONE_WORDS[which]);
      },
      form,
    );
  });

  const Asked = Type.Object({ month: Text(7) }, closed);
  const OVERSIGHT = { access: { duties: [...OVERSEERS] } };
  app.get(
    '/filtering/changes/report',
    { config: OVERSIGHT, schema: { querystring: Asked } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const page = await read(viewer, (tx) => monthReport(tx, viewer, deps.clock.now(), request.query.month));
      return reply.page(`${VIEWS}/report.njk`, page);
    },
  );
  app.get(
    '/filtering/changes/report.csv',
    { config: OVERSIGHT, schema: { querystring: Asked } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const report = await read(viewer, (tx) => monthReport(tx, viewer, deps.clock.now(), request.query.month));
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="site-changes-${report.month.name}.csv"`)
        .send(csvOf(report));
    },
  );

  const page = async (reply: FastifyReply, viewer: Viewer, reference: string, more: object = {}) =>
    reply.page(`${VIEWS}/change.njk`, {
      ...(await read(viewer, (tx) => changePage(tx, deps, viewer, reference))),
      ...more,
    });

  app.get('/filtering/changes/:reference', { config: READERS, schema: { params: One } }, (request, reply) =>
    page(reply, viewerOf(request), request.params.reference),
  );

  app.post(
    '/filtering/changes/:reference/decide',
    { config: READERS, schema: { params: One, body: Decision } },
    (request, reply) => {
      const viewer = viewerOf(request);
      const { reference } = request.params;
      const body = request.body as Record<string, string | undefined>;
      return orFormAgain(
        reply,
        async () => {
          const { sites } = await read(viewer, (tx) => changePage(tx, deps, viewer, reference));
          const with_ = (d: string) =>
            sites.flatMap((s, i) => (body[`d${i}`] === d ? [[s.host, body[`r${i}`] ?? '']] : []));
          const decision = {
            // Without sites there is one answer to the whole.
            approved:
              sites.length === 0 && body.whole === 'approve' ? ['whole'] : with_('approve').map(([host]) => host ?? ''),
            refused: Object.fromEntries(with_('refuse')) as Record<string, string>,
            reason: body.reason ?? '',
          };
          const action = await decideChange(deps, viewer, reference, decision);
          return done(reply, `/filtering/changes/${reference}`, DONE_WORDS[action]);
        },
        (refusal) => page(reply, viewer, reference, { refusal, typed: body }),
      );
    },
  );

  for (const action of ACTIONS) {
    app.post(
      `/filtering/changes/:reference/${action}`,
      { config: READERS, schema: { params: One, body: Act } },
      (request, reply) => {
        const viewer = viewerOf(request);
        const { reference } = request.params;
        const { reason = '' } = request.body;
        return orFormAgain(
          reply,
          async () => {
            await actOnChange(deps, viewer, reference, action, reason);
            return done(reply, `/filtering/changes/${reference}`, DONE_WORDS[action]);
          },
          (refusal) => page(reply, viewer, reference, { refusal, typed: { reason } }),
        );
      },
    );
  }

  app.post(
    '/filtering/changes/:reference/check',
    { config: STAFF, schema: { params: One, body: Type.Object(csrf, closed) } },
    async (request, reply) => {
      await checkSites(deps, viewerOf(request), request.params.reference);
      return done(
        reply,
        `/filtering/changes/${request.params.reference}`,
        'Kept: you looked at each of these sites today.',
      );
    },
  );

  siteReportRoutes(app, deps);
}

const BLANK = {
  kind: 'open',
  sites: '',
  scope: '',
  people: '',
  topic: '',
  purpose: '',
  from: '',
  until: '',
  question: '',
};

/** FIL-18: "this should be closed", and what became of it. */
function siteReportRoutes(app: WebApp, deps: Deps): void {
  const page = async (reply: FastifyReply, viewer: Viewer, q: string | undefined, more: object) => {
    const data = await deps.db.in(contextOf(viewer), async (tx) => ({
      ...(await reportsPage(tx, viewer, q)),
      groups: (await pupilGroups(tx)).groups,
    }));
    return reply.page(`${VIEWS}/site-reports.njk`, { ...data, ...more });
  };

  app.get(
    '/filtering/reports',
    {
      config: STAFF,
      schema: { querystring: Type.Object({ q: Text(100), site: Text(2000), class: Text(120) }, closed) },
    },
    (request, reply) => {
      const { q, site, class: group } = request.query;
      return page(reply, viewerOf(request), q, { values: { site, group } });
    },
  );

  const Report = Type.Object(
    { ...csrf, site: Type.String({ maxLength: 2000 }), group: Text(120), note: Text(2000) },
    closed,
  );
  app.post('/filtering/reports', { config: STAFF, schema: { body: Report } }, (request, reply) => {
    const viewer = viewerOf(request);
    const { site, group = '', note = '' } = request.body;
    return orFormAgain(
      reply,
      async () => {
        await reportSite(deps, viewer, { site, group, note });
        return done(
          reply,
          '/filtering/reports',
          'Thank you. Whoever looks after the filter has it, and you hear what they decide.',
        );
      },
      (refusal) => page(reply, viewer, '', { values: request.body, refusal }),
    );
  });

  const Decide = Type.Object(
    { ...csrf, decision: Type.Union([Type.Literal('block'), Type.Literal('leave')]), answer: Text(2000) },
    closed,
  );
  app.post(
    '/filtering/reports/:id/decide',
    {
      config: { access: { duties: [...TECHNICAL] } },
      schema: { params: Type.Object({ id: Type.String({ format: 'uuid' }) }, closed), body: Decide },
    },
    (request, reply) => {
      const viewer = viewerOf(request);
      const { id } = request.params;
      const { decision, answer = '' } = request.body;
      return orFormAgain(
        reply,
        async () => {
          await decideReport(deps, viewer, id, { decision, answer });
          return done(reply, '/filtering/reports', 'Decided, and told to whoever reported it.');
        },
        (refusal) => page(reply, viewer, '', { values: {}, refusal, answered: { id, answer } }),
      );
    },
  );
}
