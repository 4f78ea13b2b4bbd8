import { Type } from 'typebox';
import { forbidden, notFound } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { type DocumentModel, FORMATS, type Format, find, renderApart, renderBlock } from '#platform/documents/index.ts';
import { type School, schools } from '#platform/school.ts';
import { publicSchool } from '#rooms/policies/index.ts';
import { type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { OVERSIGHT, seesEvidence } from '../living-policy/living-policy.pages.ts';
import type { MapSearch } from './combos.ts';
import { coverageDocument } from './coverage.document.ts';
import { readCoverage } from './facts.ts';
import { parentsDocument } from './parents.document.ts';

const VIEWS = 'capabilities/governance/coverage/views';
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const PUBLIC = { access: 'public' } as const;
const OVERSEERS = { access: { duties: OVERSIGHT } };

const isFormat = (text: string | undefined): text is Format => text !== undefined && Object.hasOwn(FORMATS, text);

/** What is filtered, monitored and neither: the map for those who answer for it, and the page for parents (PAR-07). */
export function coverageRoutes(app: WebApp, deps: Deps): void {
  const overseer = (viewer: Viewer): Viewer => {
    if (!seesEvidence(viewer, viewer.school.id)) {
      throw forbidden('coverage', 'This page is for governors and for staff with a part in online safety.');
    }
    return viewer;
  };

  app.get(
    '/coverage',
    {
      config: OVERSEERS,
      schema: {
        querystring: Type.Object({ q: Text(100), device: Text(60), place: Text(60), profile: Text(60) }, closed),
      },
    },
    async (request, reply) => {
      const viewer = overseer(viewerOf(request));
      const { q = '', device = '', place = '', profile = '' } = request.query;
      const facts = await readCoverage(deps, viewer.school);
      const search: MapSearch = { device, place, profile };
      const document = coverageDocument(facts, search);
      const choices = (all: readonly { id: string; name: string }[] = []) =>
        all.map(({ id, name }) => ({ value: id, text: name }));
      return reply.page(`${VIEWS}/coverage.njk`, {
        asked: { q, ...search },
        filtered: q !== '' || device !== '' || place !== '' || profile !== '',
        ...bodyOf(document, q),
        devices: choices(facts.policy?.document.devices),
        places: choices(facts.places),
        profiles: choices(facts.policy?.compiled.profiles),
      });
    },
  );

  app.get(
    '/coverage/:name',
    { config: OVERSEERS, schema: { params: Type.Object({ name: Type.String({ maxLength: 30 }) }) } },
    async (request, reply) => {
      const viewer = overseer(viewerOf(request));
      const [name, format] = request.params.name.split('.', 2);
      if (name !== 'statement' || !isFormat(format)) throw notFound('this page');
      const facts = await readCoverage(deps, viewer.school);
      const file = await renderApart(format, coverageDocument(facts), new Date(facts.at));
      return reply
        .type(FORMATS[format])
        .header('content-disposition', `attachment; filename="coverage-${viewer.school.slug}.${format}"`)
        .send(file);
    },
  );

  const parentsPage = async (school: School, q: string) => {
    const facts = await readCoverage(deps, school);
    return { school, q, ...bodyOf(parentsDocument(facts), q) };
  };

  app.get(
    '/for-parents',
    { config: PUBLIC, schema: { querystring: Type.Object({ school: Text(40), q: Text(100) }, closed) } },
    async ({ viewer, query }, reply) => {
      const school = await publicSchool(deps.db, viewer, query.school);
      if (!school) return reply.page(`${VIEWS}/schools.njk`, { schools: await schools(deps.db) });
      return reply.page(`${VIEWS}/for-parents.njk`, await parentsPage(school, query.q ?? ''));
    },
  );

  /** A school's own address for it, and with an ending the same as a file. */
  app.get(
    '/for-parents/:name',
    {
      config: PUBLIC,
      schema: {
        params: Type.Object({ name: Type.String({ maxLength: 50 }) }),
        querystring: Type.Object({ q: Text(100) }, closed),
      },
    },
    async ({ params, query }, reply) => {
      const [slug = '', format] = params.name.split('.', 2);
      const school = (await schools(deps.db)).find((s) => s.slug === slug);
      if (!school || (format !== undefined && !isFormat(format))) throw notFound('this school’s page for parents');
      if (format === undefined) return reply.page(`${VIEWS}/for-parents.njk`, await parentsPage(school, query.q ?? ''));
      return reply
        .type(FORMATS[format])
        .header('content-disposition', `attachment; filename="for-parents-${slug}.${format}"`)
        .send(await parentsFile(deps, school, format));
    },
  );
}

/** The document's parts that the search finds, as HTML; its first heading is the page's own. */
function bodyOf(document: DocumentModel, q: string) {
  const found = find(document, q);
  const body = found.blocks.filter((b) => b.kind !== 'heading' || b.level > 1);
  return { title: document.title, html: body.map(renderBlock), any: body.length > 0 };
}

/** Anybody may ask for it, and it is a second of work: a file serves for a minute. */
const FRESH = 60_000;
const made = new Map<string, { readonly at: number; readonly file: Promise<Buffer> }>();

async function parentsFile(deps: Deps, school: School, format: Format): Promise<Buffer> {
  const key = `${school.id} ${format}`;
  const now = deps.clock.now();
  const kept = made.get(key);
  if (kept && now >= kept.at && now - kept.at < FRESH) return kept.file;
  const facts = await readCoverage(deps, school);
  const file = renderApart(format, parentsDocument(facts), new Date(facts.at));
  made.set(key, { at: now, file });
  file.catch(() => made.delete(key));
  return file;
}
