import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { invalid, type Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { ESCALATION_ROLES, type RoleId } from '#policy/types.ts';
import { checkCsrf, contextOf, done, orFormAgain, viewerOf, type WebApp } from '#web/index.ts';
import { type Asker, enter } from './enter.ts';
import { itemPage, keepingPage, listPage, orderPage } from './evidence.pages.ts';
import { KIND_WORDS } from './evidence.words.ts';
import { exportCase } from './export.service.ts';
import { escrowOf, mayAttach, openFile, takeFile } from './files.service.ts';
import { MAX_FILE } from './files.ts';
import type { CaseSide } from './gate.ts';
import { answer, endHold, placeHold, propose } from './orders.service.ts';
import { sealEvidence } from './seal.service.ts';
import { addCustody, signedCopy, takeThing } from './things.service.ts';

const VIEWS = 'capabilities/incidents/evidence/views';
/** Who could have a part in any case; which of them in this one, the case's gate says. */
const DUTIES: readonly RoleId[] = ['staff', ...ESCALATION_ROLES];
const CONFIG = { access: { duties: DUTIES } };

const csrf = { _csrf: Type.Optional(Type.String()) };
const id = Type.String({ pattern: '^[A-Za-z0-9-]{1,40}$' });
const line = Type.Optional(Type.String({ maxLength: 500 }));
const words = Type.Optional(Type.String({ maxLength: 4000 }));
const many = Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 500 })]));
const form = <P extends Record<string, Parameters<typeof Type.Object>[0][string]>>(fields: P) =>
  Type.Object({ ...csrf, ...fields }, { additionalProperties: false });
const literals = <T extends string>(...of: T[]) => Type.Union(of.map((l) => Type.Literal(l)));
const ofCase = Type.Object({ id });
const ofItem = Type.Object({ id, item: id });
const custodyFields = { at: line, from: line, to: line, place: line, seal: line, forceReference: line, note: words };
type CustodyFields = Partial<Record<keyof typeof custodyFields, string>>;

export function evidenceRoutes(app: WebApp, deps: Deps, side: CaseSide): void {
  const askerOf = async (request: FastifyRequest): Promise<Asker> => ({
    viewer: viewerOf(request),
    device: await side.device(request),
  });
  const home = (which: string) => `/cases/${which}/evidence`;

  const search = Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })) }, { additionalProperties: false });
  app.get(
    '/cases/:id/evidence',
    { config: CONFIG, schema: { params: ofCase, querystring: search } },
    async (request, reply) =>
      reply.page(
        `${VIEWS}/list.njk`,
        await listPage(deps, side, await askerOf(request), request.params.id, request.query.q ?? ''),
      ),
  );

  // EVI-03: the question comes before there is anything to attach a file to.
  app.get('/cases/:id/evidence/new', { config: CONFIG, schema: { params: ofCase } }, async (request, reply) => {
    const ref = await mayAttach(deps, side, await askerOf(request), request.params.id);
    escrowOf(deps);
    return reply.page(`${VIEWS}/ask.njk`, { ref });
  });

  const Answered = form({ mayShowChild: Type.Optional(literals('no', 'yes', 'unsure')) });
  app.post(
    '/cases/:id/evidence/new',
    { config: CONFIG, schema: { params: ofCase, body: Answered } },
    async (request, reply) => {
      const asker = await askerOf(request);
      const { mayShowChild } = request.body;
      if (mayShowChild === 'yes' || mayShowChild === 'unsure') {
        const ref = await deps.db.in(contextOf(asker.viewer), async (tx) => {
          const entered = await enter(tx, side, asker, request.params.id, 'list');
          await side.suspect(tx, asker.viewer, entered.id);
          await sealEvidence(deps, tx, entered.id);
          return entered;
        });
        return reply.page(`${VIEWS}/guidance.njk`, { ref });
      }
      const ref = await mayAttach(deps, side, asker, request.params.id);
      if (mayShowChild === 'no') return reply.page(`${VIEWS}/attach.njk`, { ref, typed: {} });
      const refusal = invalid('evidence.unanswered', 'There is something to put right', {
        mayShowChild: 'Choose an answer.',
      });
      return reply.status(400).page(`${VIEWS}/ask.njk`, { ref, refusal });
    },
  );

  app.post(
    '/cases/:id/evidence/files',
    { config: { ...CONFIG, takesFiles: true }, schema: { params: ofCase } },
    async (request, reply) => {
      const asker = await askerOf(request);
      const which = request.params.id;
      // Asked before anything of the form is read.
      const ref = await mayAttach(deps, side, asker, which);
      let typed = {};
      return orFormAgain(
        reply,
        async () => {
          const upload = await readUpload(request);
          typed = { description: upload.description };
          const { number } = await takeFile(deps, side, asker, which, upload);
          return done(reply, `${home(ref.reference)}/items/E${number}`, `The file is kept as E${number}.`);
        },
        (refusal) =>
          refusal.kind === 'invalid'
            ? reply.page(`${VIEWS}/attach.njk`, { ref, refusal, typed })
            : Promise.reject(refusal),
      );
    },
  );

  const thingPage = async (
    request: FastifyRequest,
    reply: FastifyReply,
    which: string,
    more: { refusal?: Refusal; typed?: object },
  ) => {
    const ref = await deps.db.in(contextOf(viewerOf(request)), async (tx) =>
      enter(tx, side, await askerOf(request), which, 'custody'),
    );
    const kinds = (['device', 'paper', 'other'] as const).map((value) => ({ value, text: KIND_WORDS[value] }));
    return reply.page(`${VIEWS}/thing.njk`, { ref, kinds, typed: {}, ...more });
  };
  app.get('/cases/:id/evidence/things', { config: CONFIG, schema: { params: ofCase } }, (request, reply) =>
    thingPage(request, reply, request.params.id, {}),
  );
  const Thing = form({ kind: literals('device', 'paper', 'other'), description: line, serial: line, ...custodyFields });
  app.post(
    '/cases/:id/evidence/things',
    { config: CONFIG, schema: { params: ofCase, body: Thing } },
    (request, reply) =>
      orFormAgain(
        reply,
        async () => {
          const { body } = request;
          const custody = { act: 'taken' as const, ...custodyOfForm(body, viewerOf(request).school.timeZone) };
          const thing = { kind: body.kind, description: body.description ?? '', serial: body.serial ?? '', custody };
          const { number } = await takeThing(deps, side, await askerOf(request), request.params.id, thing);
          return done(reply, `${home(request.params.id)}/items/E${number}`, `It is recorded as E${number}.`);
        },
        (refusal) => thingPage(request, reply, request.params.id, { refusal, typed: request.body }),
      ),
  );

  const showItem = async (
    request: FastifyRequest<{ Params: { id: string; item: string } }>,
    reply: FastifyReply,
    more: object = {},
  ) =>
    reply.page(`${VIEWS}/item.njk`, {
      ...(await itemPage(deps, side, await askerOf(request), request.params.id, request.params.item)),
      typed: {},
      ...more,
    });
  app.get('/cases/:id/evidence/items/:item', { config: CONFIG, schema: { params: ofItem } }, (request, reply) =>
    showItem(request, reply),
  );
  app.get(
    '/cases/:id/evidence/items/:item/sheet',
    { config: CONFIG, schema: { params: ofItem } },
    async (request, reply) =>
      reply.page(
        `${VIEWS}/sheet.njk`,
        await itemPage(deps, side, await askerOf(request), request.params.id, request.params.item),
      ),
  );

  // A command and not a link, so that nothing fetches it ahead, keeps it or leads back to it.
  app.post(
    '/cases/:id/evidence/items/:item/open',
    { config: CONFIG, schema: { params: ofItem, body: form({ reason: words }) } },
    (request, reply) =>
      orFormAgain(
        reply,
        async () => {
          const { id: which, item } = request.params;
          const file = await openFile(deps, side, await askerOf(request), which, item, request.body.reason ?? '');
          const content = await begun(file.content);
          return download(reply, file.name)
            .header('content-length', file.size)
            .header('repr-digest', `sha-256=:${file.sha256.toString('base64')}:`)
            .send(Readable.from(content));
        },
        (refusal) =>
          refusal.kind === 'invalid'
            ? showItem(request, reply, { refusal, tried: 'open', typed: request.body })
            : Promise.reject(refusal),
      ),
  );

  const Custody = form({
    act: literals('placed', 'sealed', 'opened', 'handed-over', 'returned', 'to-police'),
    ...custodyFields,
  });
  app.post(
    '/cases/:id/evidence/items/:item/custody',
    { config: CONFIG, schema: { params: ofItem, body: Custody } },
    (request, reply) =>
      orFormAgain(
        reply,
        async () => {
          const { id: which, item } = request.params;
          const event = { act: request.body.act, ...custodyOfForm(request.body, viewerOf(request).school.timeZone) };
          await addCustody(deps, side, await askerOf(request), which, item, event);
          return done(reply, `${home(which)}/items/${item}`, 'It is recorded in the chain of custody.');
        },
        (refusal) => showItem(request, reply, { refusal, tried: 'custody', typed: request.body }),
      ),
  );
  app.post(
    '/cases/:id/evidence/items/:item/signed',
    { config: CONFIG, schema: { params: ofItem, body: form({ heldAt: line }) } },
    (request, reply) =>
      orFormAgain(
        reply,
        async () => {
          const { id: which, item } = request.params;
          await signedCopy(deps, side, await askerOf(request), which, item, request.body.heldAt ?? '');
          return done(reply, `${home(which)}/items/${item}`, 'It is recorded where the signed copy is.');
        },
        (refusal) => showItem(request, reply, { refusal, tried: 'signed', typed: request.body }),
      ),
  );

  const showKeeping = async (
    request: FastifyRequest<{ Params: { id: string } }>,
    reply: FastifyReply,
    more: object = {},
  ) =>
    reply.page(`${VIEWS}/keeping.njk`, {
      ...(await keepingPage(deps, side, await askerOf(request), request.params.id)),
      typed: {},
      ...more,
    });
  app.get('/cases/:id/evidence/keeping', { config: CONFIG, schema: { params: ofCase } }, (request, reply) =>
    showKeeping(request, reply),
  );

  const keeping = (
    request: FastifyRequest<{ Params: { id: string } }>,
    reply: FastifyReply,
    tried: string,
    command: (asker: Asker) => Promise<FastifyReply>,
  ) =>
    orFormAgain(
      reply,
      async () => command(await askerOf(request)),
      (refusal) => showKeeping(request, reply, { refusal, tried, typed: request.body }),
    );

  const HoldForm = form({ kind: literals('police', 'appeal', 'other'), item: line, reason: words });
  app.post(
    '/cases/:id/evidence/holds',
    { config: CONFIG, schema: { params: ofCase, body: HoldForm } },
    (request, reply) =>
      keeping(request, reply, 'hold', async (asker) => {
        const { kind, item, reason = '' } = request.body;
        await placeHold(deps, side, asker, request.params.id, { kind, item: item || null, reason });
        return done(reply, `${home(request.params.id)}/keeping`, 'The hold stands.');
      }),
  );
  app.post(
    '/cases/:id/evidence/holds/:hold/end',
    { config: CONFIG, schema: { params: Type.Object({ id, hold: id }), body: form({ reason: words }) } },
    (request, reply) =>
      keeping(request, reply, 'end-hold', async (asker) => {
        await endHold(deps, side, asker, request.params.id, request.params.hold, request.body.reason ?? '');
        return done(reply, `${home(request.params.id)}/keeping`, 'The hold has ended.');
      }),
  );

  const OrderForm = form({
    kind: literals('dispose', 'destroy', 'hand-over'),
    items: many,
    reason: words,
    force: line,
    forceReference: line,
    officer: line,
    instructedOn: line,
  });
  app.post(
    '/cases/:id/evidence/orders',
    { config: CONFIG, schema: { params: ofCase, body: OrderForm } },
    (request, reply) =>
      keeping(request, reply, request.body.kind, async (asker) => {
        const {
          kind,
          items,
          reason = '',
          force = '',
          forceReference = '',
          officer = '',
          instructedOn = '',
        } = request.body;
        const chosen = [items ?? []].flat();
        const order = await propose(deps, side, asker, request.params.id, {
          kind,
          items: chosen,
          reason,
          force,
          forceReference,
          officer,
          instructedOn,
        });
        return done(reply, `${home(request.params.id)}/orders/${order.id}`, 'Proposed. A second person must agree.');
      }),
  );
  const ofOrder = Type.Object({ id, order: id });
  app.get(
    '/cases/:id/evidence/orders/:order',
    { config: CONFIG, schema: { params: ofOrder } },
    async (request, reply) =>
      reply.page(
        `${VIEWS}/order.njk`,
        await orderPage(deps, side, await askerOf(request), request.params.id, request.params.order),
      ),
  );
  app.post(
    '/cases/:id/evidence/orders/:order',
    { config: CONFIG, schema: { params: ofOrder, body: form({ answer: literals('agree', 'refuse'), reason: words }) } },
    async (request, reply) => {
      const { id: which, order } = request.params;
      const agreed = request.body.answer === 'agree';
      await answer(deps, side, await askerOf(request), which, order, { agreed, reason: request.body.reason ?? '' });
      return done(reply, `${home(which)}/orders/${order}`, agreed ? 'Agreed, and done.' : 'Refused. Nothing was done.');
    },
  );

  const ExportForm = form({ reason: words, force: line, forceReference: line });
  app.post(
    '/cases/:id/evidence/export',
    { config: CONFIG, schema: { params: ofCase, body: ExportForm } },
    (request, reply) =>
      keeping(request, reply, 'export', async (asker) => {
        const { reason = '', force = '', forceReference = '' } = request.body;
        const { name, archive } = await exportCase(deps, side, asker, request.params.id, {
          reason,
          force,
          forceReference,
        });
        return download(reply, name)
          .type('application/x-tar')
          .send(Readable.from(archive, { objectMode: false }));
      }),
  );
}

/** EVI-07: saved and never shown by the browser, whatever it holds; no name of it stays in a cache. */
function download(reply: FastifyReply, name: string): FastifyReply {
  const plain = name.replaceAll(/[^A-Za-z0-9._-]+/g, '-');
  return reply
    .type('application/octet-stream')
    .header('content-disposition', `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`)
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('cache-control', 'no-store');
}

/** The same content, with its first piece read: what is wrong from the start is said on a page, not in a broken download. */
async function begun(content: AsyncGenerator<Buffer>): Promise<AsyncGenerator<Buffer>> {
  const first = await content.next();
  return (async function* () {
    if (!first.done) yield first.value;
    yield* content;
  })();
}

function custodyOfForm(body: CustodyFields, timeZone: string) {
  const { from = '', to = '', place = '', seal = '', forceReference = '', note = '' } = body;
  return { at: instantOf(body.at ?? '', timeZone), from, to, place, seal, forceReference, note };
}

/** What `<input type="datetime-local">` sends, on the school's clock. */
function instantOf(text: string, timeZone: string): Date | null {
  if (text.trim() === '') return null;
  try {
    return new Date(Temporal.PlainDateTime.from(text.trim()).toZonedDateTime(timeZone).epochMilliseconds);
  } catch {
    throw invalid('evidence.time', 'Some of this needs another look.', {
      at: 'Give day and time, such as 2026-11-02T09:30.',
    });
  }
}

/**
 * The form up to its file. Its fields stand before the file (the page has them so), so that nothing of the file is read
 * before the token and the answer are known; the file's content ends only when the whole form has arrived.
 */
async function readUpload(request: FastifyRequest) {
  if (!request.isMultipart()) throw invalid('evidence.form', 'Choose a file.', { file: 'Choose a file.' });
  const parts = request.parts({ limits: { fileSize: MAX_FILE + 1, files: 1, fields: 10, fieldSize: 4000 } });
  const fields = new Map<string, string>();
  for (;;) {
    const { value: part, done: over } = await parts.next();
    if (!over && part.type === 'field') {
      fields.set(part.fieldname, String(part.value));
      continue;
    }
    checkCsrf(request, fields.get('_csrf'));
    if (over || part.type !== 'file' || !part.filename) {
      throw invalid('evidence.form', 'There is something to put right', { file: 'Choose a file.' });
    }
    return {
      description: fields.get('description') ?? '',
      name: part.filename,
      mayShowChild: fields.get('mayShowChild') === 'no' ? ('no' as const) : undefined,
      source: whole(part.file, parts),
    };
  }
}

async function* whole(file: AsyncIterable<Buffer>, rest: AsyncIterableIterator<unknown>): AsyncGenerator<Buffer> {
  yield* file;
  while (!(await rest.next()).done);
}
