import { Type } from 'typebox';
import type { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, done, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { PRIVATE_TARGETS } from './private.letters.ts';
import { mustDecide, privateTargets } from './private.pages.ts';
import { decidePrivate, type WishOutcome, wishPrivate } from './private.service.ts';

const VIEW = 'capabilities/governance/views/private.njk';
const closed = { additionalProperties: false };
const Reason = Type.Optional(Type.String({ maxLength: 2000 }));
const csrf = Type.Optional(Type.String());

const DONE = {
  agree: 'Agreed. Gateways follow within seconds.',
  refuse: 'Refused. Whoever asked is told.',
  withdraw: 'Taken back.',
} as const;

const said = ({ closed, asked }: WishOutcome): string => {
  if (asked)
    return closed
      ? 'Closed what you took away. What you added waits for a second person.'
      : 'Asked for. It waits for a second person.';
  return closed ? 'Closed. Gateways follow within seconds.' : 'Nothing is different from before.';
};

/** The school's own addresses: one asks for an opening, another agrees; the workflow says who (FIL-04). */
export function privateRoutes(app: WebApp, deps: Deps): void {
  // The policy names one of the roles that decide, so it is looked up rather than listed here.
  const config = { access: { duties: ['staff', 'governor', 'administrator', 'ict-manager'] } };
  const administrator = { access: { duties: ['administrator'] } };
  const page = (viewer: Viewer, q?: string) =>
    deps.db.in(contextOf(viewer), (tx) => privateTargets(tx, viewer, deps.clock.now(), q));

  const Search = Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })) }, closed);
  app.get(PRIVATE_TARGETS, { config, schema: { querystring: Search } }, async (request, reply) =>
    reply.page(VIEW, await page(viewerOf(request), request.query.q)),
  );

  const Wish = Type.Object({ _csrf: csrf, allowedPrivate: Type.String({ maxLength: 5000 }), reason: Reason }, closed);
  app.post(PRIVATE_TARGETS, { config: administrator, schema: { body: Wish } }, (request, reply) => {
    const viewer = viewerOf(request);
    const { allowedPrivate, reason = '' } = request.body;
    return orFormAgain(
      reply,
      async () => done(reply, PRIVATE_TARGETS, said(await wishPrivate(deps, viewer, allowedPrivate, reason))),
      async (refusal: Refusal) =>
        reply.page(VIEW, { ...(await page(viewer)), refusal, typed: { allowedPrivate, reason } }),
    );
  });

  const One = Type.Object({ id: Type.String({ format: 'uuid' }) }, closed);
  const Act = Type.Object({ _csrf: csrf, reason: Reason }, closed);
  for (const action of ['agree', 'refuse', 'withdraw'] as const) {
    app.post(
      `${PRIVATE_TARGETS}/:id/${action}`,
      { config, schema: { params: One, body: Act } },
      async (request, reply) => {
        const viewer = viewerOf(request);
        const { reason = '' } = request.body;
        await deps.db.in(contextOf(viewer), (tx) => mustDecide(tx, viewer, deps.clock.now()));
        return orFormAgain(
          reply,
          async () => {
            await decidePrivate(deps, viewer, request.params.id, action, reason);
            return done(reply, PRIVATE_TARGETS, DONE[action]);
          },
          async (refusal: Refusal) => reply.page(VIEW, { ...(await page(viewer)), refusal, typed: { whyNot: reason } }),
        );
      },
    );
  }
}
