import { Type } from 'typebox';
import { invalid, notFound } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Deps } from '#platform/deps.ts';
import { SAFEGUARDING_ROLES } from '#policy/types.ts';
import { searchPeople } from '#rooms/identity/index.ts';
import { contextOf, done, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { personPage } from './activity.pages.ts';
import { ActivityQuery, LOOK_UP_DUTIES } from './activity.routes.ts';
import { parseKey, personOfLine } from './activity.search.ts';
import { refusedForm } from './alerts.routes.ts';
import { LOOK_UP_MINUTES, lookUp, lookUps, noteRefused } from './look-up.service.ts';
import { somebody } from './words.ts';

const VIEWS = 'capabilities/monitoring/views';
const config = { access: { duties: LOOK_UP_DUTIES } };
const closed = { additionalProperties: false };
const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));

const Who = { line: text(90), person: text(36), find: text(100) };
const Ask = Type.Object(Who, closed);
const Give = Type.Object({ ...Who, _csrf: text(200), reason: Type.String({ maxLength: 2000 }) }, closed);
type Asked = Type.Static<typeof Ask>;

/** MON-11: from "someone in Year 8" to a name, by a reason. */
export function lookUpRoutes(app: WebApp, deps: Deps): void {
  app.get('/activity/look-up', { config, schema: { querystring: Ask } }, async (request, reply) =>
    reply.page(`${VIEWS}/look-up.njk`, await form(deps, viewerOf(request), request.query)),
  );

  app.post('/activity/look-up', { config, schema: { body: Give } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const { reason, ...asked } = request.body;
    const about = await meant(deps, viewer, asked);
    const refusal = about
      ? await refusedForm(() => lookUp(deps, viewer, { about, reason }))
      : invalid('look-up.person', 'Choose whom you mean.', { person: 'Choose a person.' });
    if (refusal) {
      return reply
        .status(400)
        .page(`${VIEWS}/look-up.njk`, { ...(await form(deps, viewer, asked)), reason, refusal, chosen: asked.person });
    }
    return done(reply, `/activity/person/${about}`, `Recorded. You can read this for ${LOOK_UP_MINUTES} minutes.`);
  });

  app.get(
    '/activity/person/:id',
    { config, schema: { params: Type.Object({ id: Type.String({ maxLength: 40 }) }), querystring: ActivityQuery } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const { id } = request.params;
      if (!isUuid(id)) throw notFound('that person');
      const page = await personPage(deps, viewer, id, request.query);
      if (page) return reply.page(`${VIEWS}/person.njk`, page);
      await deps.db.in(contextOf(viewer), (tx) => noteRefused(tx, deps, viewer, id, 'look-up.none'));
      return reply.redirect(`/activity/look-up?person=${id}`, 303);
    },
  );

  app.get(
    '/activity/look-ups',
    {
      config: { access: { duties: SAFEGUARDING_ROLES } },
      schema: { querystring: Type.Object({ q: text(100) }, closed) },
    },
    async (request, reply) => {
      const q = request.query.q ?? '';
      const rows = await deps.db.in(contextOf(viewerOf(request)), (tx) => lookUps(tx, { text: q, limit: 200 }));
      return reply.page(`${VIEWS}/look-ups.njk`, { q, rows });
    },
  );
}

/** The form: about one line's person, one person, or whoever is searched for. */
async function form(deps: Deps, viewer: Viewer, asked: Asked) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const about = await meantIn(tx, asked);
    const group = about
      ? await tx.selectFrom('person').select(['kind', 'year_group']).where('id', '=', about).executeTakeFirst()
      : undefined;
    if ((asked.line || asked.person) && !group) throw notFound('that person');
    const find = asked.find?.trim() ?? '';
    return {
      asked,
      minutes: LOOK_UP_MINUTES,
      about: asked.find === undefined && group ? somebody({ kind: group.kind, yearGroup: group.year_group }) : null,
      people: find === '' ? [] : await searchPeople(tx, find, { limit: 20 }),
    };
  });
}

const meant = (deps: Deps, viewer: Viewer, asked: Asked): Promise<string | null> =>
  deps.db.in(contextOf(viewer), (tx) => meantIn(tx, asked));

async function meantIn(tx: Parameters<typeof personOfLine>[0], asked: Asked): Promise<string | null> {
  if (isUuid(asked.person)) return asked.person;
  const key = parseKey(asked.line);
  return key ? personOfLine(tx, key) : null;
}
