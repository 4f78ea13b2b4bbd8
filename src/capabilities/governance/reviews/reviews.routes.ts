import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { forbidden, notFound, type Refusal } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Deps } from '#platform/deps.ts';
import { FORMATS, type Format, renderApart } from '#platform/documents/index.ts';
import { done, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { OVERSIGHT, seesEvidence } from '../living-policy/living-policy.pages.ts';
import { PARTS } from './review.workflow.ts';
import { itemPage, reviewFileModel, reviewPage, reviewsPage } from './reviews.pages.ts';
import { addNote, answerItem, beginReview, signReview, writeSummary } from './reviews.service.ts';

const VIEWS = 'capabilities/governance/reviews/views';
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const Many = (maxLength: number) =>
  Type.Optional(Type.Union([Type.String({ maxLength }), Type.Array(Type.String({ maxLength }), { maxItems: 40 })]));
const READ = { access: { duties: OVERSIGHT } };
const WRITE = { access: { duties: [...PARTS.preparer, ...PARTS.lead] } };
const SIGN = { access: { duties: PARTS.lead } };
const Id = Type.Object({ id: Type.String({ maxLength: 40 }) });
const body = <T extends Parameters<typeof Type.Object>[0]>(fields: T) =>
  Type.Object({ _csrf: Text(100), ...fields }, closed);
const listOf = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());

/** The yearly review of filtering and monitoring (FIL-07, FIL-10..14). */
export function reviewsRoutes(app: WebApp, deps: Deps): void {
  /** Whoever answers for the policy, by what they are and not by a role alone. */
  const reader = (viewer: Viewer): Viewer => {
    if (!seesEvidence(viewer, viewer.school.id)) {
      throw forbidden('review', 'Reviews are for governors and for staff with a part in online safety.');
    }
    return viewer;
  };
  const known = (id: string): string => {
    if (!isUuid(id)) throw notFound('this review');
    return id;
  };

  app.get(
    '/reviews',
    { config: READ, schema: { querystring: Type.Object({ q: Text(100) }, closed) } },
    async (request, reply) =>
      reply.page(`${VIEWS}/reviews.njk`, await reviewsPage(deps, reader(viewerOf(request)), request.query.q ?? '')),
  );

  app.post('/reviews', { config: WRITE, schema: { body: body({}) } }, async (request, reply) => {
    const id = await beginReview(deps, reader(viewerOf(request)));
    return done(reply, `/reviews/${id}`, 'Begun. Go through the checklist together; everybody with a part may answer.');
  });

  const showReview = async (
    reply: FastifyReply,
    viewer: Viewer,
    id: string,
    search: { q: string; answer: string },
    again: { typed?: object; refusal?: Refusal } = {},
  ) => reply.page(`${VIEWS}/review.njk`, { ...(await reviewPage(deps, viewer, id, search)), ...again });
  const WHOLE = { q: '', answer: '' };

  app.get(
    '/reviews/:id',
    { config: READ, schema: { params: Id, querystring: Type.Object({ q: Text(100), answer: Text(10) }, closed) } },
    (request, reply) => {
      const { q = '', answer = '' } = request.query;
      return showReview(reply, reader(viewerOf(request)), known(request.params.id), { q, answer });
    },
  );

  app.get(
    '/reviews/:id/record.:format',
    { config: READ, schema: { params: Type.Object({ id: Type.String(), format: Type.String({ maxLength: 10 }) }) } },
    async (request, reply) => {
      const viewer = reader(viewerOf(request));
      const { id, format } = request.params;
      if (!Object.hasOwn(FORMATS, format)) throw notFound('this file');
      const { review, model } = await reviewFileModel(deps, viewer, known(id));
      const name = `review-${viewer.school.slug}-${review.signedOn ?? 'draft'}.${format}`;
      return reply
        .type(FORMATS[format as Format])
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(await renderApart(format as Format, model, review.signedAt ?? new Date(deps.clock.now())));
    },
  );

  const ItemParams = Type.Object({ id: Type.String({ maxLength: 40 }), item: Type.String({ maxLength: 60 }) });
  const showItem = async (reply: FastifyReply, viewer: Viewer, id: string, item: string, again: object = {}) =>
    reply.page(`${VIEWS}/item.njk`, { ...(await itemPage(deps, viewer, id, item)), ...again });

  app.get('/reviews/:id/items/:item', { config: WRITE, schema: { params: ItemParams } }, (request, reply) => {
    const { id, item } = request.params;
    return showItem(reply, reader(viewerOf(request)), known(id), item);
  });

  app.post(
    '/reviews/:id/items/:item',
    {
      config: WRITE,
      schema: {
        params: ItemParams,
        body: body({ answer: Text(10), evidence: Text(6000), action: Text(4000), owner: Text(40), due: Text(10) }),
      },
    },
    (request, reply) => {
      const viewer = reader(viewerOf(request));
      const { id, item } = request.params;
      const { answer = '', evidence = '', action = '', owner = '', due = '' } = request.body;
      const input = { answer, evidence, action, owner: isUuid(owner) ? owner : '', due };
      return orFormAgain(
        reply,
        async () => {
          await answerItem(deps, viewer, known(id), item, input);
          return done(reply, `/reviews/${id}#item-${item}`, 'The answer has been kept.');
        },
        (refusal) => showItem(reply, viewer, id, item, { values: request.body, refusal }),
      );
    },
  );

  app.post(
    '/reviews/:id',
    {
      config: WRITE,
      schema: { params: Id, body: body({ name: Many(200), part: Many(20), gaps: Text(12000), changes: Text(12000) }) },
    },
    (request, reply) => {
      const viewer = reader(viewerOf(request));
      const id = known(request.params.id);
      const { gaps = '', changes = '' } = request.body;
      const parts = listOf(request.body.part);
      const attendees = listOf(request.body.name).map((name, i) => ({ name, part: parts[i] ?? '' }));
      return orFormAgain(
        reply,
        async () => {
          await writeSummary(deps, viewer, id, { attendees, gaps, changes });
          return done(reply, `/reviews/${id}#summary`, 'Kept.');
        },
        (refusal) => showReview(reply, viewer, id, WHOLE, { typed: { attendees, gaps, changes }, refusal }),
      );
    },
  );

  app.post(
    '/reviews/:id/sign',
    { config: SIGN, schema: { params: Id, body: body({ nextOn: Text(10) }) } },
    (request, reply) => {
      const viewer = reader(viewerOf(request));
      const id = known(request.params.id);
      const { nextOn = '' } = request.body;
      return orFormAgain(
        reply,
        async () => {
          await signReview(deps, viewer, id, nextOn);
          return done(reply, `/reviews/${id}`, 'Signed. It stays as it is now; what comes later is an addendum.');
        },
        (refusal) => showReview(reply, viewer, id, WHOLE, { typed: request.body, refusal }),
      );
    },
  );

  app.post(
    '/reviews/:id/notes',
    { config: WRITE, schema: { params: Id, body: body({ note: Text(6000) }) } },
    (request, reply) => {
      const viewer = reader(viewerOf(request));
      const id = known(request.params.id);
      return orFormAgain(
        reply,
        async () => {
          await addNote(deps, viewer, id, request.body.note ?? '');
          return done(reply, `/reviews/${id}#addenda`, 'Added.');
        },
        (refusal) => showReview(reply, viewer, id, WHOLE, { typed: request.body, refusal }),
      );
    },
  );
}
