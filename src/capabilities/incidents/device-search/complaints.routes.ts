import { Type } from 'typebox';
import { notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { names, searchPeople } from '#rooms/identity/index.ts';
import { contextOf, done, hasDuty, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { type ComplaintState, complaintWorkflow, OUTCOMES } from './complaint.workflow.ts';
import { COMPLAINT_SENIORS, fileComplaint, takeComplaintStep } from './complaints.service.ts';
import {
  type Complaint,
  findComplaint,
  isClosedTo,
  listComplaints,
  myComplaints,
  stepsOf,
} from './complaints.store.ts';
import { searchPolicy } from './search.rules.ts';

const VIEWS = 'capabilities/incidents/device-search/views';
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const csrf = { _csrf: Text(200) };
const One = Type.Object({ reference: Type.String({ pattern: '^K-[A-HJ-NP-Z2-9]{6}$' }) }, closed);

const STATES: Readonly<Record<ComplaintState, { name: string; tag: string }>> = {
  received: { name: 'Received', tag: 'amber' },
  looking: { name: 'Somebody looks into it', tag: 'calm' },
  answered: { name: 'Answered', tag: 'quiet' },
};

/** SRC-23: complaints, for whoever makes one, and for those who deal with it. */
export function complaintRoutes(app: WebApp, deps: Deps): void {
  app.get(
    '/device-searches/complaints',
    {
      config: { access: 'signed-in' },
      schema: { querystring: Type.Object({ q: Text(100), search: Text(20) }, closed) },
    },
    async (request, reply) =>
      reply.page(`${VIEWS}/complaints.njk`, await complaintsPage(deps, viewerOf(request), request.query)),
  );

  const Form = Type.Object({ ...csrf, words: Text(5000), receipt: Text(40), onBehalf: Text(200) }, closed);
  app.post(
    '/device-searches/complaints',
    { config: { access: 'signed-in' }, schema: { body: Form } },
    (request, reply) => {
      const viewer = viewerOf(request);
      const { words = '', receipt = '', onBehalf } = request.body;
      return orFormAgain(
        reply,
        async () => {
          const reference = await fileComplaint(deps, viewer, { words, receipt, onBehalf: onBehalf ?? null });
          return done(reply, '/device-searches/complaints', `We have your complaint. Its number is ${reference}.`);
        },
        async (refusal) =>
          reply.page(`${VIEWS}/complaints.njk`, {
            ...(await complaintsPage(deps, viewer, {})),
            typed: request.body,
            refusal,
          }),
      );
    },
  );

  app.get(
    '/device-searches/complaints/:reference',
    { config: { access: 'signed-in' }, schema: { params: One } },
    async (request, reply) =>
      reply.page(`${VIEWS}/complaint.njk`, await complaintPage(deps, viewerOf(request), request.params.reference)),
  );

  const Body = Type.Object(
    { ...csrf, receipt: Text(40), handler: Text(40), outcome: Text(20), text: Text(5000) },
    closed,
  );
  for (const [action, said] of [
    ['link', 'It is linked to the search.'],
    ['assign', 'It is given to somebody.'],
    ['answer', 'It is answered, and whoever complained can read the answer.'],
  ] as const) {
    app.post(
      `/device-searches/complaints/:reference/${action}`,
      { config: { access: 'signed-in' }, schema: { params: One, body: Body } },
      (request, reply) => {
        const viewer = viewerOf(request);
        const { reference } = request.params;
        const { _csrf, ...typed } = request.body;
        return orFormAgain(
          reply,
          async () => {
            await takeComplaintStep(deps, viewer, reference, action, typed);
            return done(reply, `/device-searches/complaints/${reference}`, said);
          },
          async (refusal) =>
            reply.page(`${VIEWS}/complaint.njk`, { ...(await complaintPage(deps, viewer, reference)), typed, refusal }),
        );
      },
    );
  }
}

function complaintsPage(
  deps: Deps,
  viewer: Viewer,
  { q, search }: { q?: string | undefined; search?: string | undefined },
) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    await searchPolicy(tx, deps.clock.now());
    const all = await listComplaints(tx, { text: q });
    return {
      q: q ?? '',
      mine: (await myComplaints(tx)).map((c) => ({ ...c, ...STATES[c.state], outcome: wordsOf(c.outcome) })),
      all: all.map((c) => ({ ...c, ...STATES[c.state] })),
      dealsWith: all.length > 0 || hasDuty(viewer, ...COMPLAINT_SENIORS),
      forOthers: hasDuty(viewer, 'staff', 'governor'),
      typed: { receipt: search ?? '' },
    };
  });
}

const wordsOf = (outcome: string | null) =>
  outcome && Object.hasOwn(OUTCOMES, outcome) ? OUTCOMES[outcome as keyof typeof OUTCOMES] : null;

function complaintPage(deps: Deps, viewer: Viewer, reference: string) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    await searchPolicy(tx, deps.clock.now());
    const complaint = await findComplaint(tx, reference);
    if (!complaint) throw notFound('this complaint');
    const steps = await stepsOf(tx, complaint.id);
    const ids = [
      ...steps.flatMap((s) => [s.by, ...(s.handler ? [s.handler] : [])]),
      ...(complaint.madeBy ? [complaint.madeBy] : []),
    ];
    const who = await names(tx, ids);
    const parts = [
      ...(hasDuty(viewer, ...COMPLAINT_SENIORS) ? (['senior'] as const) : []),
      ...(complaint.handler === viewer.person.id ? (['handler'] as const) : []),
    ];
    const offered = complaintWorkflow.offered(complaint.state, parts);
    const linked = complaint.search
      ? await tx.selectFrom('device_search').select('reference').where('id', '=', complaint.search).executeTakeFirst()
      : undefined;
    return {
      complaint,
      state: STATES[complaint.state],
      from: complaint.onBehalf ?? who.get(complaint.madeBy ?? '') ?? 'somebody',
      handler: complaint.handler ? who.get(complaint.handler) : null,
      isLinked: complaint.search !== null,
      searchReference: linked?.reference,
      offered,
      handlers: offered.includes('assign') ? await handlers(tx, complaint) : [],
      outcomes: Object.entries(OUTCOMES).map(([value, text]) => ({ value, text })),
      steps: steps.map((s) => ({
        at: s.at,
        who: who.get(s.by) ?? 'somebody',
        title: STEP[s.action] ?? s.action,
        text: [s.handler ? who.get(s.handler) : null, wordsOf(s.outcome), s.text].filter(Boolean).join('. '),
      })),
    };
  });
}
const STEP: Readonly<Record<string, string>> = {
  file: 'Received',
  link: 'Linked to its search',
  assign: 'Given to somebody',
  answer: 'Answered',
};

/** Who could deal with it: everybody who works here and had no part in the search. */
async function handlers(tx: Tx, complaint: Complaint) {
  const people = [
    ...(await searchPeople(tx, '', { kind: 'staff', limit: 500 })),
    ...(await searchPeople(tx, '', { kind: 'governor', limit: 100 })),
  ];
  const free = [];
  for (const p of people)
    if (!(await isClosedTo(tx, complaint.id, p.id))) free.push({ value: p.id, text: p.displayName });
  return free;
}
