import { Type } from 'typebox';
import type { Deps } from '#platform/deps.ts';
import { ChartSize, sendChart } from '#web/chart.ts';
import { done, viewerOf, type WebApp } from '#web/index.ts';
import { proofChart } from './proof.chart.ts';
import { daysPage, PROOF_READERS, PROOF_RUNNERS, proofPage, runPage } from './proof.pages.ts';
import { wishProof } from './proof.service.ts';

const VIEWS = 'capabilities/filtering/proof/views';
const PROOF = '/filtering/proof';
const strict = { additionalProperties: false };
const Search = Type.Object(
  {
    q: Type.Optional(Type.String({ maxLength: 100 })),
    page: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
  },
  strict,
);
const Size = Type.Object({ size: ChartSize }, strict);
const One = Type.Object({ id: Type.String({ format: 'uuid' }) }, strict);
const Nothing = Type.Object({ _csrf: Type.Optional(Type.String()) }, strict);

/** The evidence that the filter filters: its page, its chart, each run, and "run now". */
export function proofRoutes(app: WebApp, deps: Deps): void {
  const config = { access: { duties: PROOF_READERS } };

  app.get(PROOF, { config, schema: { querystring: Search } }, async (request, reply) => {
    const page = await proofPage(deps, viewerOf(request), request.query);
    // Without a script: while a run is under way, the browser asks again by itself.
    if (page.moving) reply.header('refresh', '3');
    return reply.page(`${VIEWS}/proof.njk`, page);
  });

  app.get(`${PROOF}/chart.svg`, { config, schema: { querystring: Size } }, async (request, reply) => {
    return sendChart(reply, proofChart(await daysPage(deps, viewerOf(request)), request.query.size));
  });

  app.get(`${PROOF}/:id`, { config, schema: { params: One } }, async (request, reply) =>
    reply.page(`${VIEWS}/run.njk`, await runPage(deps, viewerOf(request), request.params.id)),
  );

  app.post(
    `${PROOF}/run`,
    { config: { access: { duties: PROOF_RUNNERS } }, schema: { body: Nothing } },
    async (request, reply) => {
      await wishProof(deps, viewerOf(request));
      return done(reply, PROOF, 'Every gateway that is at work begins within seconds. This page renews itself.');
    },
  );
}
