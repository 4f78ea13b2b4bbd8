import { Type } from 'typebox';
import { notFound, Refusal } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { statusOf } from '#platform/http.ts';
import { record } from '#platform/ledger.ts';
import { SAFEGUARDING_ROLES } from '#policy/types.ts';
import { personById, searchPeople } from '#rooms/identity/index.ts';
import { LOOK_UP_MINUTES, lookUp, mayRead, noteRefused } from '#rooms/monitoring/index.ts';
import { contextOf, done, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { chronology, KINDS, type Kind } from './chronology.store.ts';

const VIEWS = 'capabilities/incidents/chronology/views';
/** Those who may know all of a child. */
const config = { access: { duties: SAFEGUARDING_ROLES } };
const PAGE = 100;
const PRINTED = 2000;

const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const closed = { additionalProperties: false };
const Find = Type.Object({ find: text(100), person: text(36) }, closed);
const Give = Type.Object(
  { _csrf: text(200), find: text(100), person: text(36), reason: Type.String({ maxLength: 2000 }) },
  closed,
);
const Query = Type.Object(
  { kind: Type.Optional(Type.Union(['', ...Object.keys(KINDS)].map((k) => Type.Literal(k)))), before: text(14) },
  closed,
);
type Query = Type.Static<typeof Query>;
const params = Type.Object({ person: Type.String({ maxLength: 40 }) });

/** Everything about one child in one line of time. As every look at a named person it needs a reason, which is kept (MON-11). */
export function chronologyRoutes(app: WebApp, deps: Deps): void {
  app.get('/cases/chronology', { config, schema: { querystring: Find } }, async (request, reply) =>
    reply.page(`${VIEWS}/ask.njk`, await askPage(deps, viewerOf(request), request.query)),
  );

  app.post('/cases/chronology', { config, schema: { body: Give } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const { reason, find, person } = request.body;
    try {
      const child = await deps.db.in(contextOf(viewer), (tx) => childIn(tx, person));
      await lookUp(deps, viewer, { about: child.id, reason });
      await deps.db.in(contextOf(viewer), (tx) => note(tx, deps, viewer, 'chronology.open', child.id));
      return done(
        reply,
        `/cases/chronology/${child.id}`,
        `Recorded. You can read this for ${LOOK_UP_MINUTES} minutes.`,
      );
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      const page = await askPage(deps, viewer, { find, person });
      const refusal = person
        ? e
        : { message: 'Choose whom you mean.', fields: { person: 'Choose one of the pupils.' } };
      return reply.status(person ? statusOf(e) : 400).page(`${VIEWS}/ask.njk`, { ...page, reason, refusal });
    }
  });

  app.get('/cases/chronology/:person', { config, schema: { params, querystring: Query } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const page = await readPage(deps, viewer, request.params.person, request.query, PAGE);
    return page ? reply.page(`${VIEWS}/chronology.njk`, page) : reply.redirect(askFor(request.params.person), 303);
  });

  app.get(
    '/cases/chronology/:person/print',
    { config, schema: { params, querystring: Query } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const page = await readPage(deps, viewer, request.params.person, request.query, PRINTED);
      if (!page) return reply.redirect(askFor(request.params.person), 303);
      await deps.db.in(contextOf(viewer), (tx) => note(tx, deps, viewer, 'chronology.print', page.child.id));
      return reply.page(`${VIEWS}/chronology.njk`, { ...page, printed: true });
    },
  );
}

const askFor = (person: string) => `/cases/chronology?person=${encodeURIComponent(person)}`;

const note = (tx: Tx, deps: Deps, viewer: Viewer, action: string, child: string) =>
  record(tx, {
    school: viewer.school.id,
    actor: viewer.person.id,
    action,
    object: { kind: 'person', id: child },
    detail: {},
    at: deps.clock.now(),
  });

async function childIn(tx: Tx, id: string | undefined): Promise<{ readonly id: string; readonly name: string }> {
  const person = isUuid(id) ? await personById(tx, id) : undefined;
  if (person?.kind !== 'pupil') throw notFound('that pupil');
  return { id: person.id, name: person.displayName };
}

function askPage(deps: Deps, viewer: Viewer, asked: { find?: string | undefined; person?: string | undefined }) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const find = asked.find?.trim() ?? '';
    const found = find ? await searchPeople(tx, find, { kind: 'pupil', limit: 20 }) : [];
    const chosen = asked.person && !find ? await childIn(tx, asked.person) : null;
    return {
      find,
      chosen: asked.person,
      minutes: LOOK_UP_MINUTES,
      people: [
        ...(chosen ? [{ value: chosen.id, text: chosen.name, hint: '' }] : []),
        ...found.map((p) => ({
          value: p.id,
          text: p.displayName,
          hint: [`Year ${p.yearGroup}`, p.groupName].filter(Boolean).join(', '),
        })),
      ],
    };
  });
}

/** Null, and written down, while no reason of this viewer covers the child. */
function readPage(deps: Deps, viewer: Viewer, id: string, query: Query, limit: number) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const child = await childIn(tx, id);
    if (!(await mayRead(tx, deps, viewer, child.id))) {
      await noteRefused(tx, deps, viewer, child.id, 'chronology.none');
      return null;
    }
    const kind = (query.kind || undefined) as Kind | undefined;
    const before = /^\d+$/.test(query.before ?? '') ? new Date(Number(query.before)) : undefined;
    const found = await chronology(tx, child.id, deps.clock.now(), { kind, before, limit: limit + 1 });
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const address = (more: Record<string, string>) => {
      const words = new URLSearchParams({ ...(kind && { kind }), ...more }).toString();
      return `/cases/chronology/${child.id}${words && `?${words}`}`;
    };
    return {
      child,
      items,
      kind,
      kinds: Object.entries(KINDS).map(([value, text]) => ({ value, text })),
      first: before ? address({}) : null,
      earlier: found.length > limit && last ? address({ before: String(last.at.getTime()) }) : null,
    };
  });
}
