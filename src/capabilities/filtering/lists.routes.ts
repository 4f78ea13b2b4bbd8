import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { Refusal } from '#core/errors.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, done, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { DECIDERS, KEEPERS, OVERSEERS } from './filtering.duties.ts';
import { listChangeRoutes } from './list-changes.routes.ts';
import type { Words } from './list-changes.rules.ts';
import type { ChangeOutcome } from './list-changes.service.ts';
import { listsPage, MOST_WORDS, sourcePage } from './lists.pages.ts';
import { requestCompile } from './lists.service.ts';
import { addSource, checkNow, removeSource, setSource, setWords, switchSource, useVersion } from './sources.service.ts';
import { refuseVersion, versionById } from './versions.service.ts';

const VIEWS = 'capabilities/filtering/views';
const LISTS = '/filtering/lists';

const csrf = { _csrf: Type.Optional(Type.String()) };
const strict = { additionalProperties: false };
const Nothing = Type.Object(csrf, strict);
const id = { id: Type.String({ format: 'uuid' }) };
const One = Type.Object(id, strict);
const Reason = Type.Optional(Type.String({ maxLength: 2000 }));
const Because = Type.Object({ ...csrf, reason: Reason }, strict);
const NewSource = Type.Object(
  {
    ...csrf,
    location: Type.String({ maxLength: 2000 }),
    name: Type.Optional(Type.String({ maxLength: 40 })),
    category: Type.Optional(Type.String({ maxLength: 60 })),
    reason: Reason,
  },
  strict,
);
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const Settings = Type.Object(
  {
    ...csrf,
    location: Text(2000),
    mirrors: Text(12_000),
    everyHours: Text(10),
    maxAgeHours: Text(10),
    checksum: Text(100),
    publicKey: Text(500),
    mostMib: Text(10),
    mostNames: Text(10),
    leastKept: Text(10),
    mostGrowth: Text(10),
    trust: Text(10),
    reason: Reason,
  },
  strict,
);
/** Words by their place in the page's own list, so that no field is named by an outside list. */
const WordsForm = Type.Object(
  {
    ...csrf,
    reason: Reason,
    ...Object.fromEntries(
      Array.from({ length: MOST_WORDS }, (_, i) => [
        [`w${i}`, Text(100)],
        [`c${i}`, Text(60)],
      ]).flat(),
    ),
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
  listChangeRoutes(app, deps);

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
      const { id, enabled } = await deps.db.in(by, async (tx) => {
        const added = await addSource(tx, deps, by, request.body);
        return tx.selectFrom('list_source').select(['id', 'enabled']).where('id', '=', added).executeTakeFirstOrThrow();
      });
      return enabled
        ? done(reply, LISTS, 'The source is added. The lists are being compiled. A second person looks at it.')
        : done(reply, `${LISTS}/${id}`, SAID.waits);
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      const errors = e.fields ?? { name: [e.message, e.remedy].filter(Boolean).join(' ') };
      return reply
        .status(400)
        .page(`${VIEWS}/lists.njk`, { ...(await listsPage(deps, viewer)), values: request.body, errors });
    }
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

  /** A change of one source: what is wrong with the form is said on its page, what came of it where the change stands. */
  const change = async (
    reply: FastifyReply,
    viewer: Viewer,
    id: string,
    typed: object,
    make: (tx: Tx, by: Context) => Promise<ChangeOutcome>,
  ) => {
    const by = contextOf(viewer);
    try {
      const outcome = await deps.db.in(by, (tx) => make(tx, by));
      return done(reply, `${LISTS}/${id}`, SAID[outcome]);
    } catch (e) {
      if (!(e instanceof Refusal) || (e.kind !== 'invalid' && e.kind !== 'conflict')) throw e;
      const page = await sourcePage(deps, viewer, id);
      const errors = e.fields ?? { reason: [e.message, e.remedy].filter(Boolean).join(' ') };
      return reply
        .status(e.kind === 'conflict' ? 409 : 400)
        .page(`${VIEWS}/source.njk`, { ...page, values: { ...page.values, ...typed }, errors });
    }
  };

  app.post(`${LISTS}/:id/settings`, { config: kept, schema: { params: One, body: Settings } }, (request, reply) => {
    const { _csrf, reason, ...typed } = request.body;
    const { id } = request.params;
    return change(reply, viewerOf(request), id, request.body, (tx, by) => setSource(tx, deps, by, id, typed, reason));
  });

  app.post(`${LISTS}/:id/words`, { config: kept, schema: { params: One, body: WordsForm } }, (request, reply) => {
    const { id } = request.params;
    const typed = request.body as Record<string, string | undefined>;
    return change(reply, viewerOf(request), id, typed, (tx, by) =>
      setWords(tx, deps, by, id, wordsTyped(typed), typed.reason),
    );
  });

  app.post(`${LISTS}/:id/remove`, { config: kept, schema: { params: One, body: Because } }, (request, reply) => {
    const { id } = request.params;
    const { reason = '' } = request.body;
    return change(reply, viewerOf(request), id, request.body, (tx, by) => removeSource(tx, deps, by, id, reason));
  });

  app.post(`${LISTS}/:id/check`, { config: kept, schema: { params: One, body: Nothing } }, async (request, reply) => {
    const by = contextOf(viewerOf(request));
    const { id } = request.params;
    await deps.db.in(by, (tx) => checkNow(tx, deps, by, id));
    return done(reply, `${LISTS}/${id}`, 'The list is being asked for its newest version.');
  });

  app.post(`${LISTS}/:id/:state`, { config: kept, schema: { params: Switch, body: Because } }, (request, reply) => {
    const { id, state } = request.params;
    return change(reply, viewerOf(request), id, request.body, (tx, by) =>
      switchSource(tx, deps, by, id, state === 'on', request.body.reason),
    );
  });

  app.post(
    `${LISTS}/versions/:id/use`,
    { config: decided, schema: { params: One, body: Because } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const { id } = request.params;
      const source = await deps.db.in(contextOf(viewer), async (tx) => (await versionById(tx, id)).source_id);
      return change(reply, viewer, source, request.body, (tx, by) =>
        useVersion(tx, deps, by, id, request.body.reason ?? ''),
      );
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

const SAID: Readonly<Record<ChangeOutcome, string>> = {
  holds: 'It holds from now on. The lists are being compiled. A second person looks at it.',
  waits: 'This may open sites, so it waits for a second person. They have been told.',
  same: 'It was so already; nothing is changed.',
};

/** The form's words, by the school's own choice; `known` leaves a word as lists/mapping.json reads it. */
function wordsTyped(typed: Readonly<Record<string, string | undefined>>): Words {
  const words: Record<string, string | null> = {};
  for (let i = 0; i < MOST_WORDS; i++) {
    const [word, category] = [typed[`w${i}`], typed[`c${i}`]];
    if (word && category && category !== 'known') words[word] = category === 'none' ? null : category;
  }
  return words;
}
