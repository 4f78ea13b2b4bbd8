import { Type } from 'typebox';
import { conflict, notFound, type Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { renderApart } from '#platform/documents/index.ts';
import { record } from '#platform/ledger.ts';
import { type RoleId, SAFEGUARDING_ROLES } from '#policy/types.ts';
import { contextOf, done, orFormAgain, viewerOf, type WebApp } from '#web/index.ts';
import { findCase } from '../cases.store.ts';
import { answerDisposal, proposeDisposal } from './disposal.service.ts';
import { FORM_CSP } from './form.html.ts';
import { certificateDocument, formsPage, REMAINS, reviewPage } from './form.pages.ts';
import { formFile, formsOf } from './form.store.ts';

export const RETENTION_NAV = {
  href: '/cases/retention',
  within: '/cases',
  text: 'Retention review',
  duties: SAFEGUARDING_ROLES,
  order: 47,
};

const VIEWS = 'capabilities/incidents/closing/views';
const closed = { additionalProperties: false };
const csrf = { _csrf: Type.Optional(Type.String()) };
const id = Type.String({ pattern: '^[A-Za-z0-9-]{1,40}$' });
const words = Type.String({ maxLength: 2000 });
const params = Type.Object({ id });
const PDF = 'application/pdf';

/** The forms of closed cases, and how cases go when their time is over (INC-20, EVI-10). */
export function closingRoutes(app: WebApp, deps: Deps, duties: readonly RoleId[]): void {
  const config = { access: { duties } };

  app.get('/cases/:id/form', { config, schema: { params } }, async (request, reply) =>
    reply.page(`${VIEWS}/forms.njk`, {
      ...(await formsPage(deps, viewerOf(request), request.params.id)),
      remains: REMAINS,
    }),
  );

  /** `1` is the page as it was fixed, `1.pdf` the file. */
  app.get(
    '/cases/:id/form/:name',
    {
      config,
      schema: {
        params: Type.Object({ id, name: Type.String({ pattern: '^(\\d{1,4}(\\.pdf)?|certificate\\.pdf)$' }) }),
      },
    },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const { id: which, name } = request.params;
      if (name === 'certificate.pdf') {
        const document = await certificateDocument(deps, viewer, which);
        return reply.type(PDF).send(await renderApart('pdf', document, new Date(deps.clock.now())));
      }
      const [number, format = 'html'] = name.split('.') as [string, 'pdf' | undefined];
      const bytes = await deps.db.in(contextOf(viewer), async (tx) => {
        const file = await findCase(tx, which);
        const form = file && (await formsOf(tx, file.id)).find((f) => f.number === Number(number));
        const kept = form && (await formFile(tx, form.id, format));
        if (!file || !form || !kept) throw notFound('this form');
        // EVI-03: nothing comes out of a case that is locked; its form can be read here.
        if (file.imagery && format === 'pdf')
          throw conflict('case.form.locked', 'This case is locked: nothing comes out of it.');
        await record(tx, {
          school: viewer.school.id,
          actor: viewer.person.id,
          action: 'case.form.read',
          object: { kind: 'case', id: file.id },
          detail: { form: form.id, format },
          at: deps.clock.now(),
        });
        return kept.bytes;
      });
      if (format === 'pdf') {
        return reply
          .type(PDF)
          .header('content-disposition', `attachment; filename="incident-form-${which}-${number}.pdf"`)
          .send(bytes);
      }
      return reply.type('text/html; charset=utf-8').header('content-security-policy', FORM_CSP).send(bytes);
    },
  );

  const again = async (request: Parameters<typeof viewerOf>[0], which: string, refusal: Refusal, typed: object) => ({
    ...(await formsPage(deps, viewerOf(request), which)),
    remains: REMAINS,
    refusal,
    typed,
  });

  app.post(
    '/cases/:id/form/dispose',
    { config, schema: { params, body: Type.Object({ ...csrf, reason: words }, closed) } },
    (request, reply) =>
      orFormAgain(
        reply,
        async () => {
          await proposeDisposal(deps, viewerOf(request), request.params.id, request.body.reason);
          return done(reply, `/cases/${request.params.id}/form`, 'It is proposed. A second person has to agree.');
        },
        async (refusal) =>
          reply.page(`${VIEWS}/forms.njk`, await again(request, request.params.id, refusal, request.body)),
      ),
  );

  app.post(
    '/cases/:id/form/disposal/:disposal',
    {
      config,
      schema: {
        params: Type.Object({ id, disposal: id }),
        body: Type.Object(
          { ...csrf, answer: Type.Union([Type.Literal('agree'), Type.Literal('refuse')]), reason: words },
          closed,
        ),
      },
    },
    (request, reply) =>
      orFormAgain(
        reply,
        async () => {
          const { answer, reason } = request.body;
          const agreed = answer === 'agree';
          await answerDisposal(deps, viewerOf(request), request.params.id, request.params.disposal, { agreed, reason });
          const said = agreed ? 'The case is disposed of. Its certificate stands here.' : 'It stays as it is.';
          return done(reply, `/cases/${request.params.id}/form`, said);
        },
        async (refusal) =>
          reply.page(`${VIEWS}/forms.njk`, await again(request, request.params.id, refusal, request.body)),
      ),
  );

  app.get(
    '/cases/retention',
    { config, schema: { querystring: Type.Object({ q: Type.Optional(Type.String({ maxLength: 120 })) }, closed) } },
    async (request, reply) =>
      reply.page(`${VIEWS}/review.njk`, await reviewPage(deps, viewerOf(request), request.query.q ?? '')),
  );
}
