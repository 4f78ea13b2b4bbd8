import { Type } from 'typebox';
import { dayIn } from '#core/days.ts';
import type { Deps } from '#platform/deps.ts';
import { names, roleTitle, searchPeople } from '#rooms/identity/index.ts';
import { contextOf, done, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { authorise, endAuthorisation } from './authorised.service.ts';
import { authorisations, isLive } from './authorised.store.ts';
import { searchPolicy } from './search.rules.ts';

const VIEW = 'capabilities/incidents/device-search/views/authorised.njk';
const STAFF = { access: { duties: ['staff'] } };
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const csrf = { _csrf: Text(200) };

/** SRC-01: who may search, who said so and when. Every member of staff may have to know whom to call. */
export function authorisedRoutes(app: WebApp, deps: Deps): void {
  app.get(
    '/device-searches/authorised',
    { config: STAFF, schema: { querystring: Type.Object({ q: Text(100) }, closed) } },
    async (request, reply) => reply.page(VIEW, await authorisedPage(deps, viewerOf(request), request.query.q)),
  );

  const Form = Type.Object({ ...csrf, person: Text(40), from: Text(10), until: Text(10), because: Text(500) }, closed);
  app.post('/device-searches/authorised', { config: STAFF, schema: { body: Form } }, (request, reply) => {
    const viewer = viewerOf(request);
    const { person = '', from = '', until = '', because = '' } = request.body;
    const form = { person, from, until, because };
    return orFormAgain(
      reply,
      async () => {
        await authorise(deps, viewer, form);
        return done(reply, '/device-searches/authorised', 'They are on the list.');
      },
      async (refusal) => reply.page(VIEW, { ...(await authorisedPage(deps, viewer)), typed: form, refusal }),
    );
  });

  const params = Type.Object({ id: Type.String({ format: 'uuid' }) }, closed);
  app.post(
    '/device-searches/authorised/:id/end',
    { config: STAFF, schema: { params, body: Type.Object({ ...csrf, because: Text(500) }, closed) } },
    (request, reply) => {
      const viewer = viewerOf(request);
      return orFormAgain(
        reply,
        async () => {
          await endAuthorisation(deps, viewer, request.params.id, request.body.because ?? '');
          return done(reply, '/device-searches/authorised', 'It has ended.');
        },
        async (refusal) =>
          reply.page(VIEW, { ...(await authorisedPage(deps, viewer)), refusal, ending: request.params.id }),
      );
    },
  );
}

function authorisedPage(deps: Deps, viewer: Viewer, q = '') {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const { rules, document } = await searchPolicy(tx, now);
    const all = await authorisations(tx);
    const who = await names(
      tx,
      all.flatMap((a) => [a.person, a.authorisedBy, ...(a.endedBy ? [a.endedBy] : [])]),
    );
    const lines = all.map((a) => ({
      ...a,
      live: isLive(a, now),
      waits: a.endedAt === null && !a.left && a.from.getTime() > now,
      person: who.get(a.person) ?? '',
      authorisedBy: who.get(a.authorisedBy) ?? '',
      endedBy: a.endedBy ? who.get(a.endedBy) : null,
    }));
    const found = lines.filter((l) =>
      l.person.toLocaleLowerCase('en-GB').includes(q.trim().toLocaleLowerCase('en-GB')),
    );
    const keeps = viewer.duties.includes(rules.authorisedBy);
    const staff = keeps ? await searchPeople(tx, '', { kind: 'staff', limit: 500 }) : [];
    return {
      q,
      keeps,
      head: roleTitle(rules.authorisedBy, document.roles),
      current: found.filter((l) => l.live || l.waits),
      past: found.filter((l) => !l.live && !l.waits),
      staff: staff.filter((p) => p.id !== viewer.person.id).map((p) => ({ value: p.id, text: p.displayName })),
      typed: { from: dayIn(viewer.school.timeZone, now) },
    };
  });
}
