import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Refusal } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, done, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { OVERSEERS } from '../changes/changes.pages.ts';
import { type ProposalForm, proposalPage, publicList, registerPage, toolPage } from './ai-tools.pages.ts';
import { APPROVERS, ASSESSORS, DONE_WORDS } from './ai-tools.rules.ts';
import { actOnTool, approveTool, assessTool, proposeTool } from './ai-tools.service.ts';

const VIEWS = 'capabilities/filtering/ai-tools/views';
const REGISTER = '/filtering/ai-tools';
/** More than any policy has. */
const MOST_PROFILES = 60;

const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const csrf = { _csrf: Text(200) };
const One = Type.Object({ reference: Type.String({ pattern: '^AI-[A-HJ-NP-Z2-9]{6}$' }) }, closed);
const ProfileIds = Type.Array(Type.String({ maxLength: 80 }), { maxItems: MOST_PROFILES });
const Proposal = Type.Object(
  {
    ...csrf,
    name: Text(100),
    provider: Text(100),
    sites: Text(8000),
    purpose: Text(2000),
    wantedFor: Type.Optional(Type.Union([Type.String({ maxLength: 80 }), ProfileIds])),
  },
  closed,
);
const Assessment = Type.Object(
  {
    ...csrf,
    sites: Text(8000),
    personalData: Text(2000),
    ageLimit: Text(10),
    hazards: Text(4000),
    measures: Text(4000),
    reviewOn: Text(10),
  },
  closed,
);
const Status = Type.Optional(
  Type.Union([Type.Literal('blocked'), Type.Literal('trial'), Type.Literal('approved'), Type.Literal('')]),
);
const Decision = Type.Object(
  {
    ...csrf,
    trialEnds: Text(10),
    ...Object.fromEntries(Array.from({ length: MOST_PROFILES }, (_, i) => [`s${i}`, Status])),
  },
  closed,
);
const Act = Type.Object({ ...csrf, reason: Text(2000) }, closed);
const ACTIONS = ['refuse', 'withdraw', 'close'] as const;

const READERS = { access: { duties: ['staff', 'governor', ...OVERSEERS, ...ASSESSORS, ...APPROVERS] } };
const PROPOSERS = { access: { duties: ['staff', ...ASSESSORS] } };
const KEEPERS = { access: { duties: [...ASSESSORS] } };

/** The register of AI tools, their assessments, and the plain list that everybody who signs in may read (AIG-01, AIG-05). */
export function aiToolRoutes(app: WebApp, deps: Deps): void {
  const read = <T>(viewer: Viewer, work: (tx: Tx) => Promise<T>) => deps.db.in(contextOf(viewer), work);
  const Search = Type.Object({ q: Text(100) }, closed);

  app.get('/ai-tools', { config: { access: 'signed-in' }, schema: { querystring: Search } }, async (request, reply) =>
    reply.page(`${VIEWS}/public.njk`, await publicList(deps, viewerOf(request), request.query.q)),
  );

  app.get(REGISTER, { config: READERS, schema: { querystring: Search } }, async (request, reply) => {
    const viewer = viewerOf(request);
    return reply.page(
      `${VIEWS}/register.njk`,
      await read(viewer, (tx) => registerPage(tx, deps, viewer, request.query.q)),
    );
  });

  const Start = Type.Object({ site: Text(300), tool: Text(100) }, closed);
  app.get(`${REGISTER}/new`, { config: PROPOSERS, schema: { querystring: Start } }, async (request, reply) =>
    reply.page(`${VIEWS}/propose.njk`, await read(viewerOf(request), (tx) => proposalPage(tx, deps, request.query))),
  );

  app.post(REGISTER, { config: PROPOSERS, schema: { body: Proposal } }, (request, reply) => {
    const viewer = viewerOf(request);
    const { name = '', provider = '', sites = '', purpose = '', wantedFor = [] } = request.body;
    const typed: ProposalForm = { name, provider, sites, purpose, wantedFor: [wantedFor].flat() };
    return orFormAgain(
      reply,
      async () => done(reply, `${REGISTER}/${await proposeTool(deps, viewer, typed)}`, DONE_WORDS.propose),
      async (refusal) =>
        reply.page(`${VIEWS}/propose.njk`, {
          ...(await read(viewer, (tx) => proposalPage(tx, deps, {}, typed))),
          refusal,
        }),
    );
  });

  const page = async (reply: FastifyReply, viewer: Viewer, reference: string, more: object = {}) =>
    reply.page(`${VIEWS}/tool.njk`, {
      ...(await read(viewer, (tx) => toolPage(tx, deps, viewer, reference))),
      ...more,
    });

  app.get(`${REGISTER}/:reference`, { config: READERS, schema: { params: One } }, (request, reply) =>
    page(reply, viewerOf(request), request.params.reference),
  );

  const BLANK = { sites: '', personalData: '', ageLimit: '', hazards: '', measures: '', reviewOn: '' };
  app.post(
    `${REGISTER}/:reference/assess`,
    { config: KEEPERS, schema: { params: One, body: Assessment } },
    (request, reply) => {
      const viewer = viewerOf(request);
      const { reference } = request.params;
      const { _csrf, ...typed } = { ...BLANK, ...request.body };
      return orFormAgain(
        reply,
        async () => {
          await assessTool(deps, viewer, reference, typed);
          return done(reply, `${REGISTER}/${reference}`, DONE_WORDS.assess);
        },
        (refusal: Refusal) => page(reply, viewer, reference, { refusal, typed, form: 'assess' }),
      );
    },
  );

  app.post(
    `${REGISTER}/:reference/approve`,
    { config: READERS, schema: { params: One, body: Decision } },
    (request, reply) => {
      const viewer = viewerOf(request);
      const { reference } = request.params;
      const { _csrf, trialEnds = '', ...chosen } = request.body;
      return orFormAgain(
        reply,
        async () => {
          await approveTool(deps, viewer, reference, { chosen: chosen as Record<string, string>, trialEnds });
          return done(reply, `${REGISTER}/${reference}`, DONE_WORDS.approve);
        },
        (refusal: Refusal) =>
          page(reply, viewer, reference, { refusal, typed: { ...chosen, trialEnds }, form: 'decide' }),
      );
    },
  );

  for (const action of ACTIONS) {
    app.post(
      `${REGISTER}/:reference/${action}`,
      { config: READERS, schema: { params: One, body: Act } },
      (request, reply) => {
        const viewer = viewerOf(request);
        const { reference } = request.params;
        const { reason = '' } = request.body;
        return orFormAgain(
          reply,
          async () => {
            await actOnTool(deps, viewer, reference, action, reason);
            return done(reply, `${REGISTER}/${reference}`, DONE_WORDS[action]);
          },
          (refusal: Refusal) => page(reply, viewer, reference, { refusal, typed: { reason }, form: 'act' }),
        );
      },
    );
  }
}
