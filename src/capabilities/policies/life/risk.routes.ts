import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { dayIn } from '#core/days.ts';
import type { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { names } from '#rooms/identity/index.ts';
import { contextOf, done, hasDuty, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { READ, VIEWS } from './drafts.routes.ts';
import { addRiskAssessment, type NewRiskAssessment, RISK_KEEPERS } from './risk.service.ts';
import { listRiskAssessments } from './risk.store.ts';

const closed = { additionalProperties: false };
const Query = Type.Object({ q: Type.Optional(Type.String({ maxLength: 80 })) }, closed);
const text = (maxLength: number) => Type.String({ maxLength });
const Body = Type.Object(
  {
    _csrf: Type.Optional(Type.String()),
    kind: text(400),
    title: text(400),
    approvedOn: text(40),
    approvedBy: text(400),
    nextReview: text(40),
    text: text(20_000),
    supersedes: text(40),
  },
  closed,
);
const EMPTY: NewRiskAssessment = {
  kind: '',
  title: '',
  approvedOn: '',
  approvedBy: '',
  nextReview: '',
  text: '',
  supersedes: '',
};

/** The register of risk assessments that policies rest on (RSK-07). */
export function riskRoutes(app: WebApp, deps: Deps): void {
  const page = async (reply: FastifyReply, viewer: Viewer, q: string, typed = EMPTY, refusal?: Refusal) =>
    reply.page(`${VIEWS}/risk-assessments.njk`, { ...(await listed(deps, viewer, q)), q, typed, refusal });

  app.get('/policy/risk-assessments', { config: READ, schema: { querystring: Query } }, (request, reply) =>
    page(reply, viewerOf(request), request.query.q ?? ''),
  );

  app.post(
    '/policy/risk-assessments',
    { config: { access: { duties: RISK_KEEPERS } }, schema: { body: Body } },
    async (request, reply) => {
      const { _csrf, ...given } = request.body;
      return orFormAgain(
        reply,
        async () => {
          await addRiskAssessment(deps, viewerOf(request), given);
          return done(reply, '/policy/risk-assessments', 'The risk assessment is in the register.');
        },
        (refusal) => page(reply, viewerOf(request), '', given, refusal),
      );
    },
  );
}

const listed = (deps: Deps, viewer: Viewer, q: string) =>
  deps.db.in(contextOf(viewer), async (tx) => {
    const today = dayIn(viewer.school.timeZone, deps.clock.now());
    const all = await listRiskAssessments(tx);
    const people = await names(
      tx,
      all.map((r) => r.added_by),
    );
    const words = q.trim().toLowerCase();
    return {
      assessments: all
        .filter((r) => `${r.kind} ${r.title} ${r.approved_by} ${r.text}`.toLowerCase().includes(words))
        .map((r) => ({
          ...r,
          addedBy: people.get(r.added_by) ?? 'somebody who has left',
          standing: r.supersededBy ? 'Replaced' : r.next_review >= today ? 'In date' : 'Review overdue',
          tag: r.supersededBy ? 'quiet' : r.next_review >= today ? 'calm' : 'amber',
        })),
      replaceable: all.filter((r) => r.supersededBy === null).map((r) => ({ value: r.id, text: r.title })),
      mayAdd: hasDuty(viewer, ...RISK_KEEPERS),
    };
  });
