import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { invalid, notFound, type Refusal } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Deps } from '#platform/deps.ts';
import { PERSON_KINDS, type PersonKind } from '#policy/types.ts';
import { checkCsrf, orFormAgain, viewerOf, type WebApp } from '#web/index.ts';
import { MAX_BYTES, tooLarge, writeCsv } from './import.rules.ts';
import { confirmImport, planOf, previewImport } from './import.service.ts';
import { KIND_NAMES } from './people.rules.ts';

const WRITE = { access: { duties: ['administrator', 'ict-manager'] } };
const VIEWS = 'capabilities/identity/views';
const KINDS = PERSON_KINDS.map((k) => ({ value: k, text: KIND_NAMES[k] }));
/** Lines of each part that the preview shows; the counts are of all. */
const SHOWN = 50;

const EXAMPLE = [
  ['username', 'name', 'kind', 'year', 'form', 'email', 'classes'],
  ['m.example', 'Mina Example', 'pupil', '8', '8B', '', ''],
  ['j.sample', 'Jo Sample', 'staff', '', '', 'j.sample@school.example', '8B; 9A'],
];

export function importRoutes(app: WebApp, deps: Deps): void {
  const form = (reply: FastifyReply, refusal?: Refusal) =>
    reply.page(`${VIEWS}/import.njk`, { kinds: KINDS, example: EXAMPLE, refusal });

  app.get('/people/import', { config: WRITE }, (_request, reply) => form(reply));

  app.get('/people/import/example.csv', { config: WRITE }, (_request, reply) =>
    reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', 'attachment; filename="people-example.csv"')
      .send(writeCsv(EXAMPLE)),
  );

  app.post('/people/import', { config: { ...WRITE, takesFiles: true } }, (request, reply) =>
    orFormAgain(
      reply,
      async () => {
        const { file, kind } = await readUpload(request);
        const id = await previewImport(deps, viewerOf(request), file, kind);
        return reply.redirect(`/people/import/${id}`, 303);
      },
      (refusal) => form(reply, refusal),
    ),
  );

  app.get(
    '/people/import/:id',
    { config: WRITE, schema: { params: Type.Object({ id: Type.String() }) } },
    async (request, reply) => {
      const { id } = request.params;
      if (!isUuid(id)) throw notFound('that file');
      const plan = await planOf(deps, viewerOf(request), id);
      return reply.page(`${VIEWS}/import-preview.njk`, {
        id,
        counts: { create: plan.create.length, update: plan.update.length, same: plan.same, faults: plan.faults.length },
        create: plan.create.slice(0, SHOWN),
        update: plan.update.slice(0, SHOWN),
        faults: plan.faults.slice(0, SHOWN),
        shown: SHOWN,
        kindNames: KIND_NAMES,
      });
    },
  );

  app.post(
    '/people/import/:id',
    {
      config: WRITE,
      schema: {
        params: Type.Object({ id: Type.String() }),
        body: Type.Object(
          { _csrf: Type.Optional(Type.String()), update: Type.Optional(Type.Literal('yes')) },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!isUuid(id)) throw notFound('that file');
      const result = await confirmImport(deps, viewerOf(request), id, request.body.update === 'yes');
      const csv = writeCsv([
        ['username', 'name', 'form', 'first password'],
        ...result.created.map((c) => [c.username, c.displayName, c.groupName, c.firstPassword]),
      ]);
      // The file travels inside this one answer, so that first passwords are kept nowhere (IDA-03).
      return reply.page(`${VIEWS}/import-done.njk`, {
        created: result.created.length,
        updated: result.updated,
        file: `data:text/csv;charset=utf-8;base64,${Buffer.from(csv).toString('base64')}`,
      });
    },
  );
}

/** The file, or what was pasted in its place. */
async function readUpload(request: FastifyRequest): Promise<{ file: Buffer; kind: PersonKind }> {
  const fields = new Map<string, string>();
  let file: Buffer = Buffer.alloc(0);
  if (!request.isMultipart())
    throw invalid('import.form', 'Choose a file or paste its lines.', { file: 'Choose a file' });
  try {
    for await (const part of request.parts({ limits: { fileSize: MAX_BYTES, fieldSize: MAX_BYTES } })) {
      if (part.type === 'file') file = await part.toBuffer();
      else fields.set(part.fieldname, String(part.value));
    }
  } catch (e) {
    throw e instanceof Error && 'statusCode' in e && e.statusCode === 413 ? tooLarge() : e;
  }
  checkCsrf(request, fields.get('_csrf'));
  if (file.length === 0) file = Buffer.from(fields.get('text') ?? '');
  if (file.toString('latin1').trim() === '') {
    throw invalid('import.form', 'Choose a file or paste its lines.', { file: 'Choose a file' });
  }
  return { file, kind: PERSON_KINDS.find((k) => k === fields.get('kind')) ?? 'pupil' };
}
