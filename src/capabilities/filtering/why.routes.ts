import { Type } from 'typebox';
import { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { NAMERS, OVERSEERS } from './filtering.duties.ts';
import { findPerson, type Typed, whyForm, whyPage } from './why.pages.ts';

const VIEW = 'capabilities/filtering/views/test.njk';
export const TESTERS = { duties: [...OVERSEERS, 'staff'] };

/** MON-11: whoever asks about a named person says why and is recorded. Monitoring is a later room, so it is handed in. */
export type OnLookUp = (viewer: Viewer, input: { readonly about: string; readonly reason: string }) => Promise<void>;

const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const strict = { additionalProperties: false };
const ByProfile = Type.Object({ address: text(2000), profile: text(60), at: text(20) }, strict);
const ByPerson = Type.Object(
  { _csrf: text(200), address: text(2000), who: text(120), reason: text(2000), at: text(20) },
  strict,
);

/** "What would they get, and why?" For a profile by a link; for one person by a form that asks for a reason. */
export function whyRoutes(app: WebApp, deps: Deps, onLookUp: OnLookUp): void {
  app.get(
    '/filtering/test',
    { config: { access: TESTERS }, schema: { querystring: ByProfile } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const page = await deps.db.in(contextOf(viewer), (tx) =>
        request.query.address === undefined
          ? whyForm(tx, deps, viewer)
          : whyPage(tx, deps, viewer, request.query, null),
      );
      return reply.status('errors' in page ? 400 : 200).page(VIEW, page);
    },
  );

  app.post(
    '/filtering/test',
    { config: { access: { duties: NAMERS } }, schema: { body: ByPerson } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const { _csrf, ...typed } = request.body;
      const page = await aboutPerson(viewer, typed);
      return reply.status('errors' in page ? 400 : 200).page(VIEW, page);
    },
  );

  async function aboutPerson(viewer: Viewer, typed: Typed) {
    const by = contextOf(viewer);
    const person = await deps.db.in(by, (tx) => findPerson(tx, typed.who ?? ''));
    try {
      if ('error' in person)
        throw new Refusal('invalid', 'why.person', person.error, { fields: { who: person.error } });
      await onLookUp(viewer, { about: person.id, reason: typed.reason ?? '' });
      return await deps.db.in(by, (tx) => whyPage(tx, deps, viewer, typed, person));
    } catch (e) {
      if (!(e instanceof Refusal && e.fields)) throw e;
      const { fields } = e;
      return deps.db.in(by, (tx) => whyForm(tx, deps, viewer, typed, fields));
    }
  }
}
