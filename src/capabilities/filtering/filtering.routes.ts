import { Type } from 'typebox';
import { forbidden, Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, hasDuty, type Room, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { aiToolRoutes } from './ai-tools/index.ts';
import { changeRoutes } from './changes/index.ts';
import { KEEPERS, OVERSEERS } from './filtering.duties.ts';
import { gatewayRoutes } from './gateway.routes.ts';
import { enrolGateway, type OnGatewayTrouble } from './gateways.service.ts';
import { filteringAtAGlance } from './glance.service.ts';
import { listRoutes } from './lists.routes.ts';
import { type OnProofTrouble, PROOF_READERS, proofRoutes, proofStanding } from './proof/index.ts';
import { questionRoutes } from './questions.routes.ts';
import { whyForm } from './why.pages.ts';
import { type OnLookUp, TESTERS, whyRoutes } from './why.routes.ts';

const VIEWS = 'capabilities/filtering/views';

const csrf = { _csrf: Type.Optional(Type.String()) };
const strict = { additionalProperties: false };
const NewGateway = Type.Object({ ...csrf, gateway: Type.String({ maxLength: 100 }) }, strict);

/** Filtering: how it stands, what it would answer, what feeds it, and the gateways that carry it out. */
export function filteringRoom(
  deps: Deps,
  wiring: { onGatewayTrouble: OnGatewayTrouble; onProofTrouble?: OnProofTrouble; onLookUp?: OnLookUp },
): Room {
  return {
    name: 'filtering',
    nav: [
      { href: '/filtering', text: 'Filtering', duties: TESTERS.duties, order: 50 },
      // Those who run the filter find it under Filtering (FIL-10).
      { href: '/filtering/proof', text: 'Filter proof', duties: ['governor'], order: 52 },
      // Whoever works here finds the register under Filtering.
      { href: '/ai-tools', text: 'AI tools', duties: ['pupil', 'parent', 'volunteer'], order: 55 },
    ],
    routes(app) {
      pages(app, deps);
      whyRoutes(app, deps, wiring.onLookUp ?? nobody);
      listRoutes(app, deps);
      questionRoutes(app, deps);
      changeRoutes(app, deps);
      aiToolRoutes(app, deps);
      proofRoutes(app, deps);
      gatewayRoutes(app, deps, wiring);
    },
  };
}

/** Without monitoring nobody can write down why they ask, so nobody asks about a person. */
const nobody: OnLookUp = async () => {
  throw forbidden('why.no-look-ups', 'Nobody can be looked up here.');
};

function pages(app: WebApp, deps: Deps): void {
  app.get('/filtering', { config: { access: TESTERS } }, async (request, reply) =>
    reply.page(`${VIEWS}/filtering.njk`, await overview(viewerOf(request))),
  );

  app.post(
    '/filtering/gateways',
    { config: { access: { duties: KEEPERS } }, schema: { body: NewGateway } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const by = contextOf(viewer);
      const { gateway } = request.body;
      try {
        const enrolled = await deps.db.in(by, async (tx) => ({
          token: await enrolGateway(tx, deps, by, gateway),
          publicKey: (await tx.selectFrom('installation').select('signing_public').executeTakeFirstOrThrow())
            .signing_public,
        }));
        return reply.page(`${VIEWS}/enrolled.njk`, { gateway, control: deps.config.pagesUrl, ...enrolled });
      } catch (e) {
        if (!(e instanceof Refusal)) throw e;
        return reply
          .status(400)
          .page(`${VIEWS}/filtering.njk`, { ...(await overview(viewer)), values: { gateway }, errors: e.fields });
      }
    },
  );

  function overview(viewer: Viewer) {
    return deps.db.in(contextOf(viewer), async (tx) => ({
      ...(await whyForm(tx, deps, viewer)),
      keeper: hasDuty(viewer, ...KEEPERS),
      answers: hasDuty(viewer, 'ict-manager', 'filter-approver', 'teacher'),
      glance: hasDuty(viewer, ...OVERSEERS) ? await filteringAtAGlance(tx, deps) : null,
      proofs: hasDuty(viewer, ...PROOF_READERS) ? await proofStanding(tx, deps.clock.now()) : [],
    }));
  }
}
