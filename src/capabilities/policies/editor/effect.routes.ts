import type { Deps } from '#platform/deps.ts';
import { contextOf, viewerOf, type WebApp } from '#web/index.ts';
import { policyInForce } from '../policies.service.ts';
import { effectIn } from './effect.service.ts';
import { params, VIEWS, WRITE } from './form.routes.ts';
import { openDraft } from './save.service.ts';

/** What the software would do differently with the whole draft, against the policy in force. */
export function effectRoutes(app: WebApp, deps: Deps): void {
  app.get('/policy/drafts/:id/effect', { config: WRITE, schema: { params: params({}) } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const { draft } = await openDraft(deps, viewer, request.params.id);
    const now = deps.clock.now();
    const found = await deps.db.in(contextOf(viewer), async (tx) => {
      const inForce = await policyInForce(tx, now);
      return inForce && { number: inForce.number, effect: await effectIn(tx, now, inForce.document, draft.document) };
    });
    return reply.page(`${VIEWS}/effect.njk`, { draft, number: found?.number ?? null, effect: found?.effect ?? null });
  });
}
