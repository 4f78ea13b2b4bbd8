import { Type } from 'typebox';
import { conflict, notFound } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { renderApart } from '#platform/documents/index.ts';
import { names } from '#rooms/identity/index.ts';
import { contextOf, done, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import type { CaseSide } from './case-side.ts';
import { LETTER_TEMPLATES } from './letters.data.ts';
import { childrenIn, draftLetter, letterModel, openLetter, replyTo, sendLetter } from './letters.service.ts';
import { lettersTo, repliesTo } from './letters.store.ts';

const VIEWS = 'capabilities/incidents/sanctions/views';
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const Which = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9-]{1,40}$' }) }, closed);
const SIGNED_IN = { access: 'signed-in' } as const;

interface TypedLetter {
  readonly child?: string;
  readonly template?: string;
  readonly parents?: string | string[];
  readonly title?: string;
  readonly body?: string;
}

export function lettersRoutes(app: WebApp, deps: Deps, side: CaseSide, duties: readonly string[]): void {
  const config = { access: { duties } };
  const Asked = Type.Object({ child: Text(40), template: Text(40) }, closed);
  app.get('/cases/:id/letters', { config, schema: { params: Which, querystring: Asked } }, async (request, reply) =>
    reply.page(`${VIEWS}/letter-new.njk`, await letterPage(viewerOf(request), request.params.id, request.query)),
  );
  const Body = Type.Object(
    {
      _csrf: Text(200),
      child: Type.String({ maxLength: 40 }),
      template: Type.String({ maxLength: 40 }),
      parents: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 20 })])),
      title: Text(300),
      body: Text(10_000),
    },
    closed,
  );
  app.post('/cases/:id/letters', { config, schema: { params: Which, body: Body } }, (request, reply) => {
    const { child, template, parents = [], title = '', body = '' } = request.body;
    const viewer = viewerOf(request);
    const { id } = request.params;
    const letter = { child, template, parents: [parents].flat(), title, body: body.replaceAll('\r\n', '\n') };
    return orFormAgain(
      reply,
      async () => {
        const [first] = await sendLetter(deps, side, viewer, id, letter);
        return done(
          reply,
          `/letters/${first}`,
          letter.parents.length > 0 ? 'The letter has gone.' : 'The letter is on record. Print it and give it to them.',
        );
      },
      async (refusal) => reply.page(`${VIEWS}/letter-new.njk`, { ...(await letterPage(viewer, id, letter)), refusal }),
    );
  });

  app.get('/letters', { config: SIGNED_IN }, async (request, reply) => {
    const viewer = viewerOf(request);
    const letters = await deps.db.in(contextOf(viewer), (tx) => lettersTo(tx, viewer.person.id));
    return reply.page(`${VIEWS}/letters.njk`, { letters });
  });
  app.get('/letters/:id', { config: SIGNED_IN, schema: { params: Which } }, async (request, reply) =>
    reply.page(`${VIEWS}/letter.njk`, await readPage(viewerOf(request), request.params.id)),
  );
  app.get('/letters/:id/pdf', { config: SIGNED_IN, schema: { params: Which } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const letter = await openLetter(deps, viewer, request.params.id);
    return reply
      .type('application/pdf')
      .header('content-disposition', 'attachment; filename="letter.pdf"')
      .send(await renderApart('pdf', letterModel(letter, viewer.school.name), letter.sent_at));
  });
  const Answer = Type.Object({ _csrf: Text(200), text: Text(10_000) }, closed);
  app.post('/letters/:id/reply', { config: SIGNED_IN, schema: { params: Which, body: Answer } }, (request, reply) => {
    const viewer = viewerOf(request);
    const { id } = request.params;
    return orFormAgain(
      reply,
      async () => {
        await replyTo(deps, viewer, id, request.body.text ?? '');
        return done(reply, `/letters/${id}`, 'The answer is kept with the letter.');
      },
      async (refusal) => reply.page(`${VIEWS}/letter.njk`, { ...(await readPage(viewer, id)), refusal }),
    );
  });

  /** The form of a letter: which child, which template, then its words to be read and changed. */
  function letterPage(viewer: Viewer, which: string, typed: TypedLetter) {
    return deps.db.in(contextOf(viewer), async (tx) => {
      const handled = await side.handled(tx, viewer, which);
      if (!handled) throw notFound('this case');
      if (!handled.handler)
        throw conflict('letter.not-yours', 'Only those who handle this case write to parents.', 'Go back to the case.');
      const children = await childrenIn(tx, handled);
      const child = children.find((c) => c.id === typed.child) ?? (children.length === 1 ? children[0] : undefined);
      const draft =
        child && typed.template ? await draftLetter(deps, tx, viewer, handled, child.id, typed.template) : null;
      return {
        file: handled.file,
        withheld: handled.parents === 'withheld',
        templates: LETTER_TEMPLATES.map((t) => ({ value: t.id, text: t.name })),
        children: children.map((c) => ({ value: c.id, text: c.name })),
        child: child?.id,
        template: typed.template,
        parents: draft?.parents ?? [],
        chosen: typed.parents === undefined ? (draft?.parents.map((p) => p.id) ?? []) : [typed.parents].flat(),
        title: typed.title ?? draft?.title,
        body: typed.body ?? draft?.body,
      };
    });
  }

  async function readPage(viewer: Viewer, id: string) {
    const letter = await openLetter(deps, viewer, id);
    return deps.db.in(contextOf(viewer), async (tx) => {
      const replies = await repliesTo(tx, letter.id);
      const who = await names(
        tx,
        replies.map((r) => r.by_person),
      );
      const handled = await side.handled(tx, viewer, letter.case_id);
      return {
        letter,
        mine: letter.parent_id === viewer.person.id,
        reference: handled?.file.reference ?? null,
        hash: letter.sha256.toString('hex'),
        replies: replies.map((r) => ({ at: r.at, text: r.text, by: who.get(r.by_person) })),
      };
    });
  }
}
