import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { dayIn } from '#core/days.ts';
import { notFound, type Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { names } from '#rooms/identity/index.ts';
import { contextOf, done, hasDuty, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { startLinkCheck } from './links.service.ts';
import { latestReview, type RegisterItem, STATES, webAddress } from './registers.rules.ts';
import { recordSupply } from './registers.service.ts';
import { entriesOf, lastLinkRun, registers } from './registers.store.ts';

const VIEWS = 'capabilities/policies/registers/views';
/** For those who work here or answer for the school: where documents are kept may be inside its walls. */
export const READ = { access: { duties: ['staff', 'governor'] } };
/** CAL-42: the DSL's own duty, shared with those who keep the policy. */
export const REGISTER_KEEPERS = ['dsl', 'centre-lead', 'head', 'coordinator', 'administrator'];
const KEEP = { access: { duties: REGISTER_KEEPERS } };

const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const Csrf = { _csrf: Text(200) };
const Which = Type.Object(
  {
    kind: Type.Union([Type.Literal('document'), Type.Literal('reference')]),
    id: Type.String({ pattern: '^[a-z0-9-]{1,80}$' }),
  },
  closed,
);
const SupplyBody = Type.Object(
  { ...Csrf, edition: Text(300), location: Text(2000), reviewedOn: Text(10), nextReview: Text(10), note: Text(2000) },
  closed,
);

export const STATE_WORDS = {
  missing: { text: 'Not supplied', tone: 'amber' },
  broken: { text: 'Broken link', tone: 'amber' },
  overdue: { text: 'Review overdue', tone: 'amber' },
  current: { text: 'In order', tone: 'quiet' },
} as const;
const KINDS = [
  { value: 'document', text: 'Linked documents' },
  { value: 'reference', text: 'Guidance and law' },
] as const;

/** The registers of linked documents and of the guidance the policy rests on (GOV-14..31, K11). */
export function registersRoutes(app: WebApp, deps: Deps): void {
  app.get(
    '/registers',
    {
      config: READ,
      schema: { querystring: Type.Object({ q: Text(100), kind: Text(20), state: Text(20) }, closed) },
    },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const { q = '', kind, state } = request.query;
      const { found, run } = await deps.db.in(contextOf(viewer), async (tx) => ({
        found: await registers(tx, deps.clock.now()),
        run: await lastLinkRun(tx),
      }));
      const wanted = q.trim().toLowerCase();
      const lines = found?.lines ?? [];
      return reply.page(`${VIEWS}/registers.njk`, {
        policy: found !== null,
        clauses: found?.policy.compiled.clauses,
        total: lines.length,
        amiss: lines.filter((l) => l.state !== 'current').length,
        groups: KINDS.map((k) => ({
          title: k.text,
          lines: lines.filter(
            (l) =>
              l.kind === k.value &&
              (!kind || l.kind === kind) &&
              (!state || l.state === state) &&
              `${l.title} ${l.about} ${l.rows.join(' ')}`.toLowerCase().includes(wanted),
          ),
        })).filter((g) => g.lines.length > 0),
        words: STATE_WORDS,
        asked: request.query,
        kinds: KINDS,
        states: STATES.map((s) => ({ value: s, text: STATE_WORDS[s].text })),
        run,
        mayKeep: hasDuty(viewer, ...REGISTER_KEEPERS),
      });
    },
  );

  const itemPage = async (
    reply: FastifyReply,
    viewer: Viewer,
    which: Pick<RegisterItem, 'kind' | 'id'>,
    again: { typed?: object; refusal?: Refusal } = {},
  ) => {
    const today = dayIn(viewer.school.timeZone, deps.clock.now());
    const page = await deps.db.in(contextOf(viewer), async (tx) => {
      const found = await registers(tx, deps.clock.now());
      const line = found?.lines.find((l) => l.kind === which.kind && l.id === which.id);
      if (!found || !line) throw notFound('this document in the policy in force');
      const entries = await entriesOf(tx, which);
      const who = await names(
        tx,
        entries.map((e) => e.by),
      );
      return {
        line,
        clause: found.policy.compiled.clauses[line.clause],
        entries: entries.map((e) => ({ ...e, by: who.get(e.by), href: webAddress(e.location)?.href })),
      };
    });
    return reply.page(`${VIEWS}/item.njk`, {
      ...page,
      words: STATE_WORDS[page.line.state],
      mayKeep: hasDuty(viewer, ...REGISTER_KEEPERS),
      typed: {
        location: page.line.entry?.location,
        edition: page.line.entry?.edition ?? page.line.edition,
        reviewedOn: today,
        nextReview: latestReview(today, page.line.reviewMonths),
        ...again.typed,
      },
      refusal: again.refusal,
    });
  };

  app.get('/registers/:kind/:id', { config: READ, schema: { params: Which } }, (request, reply) =>
    itemPage(reply, viewerOf(request), request.params),
  );

  app.post('/registers/:kind/:id', { config: KEEP, schema: { params: Which, body: SupplyBody } }, (request, reply) => {
    const viewer = viewerOf(request);
    const { kind, id } = request.params;
    const { edition = '', location = '', reviewedOn = '', nextReview = '', note = '' } = request.body;
    return orFormAgain(
      reply,
      async () => {
        await recordSupply(deps, viewer, { kind, id }, { edition, location, reviewedOn, nextReview, note });
        return done(reply, `/registers/${kind}/${id}`, 'It is recorded.');
      },
      (refusal) => itemPage(reply, viewer, { kind, id }, { typed: request.body, refusal }),
    );
  });

  app.post('/registers/links', { config: KEEP }, async (request, reply) => {
    const by = contextOf(viewerOf(request));
    const links = await deps.db.in(by, (tx) => startLinkCheck(tx, deps, by));
    const text =
      links === 1 ? 'The link is being looked at.' : `${links} links are being looked at, one after the other.`;
    return done(reply, '/registers#links', text);
  });
}
