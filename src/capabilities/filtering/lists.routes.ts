import { Type } from 'typebox';
import { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, done, viewerOf, type WebApp } from '#web/index.ts';
import { DECIDERS, KEEPERS, OVERSEERS } from './filtering.duties.ts';
import { listsPage, sourcePage } from './lists.pages.ts';
import { downloadsOf, requestCompile } from './lists.service.ts';
import { addSource, checkNow, setSource, switchSource } from './sources.service.ts';
import { refuseVersion, useVersion } from './versions.service.ts';

const VIEWS = 'capabilities/filtering/views';
const LISTS = '/filtering/lists';

const csrf = { _csrf: Type.Optional(Type.String()) };
const strict = { additionalProperties: false };
const Nothing = Type.Object(csrf, strict);
const id = { id: Type.String({ format: 'uuid' }) };
const One = Type.Object(id, strict);
const NewSource = Type.Object(
  {
    ...csrf,
    location: Type.String({ maxLength: 2000 }),
    name: Type.Optional(Type.String({ maxLength: 40 })),
    category: Type.Optional(Type.String({ maxLength: 60 })),
  },
  strict,
);
const Settings = Type.Object(
  {
    ...csrf,
    mirrors: Type.String({ maxLength: 12_000 }),
    everyHours: Type.String({ maxLength: 10 }),
    maxAgeHours: Type.String({ maxLength: 10 }),
    checksum: Type.String({ maxLength: 100 }),
    publicKey: Type.String({ maxLength: 500 }),
  },
  strict,
);
const Switch = Type.Object({ ...id, state: Type.Union([Type.Literal('on'), Type.Literal('off')]) }, strict);
const Search = Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })) }, strict);

/** The pages of lists: all sources, one source with its versions, and what people do with them. */
export function listRoutes(app: WebApp, deps: Deps): void {
  const seen = { access: { duties: OVERSEERS } };
  const kept = { access: { duties: KEEPERS } };
  const decided = { access: { duties: DECIDERS } };

  app.get(LISTS, { config: seen, schema: { querystring: Search } }, async (request, reply) => {
    const page = await listsPage(deps, viewerOf(request), request.query.q);
    // Without a script: while lists are compiled, the browser asks again by itself.
    if (page.running) reply.header('refresh', '2');
    return reply.page(`${VIEWS}/lists.njk`, page);
  });

  app.post(LISTS, { config: kept, schema: { body: NewSource } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const by = contextOf(viewer);
    try {
      await deps.db.in(by, (tx) => addSource(tx, deps, by, request.body));
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      const errors = e.fields ?? { name: [e.message, e.remedy].filter(Boolean).join(' ') };
      return reply
        .status(400)
        .page(`${VIEWS}/lists.njk`, { ...(await listsPage(deps, viewer)), values: request.body, errors });
    }
    return done(reply, LISTS, 'The source is added. The lists are being compiled.');
  });

  app.post(`${LISTS}/compile`, { config: kept, schema: { body: Nothing } }, async (request, reply) => {
    const by = contextOf(viewerOf(request));
    await deps.db.in(by, (tx) => requestCompile(tx, deps, by.school));
    return done(reply, LISTS, 'The lists are being compiled. What is in use stays in use until then.');
  });

  app.get(`${LISTS}/:id`, { config: seen, schema: { params: One } }, async (request, reply) => {
    const page = await sourcePage(deps, viewerOf(request), request.params.id);
    if (page.running) reply.header('refresh', '2');
    return reply.page(`${VIEWS}/source.njk`, page);
  });

  app.post(
    `${LISTS}/:id/settings`,
    { config: kept, schema: { params: One, body: Settings } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const by = contextOf(viewer);
      const { id } = request.params;
      try {
        await deps.db.in(by, (tx) => setSource(tx, deps, by, id, request.body));
      } catch (e) {
        if (!(e instanceof Refusal && e.fields)) throw e;
        return reply.status(400).page(`${VIEWS}/source.njk`, {
          ...(await sourcePage(deps, viewer, id)),
          values: request.body,
          errors: e.fields,
        });
      }
      return done(reply, `${LISTS}/${id}`, 'This is how the list is fetched from now on. It is being asked anew.');
    },
  );

  app.post(`${LISTS}/:id/check`, { config: kept, schema: { params: One, body: Nothing } }, async (request, reply) => {
    const by = contextOf(viewerOf(request));
    const { id } = request.params;
    await deps.db.in(by, (tx) => checkNow(tx, deps, by, id));
    return done(reply, `${LISTS}/${id}`, 'The list is being asked for its newest version.');
  });

  app.post(
    `${LISTS}/:id/:state`,
    { config: kept, schema: { params: Switch, body: Nothing } },
    async (request, reply) => {
      const by = contextOf(viewerOf(request));
      const { id, state } = request.params;
      await deps.db.in(by, (tx) => switchSource(tx, deps, by, id, state === 'on'));
      return done(reply, LISTS, `The source is switched ${state}. The lists are being compiled.`);
    },
  );

  app.post(
    `${LISTS}/versions/:id/use`,
    { config: decided, schema: { params: One, body: Nothing } },
    async (request, reply) => {
      const by = contextOf(viewerOf(request));
      const source = await deps.db.in(by, async (tx) => {
        const used = await useVersion(tx, deps, by, downloadsOf(deps, by.school), request.params.id);
        await requestCompile(tx, deps, by.school);
        return used;
      });
      return done(reply, `${LISTS}/${source}`, 'This version is used from now on. The lists are being compiled.');
    },
  );

  app.post(
    `${LISTS}/versions/:id/refuse`,
    { config: decided, schema: { params: One, body: Nothing } },
    async (request, reply) => {
      const by = contextOf(viewerOf(request));
      const source = await deps.db.in(by, (tx) => refuseVersion(tx, deps, by, request.params.id));
      return done(reply, `${LISTS}/${source}`, 'The version is not used. What is in use stays in use.');
    },
  );
}
