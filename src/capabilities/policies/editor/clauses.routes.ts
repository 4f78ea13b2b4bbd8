import { notFound } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { CONTROLS, type PolicyDocument } from '#policy/index.ts';
import { viewerOf, type WebApp } from '#web/index.ts';
import { addClause, type ClauseForm, citedBy, removeClause, writeClause } from './clauses.rules.ts';
import { type Body, many, one } from './form/body.ts';
import { type Again, AnyForm, Key, params, Query, takeForm, VIEWS, WRITE } from './form.routes.ts';
import { openDraft, refuseFaults } from './save.service.ts';
import { sound } from './sound.ts';
import { short } from './words.ts';

const LISTS = ['controls', 'documents', 'references', 'roles'] as const;

/** Clauses as text: a list to search, a page to write each (GOV-33). */
export function clausesRoutes(app: WebApp, deps: Deps): void {
  app.get(
    '/policy/drafts/:id/clauses',
    { config: WRITE, schema: { params: params({}), querystring: Query } },
    async (request, reply) => {
      const { draft, open } = await openDraft(deps, viewerOf(request), request.params.id);
      const q = request.query.q ?? '';
      return reply.page(`${VIEWS}/clauses.njk`, { draft, open, q, ...found(draft.document, q) });
    },
  );

  const NEW = '/policy/drafts/:id/clauses/new';
  const ONE = '/policy/drafts/:id/clauses/:clause';
  for (const path of [NEW, ONE]) {
    const P = params(path === ONE ? { clause: Key } : {});
    app.get(path, { config: WRITE, schema: { params: P } }, async (request, reply) => {
      const { id, clause = null } = request.params as { id: string; clause?: string };
      return reply.page(`${VIEWS}/clause.njk`, await clausePage(id, clause, viewerOf(request), null));
    });
    app.post(path, { config: WRITE, schema: { params: P, body: AnyForm } }, async (request, reply) => {
      const { id, clause = null } = request.params as { id: string; clause?: string };
      const to = `/policy/drafts/${id}/clauses`;
      return takeForm(deps, request, reply, {
        change: (doc, body) => changed(doc, clause, body),
        show: async (again) =>
          reply.page(`${VIEWS}/clause.njk`, await clausePage(id, clause, viewerOf(request), again)),
        to: clause === null || one(request.body, 'do') === 'remove' ? to : `${to}/${clause}`,
        done:
          one(request.body, 'do') === 'remove'
            ? 'The clause is removed from the draft.'
            : 'The clause is saved in the draft.',
      });
    });
  }

  async function clausePage(
    id: string,
    clauseId: string | null,
    viewer: ReturnType<typeof viewerOf>,
    again: Again | null,
  ) {
    const { draft, open } = await openDraft(deps, viewer, id);
    const { clauses } = draft.document;
    const index = clauses.findIndex((c) => c.id === clauseId);
    const clause = clauses[index];
    if (clauseId !== null && !clause) throw notFound('this clause in the draft');
    const form = again ? formOf(again.body) : { number: '', section: '', text: '', after: null, ...blank, ...clause };
    const tick = (
      list: (typeof LISTS)[number],
      options: readonly { value: string; text: string; hint?: string }[],
    ) => ({
      name: list,
      options: options.map((o) => ({ ...o, checked: form[list]?.includes(o.value) ?? false })),
    });
    return {
      draft,
      open,
      clause: clause ?? null,
      form,
      again,
      sections: [...new Set(clauses.map((c) => c.section))],
      places: [
        { value: '', text: 'At the beginning' },
        ...clauses
          .filter((c) => c.id !== clauseId)
          .map((c) => ({ value: c.id, text: `After ${c.number} ${short(c.text)}` })),
      ],
      place: again ? one(again.body, 'after') : (clauses[(index < 0 ? clauses.length : index) - 1]?.id ?? ''),
      cited: clause ? citedBy(draft.document, clause.id) : [],
      controls: tick(
        'controls',
        CONTROLS.map((c) => ({ value: c.id, text: c.name, hint: c.does })),
      ),
      named: [
        {
          title: 'Documents it names',
          ...tick(
            'documents',
            draft.document.documents.map((d) => ({ value: d.id, text: d.title })),
          ),
        },
        {
          title: 'Guidance it names',
          ...tick(
            'references',
            draft.document.references.map((r) => ({ value: r.id, text: r.title })),
          ),
        },
        {
          title: 'Roles it names',
          ...tick(
            'roles',
            draft.document.roles.map((r) => ({ value: r.id, text: r.title })),
          ),
        },
      ],
    };
  }
}

const blank = { controls: [], documents: [], references: [], roles: [] };

const formOf = (body: Body): ClauseForm => ({
  number: one(body, '/number'),
  section: one(body, '/section'),
  text: one(body, '/text'),
  controls: many(body, 'controls'),
  documents: many(body, 'documents'),
  references: many(body, 'references'),
  roles: many(body, 'roles'),
  after: body.after === undefined ? null : one(body, 'after'),
});

/** What the document's parser finds wrong with a clause is said at its field. */
function changed(doc: PolicyDocument, clause: string | null, body: Body): PolicyDocument {
  if (clause !== null && one(body, 'do') === 'remove') return removeClause(doc, clause);
  const form = formOf(body);
  const same = doc.clauses.find((c) => c.number === form.number.trim() && c.id !== clause);
  if (same) refuseFaults({ '/number': `There is a clause ${same.number} already: ${short(same.text)}` });
  // Where it stands already is no move.
  const before = clause === null ? undefined : doc.clauses[doc.clauses.findIndex((c) => c.id === clause) - 1]?.id;
  const asked = clause !== null && form.after === (before ?? '') ? { ...form, after: null } : form;
  const { document, id } =
    clause === null ? addClause(doc, asked) : { document: writeClause(doc, clause, asked), id: clause };
  const base = `/clauses/${document.clauses.findIndex((c) => c.id === id)}`;
  return sound(document, base);
}

function found(doc: PolicyDocument, q: string) {
  const words = q.trim().toLowerCase();
  const names = new Map(CONTROLS.map((c) => [c.id, c.name]));
  const fits = doc.clauses.filter((c) => `${c.number} ${c.section} ${c.text} ${c.id}`.toLowerCase().includes(words));
  return {
    total: doc.clauses.length,
    found: fits.length,
    groups: [...Map.groupBy(fits, (c) => c.section)].map(([title, clauses]) => ({
      title,
      clauses: clauses.map((c) => ({ ...c, kept: (c.controls ?? []).map((id) => names.get(id) ?? id) })),
    })),
  };
}
