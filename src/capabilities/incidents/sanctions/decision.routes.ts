import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { invalid } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, done, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { formOf } from '../case.forms.ts';
import type { CaseSide } from './case-side.ts';
import { decisionPage } from './decision.pages.ts';
import { FACTORS, missingFactors, readDecision, type Typed } from './decision.ts';
import { waitingSanction } from './sanctions.store.ts';

const VIEWS = 'capabilities/incidents/sanctions/views';
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const Which = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9-]{1,40}$' }) }, closed);
const Asked = Type.Object({ person: Text(40), type: Text(60), same: Text(40) }, closed);
/** Actions are the policy's own, so their fields are known by pattern; the menu says which of them count. */
const Body = Type.Object(
  {
    _csrf: Text(200),
    person: Text(40),
    type: Text(60),
    same: Text(40),
    actions: Type.Optional(
      Type.Union([Type.String({ maxLength: 60 }), Type.Array(Type.String({ maxLength: 60 }), { maxItems: 60 })]),
    ),
    text: Text(10_000),
    ...Object.fromEntries(FACTORS.map((f) => [f.name, Text(5000)])),
  },
  { ...closed, patternProperties: { '^[a-z][a-z0-9-]{0,59}--[a-z]{2,12}$': { type: 'string', maxLength: 3000 } } },
);

/** The decision on what follows has a page of its own: its menu hangs on whom and what it is about (SAN-05..24). */
export function decisionRoutes(app: WebApp, deps: Deps, side: CaseSide, duties: readonly string[]): void {
  const config = { access: { duties } };
  app.get('/cases/:id/sanction', { config, schema: { params: Which, querystring: Asked } }, async (request, reply) =>
    reply.page(
      `${VIEWS}/decide.njk`,
      await decisionPage(deps, side, viewerOf(request), request.params.id, request.query),
    ),
  );
  app.post('/cases/:id/sanction', { config, schema: { params: Which, body: Body } }, (request, reply) => {
    const typed = request.body as Typed & { same?: string };
    return decide(reply, viewerOf(request), request.params.id, typed);
  });

  function decide(reply: FastifyReply, viewer: Viewer, which: string, typed: Typed & { same?: string }) {
    const step = readDecision(typed);
    return orFormAgain(
      reply,
      async () => {
        const lacking = missingFactors(step.detail ?? {});
        const [first] = Object.values(lacking);
        if (first) throw invalid('case.sanction.factors', first, lacking);
        const waits = await deps.db.in(contextOf(viewer), async (tx) => {
          await side.step(tx, viewer, which, step);
          const handled = await side.handled(tx, viewer, which);
          return handled && (await waitingSanction(tx, handled.file.id, String(step.detail?.decision)));
        });
        const message = waits
          ? 'Your decision is kept. It is out of the ordinary, so it holds once a second senior has decided the same.'
          : formOf('sanction')?.done;
        return done(reply, `/cases/${which}#followed`, message);
      },
      async (refusal) =>
        reply.page(`${VIEWS}/decide.njk`, {
          ...(await decisionPage(deps, side, viewer, which, { same: typed.same }, typed)),
          refusal,
        }),
    );
  }
}
