import { Type } from 'typebox';
import { notFound, Refusal } from '#core/errors.ts';
import { readAddress } from '#filter/index.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { searchPeople } from '#rooms/identity/index.ts';
import { policyInForce, profilesInForce, taxonomy } from '#rooms/policies/index.ts';
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
import { explainAddress, isNeutral, judgeFor, judgeForAll, together } from './verdict.service.ts';

const VIEWS = 'capabilities/filtering/views';
/** Who may ask what one named person would get. */
const NAMERS = [...KEEPERS, 'dsl', 'head'];
const TESTERS = { duties: [...OVERSEERS, 'staff'] };

const csrf = { _csrf: Type.Optional(Type.String()) };
const strict = { additionalProperties: false };
const Test = Type.Object(
  {
    address: Type.Optional(Type.String({ maxLength: 2000 })),
    profile: Type.Optional(Type.String({ maxLength: 60 })),
    who: Type.Optional(Type.String({ maxLength: 120 })),
  },
  strict,
);
const NewGateway = Type.Object({ ...csrf, gateway: Type.String({ maxLength: 100 }) }, strict);

/** Filtering: how it stands, what it would answer, what feeds it, and the gateways that carry it out. */
export function filteringRoom(
  deps: Deps,
  wiring: { onGatewayTrouble: OnGatewayTrouble; onProofTrouble?: OnProofTrouble },
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
      listRoutes(app, deps);
      questionRoutes(app, deps);
      changeRoutes(app, deps);
      aiToolRoutes(app, deps);
      proofRoutes(app, deps);
      gatewayRoutes(app, deps, wiring);
    },
  };
}

function pages(app: WebApp, deps: Deps): void {
  app.get('/filtering', { config: { access: TESTERS } }, async (request, reply) =>
    reply.page(`${VIEWS}/filtering.njk`, await overview(viewerOf(request))),
  );

  app.get('/filtering/test', { config: { access: TESTERS }, schema: { querystring: Test } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const page = await deps.db.in(contextOf(viewer), (tx) => test(tx, viewer, request.query));
    return reply.status('errors' in page ? 400 : 200).page(`${VIEWS}/test.njk`, page);
  });

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
      ...(await testForm(tx, viewer)),
      keeper: hasDuty(viewer, ...KEEPERS),
      answers: hasDuty(viewer, 'ict-manager', 'filter-approver', 'teacher'),
      glance: hasDuty(viewer, ...OVERSEERS) ? await filteringAtAGlance(tx, deps) : null,
      proofs: hasDuty(viewer, ...PROOF_READERS) ? await proofStanding(tx, deps.clock.now()) : [],
    }));
  }

  const testForm = async (tx: Tx, viewer: Viewer) => ({
    profiles: await profilesInForce(tx, deps.clock.now()),
    mayName: hasDuty(viewer, ...NAMERS),
  });

  async function test(tx: Tx, viewer: Viewer, asked: { address?: string; profile?: string; who?: string }) {
    const form = { ...(await testForm(tx, viewer)), values: asked };
    if (asked.address === undefined) return form;
    const address = readAddress(asked.address);
    if (!address)
      return { ...form, errors: { address: 'Enter a web address or the name of a site, such as example.com.' } };
    const person = form.mayName && asked.who ? await findPerson(tx, asked.who) : null;
    if (person && 'error' in person) return { ...form, errors: { who: person.error } };
    const profile = asked.profile ?? form.profiles[0]?.id ?? '';
    if (!person && !form.profiles.some((p) => p.id === profile)) throw notFound('this profile');
    const verdict = await judgeFor(tx, deps, { ...(person ? { person: person.id } : { profile }), ...address });
    const neutral = isNeutral(verdict);
    const compiled = (await policyInForce(tx, deps.clock.now()))?.compiled;
    const { because } = verdict.decision;
    return {
      ...form,
      verdict,
      neutral,
      asWhom: person?.displayName ?? null,
      profileName: form.profiles.find((p) => p.id === verdict.profile)?.name ?? verdict.profile,
      clause: because.clause ? { id: because.clause, ...compiled?.clauses[because.clause] } : null,
      names: Object.fromEntries(taxonomy().categories.map((c) => [c.id, c.name])),
      // Of illegal content nothing is shown: neither which list, nor which kind (FIL-02, FIL-19).
      ...(neutral ? { matches: [], weighed: [] } : await explainAddress(tx, deps, viewer.school.id, address)),
      everyone: neutral ? [] : together(await judgeForAll(tx, deps, address)),
    };
  }
}

/** A person by user name, or by a name that only one person has. */
async function findPerson(tx: Tx, who: string) {
  const found = await searchPeople(tx, who, { limit: 6 });
  const exact = found.find((p) => p.username === who.trim().toLowerCase());
  const [only, ...others] = exact ? [exact] : found;
  if (!only) return { error: `Nobody here is called “${who}”.` };
  if (others.length > 0) {
    return {
      error: `Several people match: ${found.map((p) => `${p.displayName} (${p.username})`).join(', ')}. Enter the user name.`,
    };
  }
  return only;
}
