import { Type } from 'typebox';
import type { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, done, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { OVERSEERS } from './filtering.duties.ts';
import { listChangesPage } from './list-changes.pages.ts';
import { actOnListChange } from './list-changes.service.ts';

const VIEW = 'capabilities/filtering/views/list-changes.njk';
export const LIST_CHANGES = '/filtering/lists/changes';
const closed = { additionalProperties: false };

const DONE = {
  approve: 'Agreed. The lists are being compiled.',
  refuse: 'Refused. Whoever asked is told.',
  withdraw: 'Taken back.',
  review: 'Kept: you looked at it.',
  undo: 'Undone. The lists are being compiled.',
} as const;
type Action = keyof typeof DONE;
const Act = Type.Object(
  { _csrf: Type.Optional(Type.String()), reason: Type.Optional(Type.String({ maxLength: 2000 })) },
  closed,
);

/** Changes of the lists: what waits, and what became of the rest. The workflow says who may do what (FIL-04). */
export function listChangeRoutes(app: WebApp, deps: Deps): void {
  // The policy names the role that agrees, so it is looked up rather than listed here.
  const config = { access: { duties: ['staff', 'governor', ...OVERSEERS] } };
  const page = (viewer: Viewer, q?: string) =>
    deps.db.in(contextOf(viewer), (tx) => listChangesPage(tx, viewer, deps.clock.now(), q));

  const Search = Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })) }, closed);
  app.get(LIST_CHANGES, { config, schema: { querystring: Search } }, async (request, reply) =>
    reply.page(VIEW, await page(viewerOf(request), request.query.q)),
  );

  const One = Type.Object({ id: Type.String({ format: 'uuid' }) }, closed);
  for (const action of Object.keys(DONE) as Action[]) {
    app.post(`${LIST_CHANGES}/:id/${action}`, { config, schema: { params: One, body: Act } }, (request, reply) => {
      const viewer = viewerOf(request);
      const { reason = '' } = request.body;
      const { id } = request.params;
      return orFormAgain(
        reply,
        async () => {
          await actOnListChange(deps, viewer, id, action, reason);
          return done(reply, LIST_CHANGES, DONE[action]);
        },
        async (refusal: Refusal) => reply.page(VIEW, { ...(await page(viewer)), refusal, typed: { id, reason } }),
      );
    });
  }
}
