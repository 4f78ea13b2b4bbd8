import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { renderApart, renderBlock } from '#platform/documents/index.ts';
import { statusOf } from '#platform/http.ts';
import { contextOf, done, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { howPage } from './how.ts';
import type { SearchAction, SearchState, Typed } from './search.facts.ts';
import { formOf, STEP_FORMS, type StepForm } from './search.forms.ts';
import type { SearchLinks } from './search.links.ts';
import {
  afterStep,
  newPage,
  printPage,
  receiptPage,
  searchesPage,
  searchPage,
  stepPage,
  type Tried,
} from './search.pages.ts';
import { type Step, startSearch, takeStep } from './search.service.ts';
import { keepDraft } from './search.store.ts';
import { searchWorkflow } from './search.workflow.ts';

const VIEWS = 'capabilities/incidents/device-search/views';
/** Which search somebody may see is decided row by row; these are the duties that could have any. */
const READERS = { access: { duties: ['staff'] } };
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const csrf = { _csrf: Text(200) };
const One = Type.Object({ reference: Type.String({ pattern: '^D-[A-HJ-NP-Z2-9]{6}$' }) }, closed);

/** A step's form holds its own fields, what to do with them, and nothing else: there is no way for a file to come in. */
const bodyOf = (form: StepForm) =>
  Type.Object(
    {
      ...csrf,
      do: Type.Optional(Type.Union([Type.Literal('save'), Type.Literal('keep'), Type.Literal('find')])),
      find: Text(120),
      ...(form.action === 'start' && { case: Text(40) }),
      ...Object.fromEntries(form.fields.map((f) => [f.name, Text(f.kind === 'text' ? 5000 : 300)])),
    },
    form.fields.some((f) => f.kind === 'editions')
      ? { ...closed, patternProperties: { '^edition-[a-z0-9-]{1,60}$': { type: 'string', maxLength: 80 } } }
      : closed,
  );

export function searchRoutes(app: WebApp, deps: Deps, links: SearchLinks): void {
  const Asked = Type.Object(
    {
      q: Text(100),
      state: Type.Optional(Type.Union(['', 'open', ...searchWorkflow.states].map((s) => Type.Literal(s)))),
    },
    closed,
  );
  app.get('/device-searches', { config: READERS, schema: { querystring: Asked } }, async (request, reply) => {
    const { q, state } = request.query;
    const asked = { q, state: (state || undefined) as SearchState | 'open' | undefined };
    return reply.page(`${VIEWS}/list.njk`, await searchesPage(deps, viewerOf(request), asked));
  });
  app.get('/device-searches/how', { config: READERS }, async (request, reply) =>
    reply.page(`${VIEWS}/how.njk`, await howPage(deps, viewerOf(request))),
  );

  const From = Type.Object({ case: Text(40) }, closed);
  app.get('/device-searches/new', { config: READERS, schema: { querystring: From } }, async (request, reply) =>
    reply.page(`${VIEWS}/new.njk`, await newPage(deps, viewerOf(request), { case: request.query.case })),
  );
  for (const form of STEP_FORMS) stepRoutes(app, deps, links, form);

  app.get('/device-searches/:reference', { config: READERS, schema: { params: One } }, async (request, reply) =>
    reply.page(`${VIEWS}/search.njk`, await searchPage(deps, viewerOf(request), request.params.reference)),
  );
  app.get('/device-searches/:reference/print', { config: READERS, schema: { params: One } }, async (request, reply) =>
    reply.page(`${VIEWS}/print.njk`, await printPage(deps, viewerOf(request), request.params.reference)),
  );
  app.get(
    '/device-searches/:reference/receipt',
    { config: READERS, schema: { params: One } },
    async (request, reply) => {
      const { reference } = request.params;
      const receipt = await receiptPage(deps, viewerOf(request), reference);
      return reply.page(`${VIEWS}/receipt.njk`, {
        reference,
        title: receipt.title,
        html: receipt.blocks.map(renderBlock).join(''),
      });
    },
  );
  app.get(
    '/device-searches/:reference/receipt.pdf',
    { config: READERS, schema: { params: One } },
    async (request, reply) => {
      const receipt = await receiptPage(deps, viewerOf(request), request.params.reference);
      return reply
        .type('application/pdf')
        .header('content-disposition', `attachment; filename="receipt-${request.params.reference}.pdf"`)
        .send(await renderApart('pdf', receipt, new Date(deps.clock.now())));
    },
  );

  const Suspect = Type.Object(csrf, closed);
  app.post(
    '/device-searches/:reference/suspect',
    { config: READERS, schema: { params: One, body: Suspect } },
    async (request, reply) => {
      const { reference } = request.params;
      await takeStep(deps, links, viewerOf(request), reference, 'suspect', {});
      return done(
        reply,
        `/device-searches/${reference}`,
        'Locked for everybody. The safeguarding lead is alerted. Nobody looks.',
      );
    },
  );
}

/** A step's screen and what it sends. The first step has no search yet, and its own address. */
function stepRoutes(app: WebApp, deps: Deps, links: SearchLinks, form: StepForm): void {
  const { action } = form;
  const body = bodyOf(form);
  if (action === 'start') {
    app.post('/device-searches/new', { config: READERS, schema: { body } }, (request, reply) =>
      answer(deps, reply, viewerOf(request), form, undefined, request.body as Body, (typed) =>
        startSearch(deps, viewerOf(request), typed),
      ),
    );
    return;
  }
  const url = `/device-searches/:reference/${action}`;
  app.get(url, { config: READERS, schema: { params: One } }, async (request, reply) =>
    reply.page(`${VIEWS}/step.njk`, await stepPage(deps, viewerOf(request), request.params.reference, action)),
  );
  app.post(url, { config: READERS, schema: { params: One, body } }, (request, reply) => {
    const { reference } = request.params;
    return answer(deps, reply, viewerOf(request), form, reference, request.body as Body, async (typed) => {
      await takeStep(deps, links, viewerOf(request), reference, action as Step, typed);
      return reference;
    });
  });
}

type Body = Typed & { readonly do?: 'save' | 'keep' | 'find'; readonly find?: string };

/** Save, keep for later or look somebody up. Whatever is not saved is kept as it was typed. */
async function answer(
  deps: Deps,
  reply: FastifyReply,
  viewer: Viewer,
  form: StepForm,
  reference: string | undefined,
  { do: what = 'save', find, _csrf, ...typed }: Body,
  save: (typed: Typed) => Promise<string>,
): Promise<FastifyReply> {
  const page = async (tried: Tried) =>
    reference === undefined
      ? reply.page(`${VIEWS}/new.njk`, await newPage(deps, viewer, tried))
      : reply.page(`${VIEWS}/step.njk`, await stepPage(deps, viewer, reference, form.action, tried));
  // The key that sends a form saves; with a name typed and nobody chosen, it looks for the name.
  const seeks = form.fields.some((f) => f.kind === 'find' && !typed[f.name]) && Boolean(find?.trim());
  if (what === 'find' || (what === 'save' && seeks)) return page({ typed, find: find ?? '' });
  if (what === 'keep') {
    // The page refuses whoever may not take the step, so that nothing is kept for a step that is not theirs.
    if (reference !== undefined) await stepPage(deps, viewer, reference, form.action);
    else await newPage(deps, viewer);
    await keep(deps, viewer, reference, form.action, typed);
    return done(
      reply,
      reference ? `/device-searches/${reference}` : '/device-searches',
      'What you typed is kept. Only you can see it.',
    );
  }
  try {
    const saved = await save(typed);
    return done(reply, await afterStep(deps, viewer, saved, form.action), formOf(form.action)?.done);
  } catch (e) {
    if (!(e instanceof Refusal) || e.kind !== 'invalid') throw e;
    await keep(deps, viewer, reference, form.action, typed);
    reply.status(statusOf(e));
    return page({ typed, find: find ?? '', refusal: e });
  }
}

const keep = (deps: Deps, viewer: Viewer, reference: string | undefined, action: SearchAction, typed: Typed) =>
  deps.db.in(contextOf(viewer), (tx) =>
    keepDraft(tx, {
      person: viewer.person.id,
      school: viewer.school.id,
      about: reference ?? 'new',
      action,
      typed,
      at: new Date(deps.clock.now()),
    }),
  );
