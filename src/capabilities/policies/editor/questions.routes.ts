import { Type } from 'typebox';
import { invalid, notFound } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import type { PolicyDocument, RoleId } from '#policy/index.ts';
import { holders } from '#rooms/identity/index.ts';
import { contextOf, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { POLICY_EDITORS } from '../life/drafts.facts.ts';
import { many, one } from './form/body.ts';
import { fieldsOf } from './form/fields.ts';
import { type Again, AnyForm, params, takeForm, VIEWS, WRITE } from './form.routes.ts';
import { answer, choicesOf, valueForm } from './questions.answers.ts';
import { type Answers, type Given, GROUPS, openQuestions, progressOf, type Question } from './questions.rules.ts';
import { openDraft } from './save.service.ts';

const Key = Type.String({ maxLength: 300 });
const Query = Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })) }, { additionalProperties: false });

/** What the source leaves open, one by one, in any order; nothing is confirmed that nobody confirmed. */
export function questionsRoutes(app: WebApp, deps: Deps): void {
  const LIST = '/policy/drafts/:id/questions';
  const listOf = (id: string) => `/policy/drafts/${id}/questions`;

  async function asked(viewer: Viewer, id: string) {
    const { draft, lints, open } = await openDraft(deps, viewer, id);
    const answers = draft.answers as Answers;
    const questions = openQuestions(draft.document, lints);
    return { draft, lints, answers, mayEdit: open, ...progressOf(questions, answers) };
  }

  const given = (viewer: Viewer, later: boolean): Given => ({
    by: viewer.person.id,
    at: new Date(deps.clock.now()).toISOString(),
    ...(later && { later: true }),
  });

  async function listPage(viewer: Viewer, id: string, q: string, again: Again | null) {
    const { draft, open, answered, total, answers, mayEdit } = await asked(viewer, id);
    const words = q.trim().toLowerCase();
    const shown = open.filter((x) => `${x.title} ${x.text} ${x.group} ${x.now}`.toLowerCase().includes(words));
    return {
      draft,
      open: mayEdit,
      q,
      again,
      answered,
      total,
      next: open.find((x) => !answers[x.key]?.later) ?? null,
      groups: GROUPS.map((title) => ({
        title,
        questions: shown
          .filter((x) => x.group === title)
          .map((x) => ({ ...x, later: answers[x.key]?.later === true, href: hrefOf(id, x) })),
      })).filter((g) => g.questions.length > 0),
    };
  }

  app.get(LIST, { config: WRITE, schema: { params: params({}), querystring: Query } }, async (request, reply) =>
    reply.page(
      `${VIEWS}/questions.njk`,
      await listPage(viewerOf(request), request.params.id, request.query.q ?? '', null),
    ),
  );

  /** Many of our proposals at once, each of them ticked by hand. */
  app.post(
    LIST,
    { config: WRITE, schema: { params: params({}), querystring: Query, body: AnyForm } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const { id } = request.params;
      const { open, lints, draft } = await asked(viewer, id);
      const ticked = many(request.body, 'confirm');
      const chosen = open.filter((x) => x.proposed && ticked.includes(x.key));
      const by = roleOf(viewer, draft.document);
      return takeForm(deps, request, reply, {
        change: (doc) => {
          if (chosen.length === 0)
            throw invalid('policy.questions.none', 'Tick the periods that you confirm.', {
              confirm: 'Tick the periods that you confirm.',
            });
          return chosen.reduce(
            (d, x) => answer(d, x, x.ask.kind === 'value' ? valueForm(d, x.ask.at).body : {}, { by, context: lints }),
            doc,
          );
        },
        show: async (again) =>
          reply.page(`${VIEWS}/questions.njk`, await listPage(viewer, id, request.query.q ?? '', again)),
        to: listOf(id),
        done: chosen.length === 1 ? 'One period is confirmed.' : `${chosen.length} periods are confirmed.`,
        answers: () => Object.fromEntries(chosen.map((x) => [x.key, given(viewer, false)])),
        what: `Confirmed as proposed: ${chosen.map((x) => x.title).join(' ')}`,
      });
    },
  );

  const P = params({ key: Key });
  app.get(`${LIST}/:key`, { config: WRITE, schema: { params: P } }, async (request, reply) =>
    reply.page(`${VIEWS}/question.njk`, await questionPage(viewerOf(request), request.params, null)),
  );
  app.post(`${LIST}/:key`, { config: WRITE, schema: { params: P, body: AnyForm } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const { id, key } = request.params;
    const { open, lints, draft, answers } = await asked(viewer, id);
    const index = open.findIndex((x) => x.key === key);
    const question = open[index];
    if (!question) throw notFound('this question among the open ones');
    const later = one(request.body, 'do') === 'later';
    const rest = [...open.slice(index + 1), ...open.slice(0, index)].filter((x) => !answers[x.key]?.later);
    return takeForm(deps, request, reply, {
      change: (doc, body) =>
        later ? doc : answer(doc, question, body, { by: roleOf(viewer, draft.document), context: lints }),
      show: async (again) => reply.page(`${VIEWS}/question.njk`, await questionPage(viewer, request.params, again)),
      to: rest[0] ? hrefOf(id, rest[0]) : listOf(id),
      done: later ? `Left for later: ${question.title}` : `Answered: ${question.title}`,
      answers: () => ({ [key]: given(viewer, later) }),
      what: later ? `Left open for later: ${question.title}` : `Answered: ${question.title}`,
    });
  });

  async function questionPage(viewer: Viewer, { id, key }: { id: string; key: string }, again: Again | null) {
    const { draft, open, answered, total, answers, mayEdit } = await asked(viewer, id);
    const index = open.findIndex((x) => x.key === key);
    const question = open[index];
    if (!question) throw notFound('this question among the open ones');
    const { ask } = question;
    const people = ask.kind === 'role' ? await deps.db.in(contextOf(viewer), (tx) => holders(tx, ask.role)) : [];
    const choices = choicesOf(
      draft.document,
      question,
      people.some((p) => p.rank === 'holder'),
    );
    const form = ask.kind === 'value' ? valueForm(draft.document, ask.at) : null;
    return {
      draft,
      open: mayEdit,
      question,
      answered,
      total,
      later: answers[key]?.later === true,
      people: people.map((p) => p.displayName),
      choices:
        choices?.map((c) => ({ ...c, checked: again !== null && one(again.body, 'choice') === c.value })) ?? null,
      fields: form ? fieldsOf(form.schema, again?.body ?? form.body, form.words) : [],
      reason: again ? one(again.body, 'reason') : '',
      clauses: clausesOf(draft.document, question),
      aside: asideOf(id, question),
      skip: open.length > 1 ? hrefOf(id, open[(index + 1) % open.length] ?? question) : listOf(id),
      again,
    };
  }
}

const hrefOf = (id: string, question: Question): string =>
  `/policy/drafts/${id}/questions/${encodeURIComponent(question.key)}`;

/** In which role somebody decides: one that the document knows. */
function roleOf(viewer: Viewer, doc: PolicyDocument): RoleId {
  const known = (role: string) => doc.roles.some((r) => r.id === role);
  const role = [...POLICY_EDITORS, ...viewer.duties].find((r) => viewer.duties.includes(r) && known(r));
  return (role as RoleId | undefined) ?? doc.meta.approver;
}

const clausesOf = (doc: PolicyDocument, { ask }: Question) => {
  if (ask.kind === 'clash') return doc.clauses.filter((c) => ask.lint.where.some((w) => w.clause === c.id));
  const clause =
    ask.kind === 'cell'
      ? doc.rules.find((r) => r.id === ask.rule)?.clause
      : ask.kind === 'role'
        ? doc.roles.find((r) => r.id === ask.role)?.clause
        : undefined;
  return doc.clauses.filter((c) => c.id === clause);
};

/** Where more can be done about it than answering. */
function asideOf(id: string, { ask }: Question): { href: string; text: string } | null {
  const draft = `/policy/drafts/${id}`;
  switch (ask.kind) {
    case 'role':
      return { href: `/roles/${ask.role}`, text: 'Name somebody under Roles' };
    case 'cell':
      return { href: `${draft}/matrices/${ask.rule}/${ask.audience}`, text: 'Times, people and reasons of this cell' };
    case 'table':
      return { href: `${draft}/matrices/sanctions`, text: 'Read the table and change it first' };
    case 'document':
      return { href: `/registers/document/${ask.document}`, text: 'Record where it is kept' };
    default:
      return null;
  }
}
