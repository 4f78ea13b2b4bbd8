import { Type } from 'typebox';
import { forbidden, notFound } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { FORMATS, type Format } from '#platform/documents/index.ts';
import { schools } from '#platform/school.ts';
import { publicSchool } from '#rooms/policies/index.ts';
import { ChartSize, sendChart } from '#web/chart.ts';
import { type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { KEEPING } from './coverage.ts';
import { coveragePage, coverageSvg, OVERSIGHT, policyPage, seesEvidence } from './living-policy.pages.ts';
import { policyFile } from './policy.files.ts';

const VIEWS = 'capabilities/governance/living-policy/views';
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const PUBLIC = { access: 'public' } as const;
const OVERSEERS = { access: { duties: OVERSIGHT } };
const State = Type.Optional(Type.Union([Type.Literal(''), ...KEEPING.map((k) => Type.Literal(k))]));

/** The policy in force as people read it: the school's promise to everyone, and for those who answer for it, how it is kept. */
export function livingPolicyRoutes(app: WebApp, deps: Deps): void {
  /** Whether this reader may follow a link of ours. */
  const mayOpen = (viewer: Viewer | null) => (href: string) => {
    const path = href.split(/[?#]/)[0];
    const route = app.routeTable.find((r) => r.method === 'GET' && r.url === path);
    if (!route) return false;
    const { access } = route;
    if (typeof access === 'string') return access === 'public' || viewer !== null;
    return access.duties.some((d) => viewer?.duties.includes(d));
  };

  app.get(
    '/policy',
    { config: PUBLIC, schema: { querystring: Type.Object({ school: Text(40), q: Text(100) }, closed) } },
    async ({ viewer, query }, reply) => {
      const school = await publicSchool(deps.db, viewer, query.school);
      if (!school) return reply.page(`${VIEWS}/schools.njk`, { schools: await schools(deps.db) });
      const page = await policyPage(deps, school, viewer, query.q ?? '');
      return reply.page(`${VIEWS}/policy.njk`, { ...page, mayOpen: mayOpen(viewer) });
    },
  );

  /** A school's own address for its policy, and with an ending the same as a file. */
  app.get(
    '/policy/:name',
    {
      config: PUBLIC,
      schema: {
        params: Type.Object({ name: Type.String({ maxLength: 50 }) }),
        querystring: Type.Object({ q: Text(100) }, closed),
      },
    },
    async ({ viewer, params, query }, reply) => {
      const [slug = '', format] = params.name.split('.', 2);
      const school = (await schools(deps.db)).find((s) => s.slug === slug);
      if (!school || (format !== undefined && !Object.hasOwn(FORMATS, format))) throw notFound('this school’s policy');
      if (format === undefined) {
        const page = await policyPage(deps, school, viewer, query.q ?? '');
        return reply.page(`${VIEWS}/policy.njk`, { ...page, mayOpen: mayOpen(viewer) });
      }
      const file = await policyFile(deps, school, format as Format);
      if (!file) throw notFound('a policy in force at this school');
      return reply
        .type(FORMATS[format as Format])
        .header('content-disposition', `attachment; filename="online-safety-policy-${slug}.${format}"`)
        .send(file);
    },
  );

  const overseer = (viewer: Viewer): Viewer => {
    if (!seesEvidence(viewer, viewer.school.id))
      throw forbidden('coverage', 'This page is for governors and for staff with a part in online safety.');
    return viewer;
  };

  app.get(
    '/policy/coverage',
    {
      config: OVERSEERS,
      schema: { querystring: Type.Object({ q: Text(100), state: State, section: Text(200) }, closed) },
    },
    async (request, reply) => {
      const viewer = overseer(viewerOf(request));
      const { q = '', state = '', section = '' } = request.query;
      const page = await coveragePage(deps, viewer, { q, state, section });
      return reply.page(`${VIEWS}/coverage.njk`, { ...page, mayOpen: mayOpen(viewer) });
    },
  );

  app.get(
    '/policy/coverage/chart.svg',
    { config: OVERSEERS, schema: { querystring: Type.Object({ size: ChartSize }, closed) } },
    async (request, reply) =>
      sendChart(reply, await coverageSvg(deps, overseer(viewerOf(request)), request.query.size)),
  );
}
