import type { FastifyRequest } from 'fastify';
import { type TProperties, Type } from 'typebox';
import { invalid, type Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { checkCsrf, done, orFormAgain, viewerOf, type WebApp } from '#web/index.ts';
import { type Cover, setCover } from './cover.service.ts';
import { POLICY_EDITORS } from './drafts.facts.ts';
import { draftPage } from './drafts.pages.ts';
import { type Base, createDraft } from './drafts.service.ts';
import { POLICY_READERS, STEPS } from './life.words.ts';
import { type StepAction, takeStep } from './steps.service.ts';
import { versionsPage } from './versions.pages.ts';

export const VIEWS = 'capabilities/policies/life/views';
export const READ = { access: { duties: POLICY_READERS } };
const WRITE = { access: { duties: POLICY_EDITORS } };
const Id = Type.Object({ id: Type.String({ maxLength: 60 }) }, { additionalProperties: false });
const typed = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
/** A form of a draft: it says which edit it was made from. */
const form = <F extends TProperties>(fields: F) =>
  Type.Object(
    { _csrf: Type.Optional(Type.String()), edit: Type.String({ pattern: '^[1-9][0-9]{0,8}$' }), ...fields },
    { additionalProperties: false },
  );
const FIELDS: Readonly<Record<StepAction, TProperties>> = {
  consult: {},
  sign: { signAs: typed(60) },
  return: { reason: typed(2000) },
  approve: { minute: typed(2000), effectiveOn: typed(10), effectiveAt: typed(5), riskAssessment: typed(40) },
  withdraw: { reason: typed(2000) },
};
const CoverForm = form({
  author: Type.String({ maxLength: 400 }),
  created: Type.String({ maxLength: 40 }),
  lastReviewed: Type.String({ maxLength: 40 }),
  nextReview: Type.String({ maxLength: 40 }),
  approvedBy: Type.String({ maxLength: 400 }),
  periodFrom: Type.String({ maxLength: 40 }),
  periodTo: Type.String({ maxLength: 40 }),
});

/** Drafts: begun by editors; what may be done with one is decided by the table alone. */
export function draftsRoutes(app: WebApp, deps: Deps): void {
  app.post('/policy/drafts', { config: { ...WRITE, takesFiles: true } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const start = await readStart(request);
    return orFormAgain(
      reply,
      async () => {
        const { id } = await createDraft(deps, viewer, { title: start.title, from: baseOf(start) });
        return done(reply, `/policy/drafts/${id}`, 'The draft is begun. Nothing changes until it is approved.');
      },
      async (refusal) =>
        reply.page(`${VIEWS}/versions.njk`, await versionsPage(deps, viewer, { q: '' }, { typed: start, refusal })),
    );
  });

  app.get('/policy/drafts/:id', { config: READ, schema: { params: Id } }, async (request, reply) =>
    reply.page(`${VIEWS}/draft.njk`, await draftPage(deps, viewerOf(request), request.params.id)),
  );

  app.post(
    '/policy/drafts/:id/cover',
    { config: WRITE, schema: { params: Id, body: CoverForm } },
    async (request, reply) => {
      const { id } = request.params;
      const { edit, _csrf, ...cover } = request.body;
      const again = (refusal: Refusal) => ({ action: 'cover' as const, typed: cover, refusal });
      return orFormAgain(
        reply,
        async () => {
          await setCover(deps, viewerOf(request), id, Number(edit), cover as Cover);
          return done(reply, `/policy/drafts/${id}`, 'The cover is saved.');
        },
        async (refusal) =>
          reply.page(`${VIEWS}/draft.njk`, await draftPage(deps, viewerOf(request), id, again(refusal))),
      );
    },
  );

  for (const action of Object.keys(STEPS) as StepAction[]) {
    app.post(
      `/policy/drafts/:id/${action}`,
      { config: READ, schema: { params: Id, body: form(FIELDS[action]) } },
      async (request, reply) => {
        const { id } = request.params as { id: string };
        const { edit, _csrf, ...given } = request.body as { edit: string; _csrf?: string } & Record<string, string>;
        return orFormAgain(
          reply,
          async () => {
            await takeStep(deps, viewerOf(request), id, { action, edit: Number(edit), ...given });
            return done(reply, `/policy/drafts/${id}`, STEPS[action].done);
          },
          async (refusal) =>
            reply.page(
              `${VIEWS}/draft.njk`,
              await draftPage(deps, viewerOf(request), id, { action, typed: given, refusal }),
            ),
        );
      },
    );
  }
}

/** What the form that begins a draft holds. */
export interface Start {
  readonly title: string;
  /** `version-3`, `shipped-tuition-centre` or `file`. */
  readonly from: string;
  readonly file: { readonly name: string; readonly bytes: Buffer } | null;
}

/** Reads a multipart form that begins a draft, and checks its token. */
export async function readStart(request: FastifyRequest): Promise<Start> {
  const fields = new Map<string, string>();
  let file: Start['file'] = null;
  if (request.isMultipart()) {
    try {
      for await (const part of request.parts()) {
        if (part.type === 'file') file = { name: part.filename, bytes: await part.toBuffer() };
        else fields.set(part.fieldname, String(part.value));
      }
    } catch (e) {
      if (!(e instanceof Error && 'statusCode' in e && e.statusCode === 413)) throw e;
      const file = 'Choose a policy of at most 4 MB.';
      throw invalid('policy.too-large', 'This file is too large to be a policy.', { file });
    }
  }
  checkCsrf(request, fields.get('_csrf'));
  return {
    title: fields.get('title') ?? '',
    from: fields.get('from') ?? '',
    file: file && file.bytes.length > 0 ? file : null,
  };
}

export function baseOf(start: Start): Base {
  const version = /^version-([1-9][0-9]{0,8})$/.exec(start.from)?.[1];
  if (version) return { version: Number(version) };
  if (start.from.startsWith('shipped-')) return { shipped: start.from.slice('shipped-'.length) };
  if (start.from === 'file' && start.file)
    return { text: start.file.bytes, file: start.file.name.slice(0, 120) || 'Your file' };
  const from = start.from === 'file' ? 'Choose the file of your policy.' : 'Choose what the draft begins from.';
  throw invalid('policy.draft.base', from, { [start.from === 'file' ? 'file' : 'from']: from });
}
