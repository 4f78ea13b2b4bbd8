import { Type } from 'typebox';
import { notFound } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import type { Audience, Cell, PolicyDocument } from '#policy/index.ts';
import { sayCell } from '#policy/say.ts';
import { contextOf, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { changeCell, lines, WINDOWS } from './cell.rules.ts';
import { type Body, fromBody, one, toBody } from './form/body.ts';
import { fieldsOf } from './form/fields.ts';
import type { Schema } from './form/shape.ts';
import { type Again, AnyForm, params, Query, takeForm, VIEWS, WRITE } from './form.routes.ts';
import { GRIDS, SETTERS } from './matrices.pages.ts';
import * as rules from './matrices.rules.ts';
import { peopleByUsername, usernames } from './people.store.ts';
import { exactly, putAt, schemaAt } from './places.ts';
import { openDraft, refuseFaults, summary } from './save.service.ts';
import { sound } from './sound.ts';
import { wordsOf } from './words.ts';

const Row = Type.String({ pattern: '^[A-Z][A-Z0-9-]{1,40}$', maxLength: 40 });
const Who = Type.Union([Type.Literal('staff'), Type.Literal('pupil'), Type.Literal('guest')]);

/** The matrices as grids, each cell with a page of its own for its conditions (UAR-19, UAR-26, COM-11, COM-12, DEV-08). */
export function matricesRoutes(app: WebApp, deps: Deps): void {
  const MATRICES = '/policy/drafts/:id/matrices';
  const base = (id: string) => `/policy/drafts/${id}/matrices`;

  for (const grid of ['', 'devices', 'sanctions'] as const) {
    const path = grid ? `${MATRICES}/${grid}` : MATRICES;
    const view = `${VIEWS}/${grid || 'matrices'}.njk`;
    const page = async (viewer: Viewer, id: string, q: string, again: Again | null) => {
      const { draft, open } = await openDraft(deps, viewer, id);
      return { draft, open, q, again, ...GRIDS[grid](draft.document, q, again) };
    };
    app.get(path, { config: WRITE, schema: { params: params({}), querystring: Query } }, async (request, reply) =>
      reply.page(view, await page(viewerOf(request), request.params.id, request.query.q ?? '', null)),
    );
    app.post(
      path,
      { config: WRITE, schema: { params: params({}), querystring: Query, body: AnyForm } },
      async (request, reply) => {
        const q = request.query.q ?? '';
        return takeForm(deps, request, reply, {
          change: (doc, body) => sound(SETTERS[grid](doc, body)),
          show: async (again) => reply.page(view, await page(viewerOf(request), request.params.id, q, again)),
          to: `${base(request.params.id)}${grid && `/${grid}`}${q && `?q=${encodeURIComponent(q)}`}`,
          done: (changes) => `Saved in the draft. ${summary(changes, 8)}`.slice(0, 800),
        });
      },
    );
  }

  for (const path of [`${MATRICES}/new`, `${MATRICES}/:rule`]) {
    const P = params({ rule: Type.Optional(Row) });
    app.get(path, { config: WRITE, schema: { params: P } }, async (request, reply) =>
      reply.page(`${VIEWS}/form.njk`, await rulePage(viewerOf(request), request.params, null)),
    );
    app.post(path, { config: WRITE, schema: { params: P, body: AnyForm } }, async (request, reply) => {
      const p = request.params;
      const removed = one(request.body, 'do') === 'remove';
      return takeForm(deps, request, reply, {
        change: (doc, body) => changeRule(doc, p.rule, body, removed),
        show: async (again) => reply.page(`${VIEWS}/form.njk`, await rulePage(viewerOf(request), p, again)),
        to: base(p.id),
        done: removed ? 'The row is taken out of the draft.' : 'The row is saved. Choose its answers here.',
      });
    });
  }

  const P = params({ rule: Row, audience: Who });
  app.get(`${MATRICES}/:rule/:audience`, { config: WRITE, schema: { params: P } }, async (request, reply) =>
    reply.page(`${VIEWS}/cell.njk`, await cellPage(viewerOf(request), request.params, null)),
  );
  app.post(
    `${MATRICES}/:rule/:audience`,
    { config: WRITE, schema: { params: P, body: AnyForm } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const { id, rule, audience } = request.params;
      const known = await deps.db.in(contextOf(viewer), (tx) => peopleByUsername(tx, lines(request.body, '/people')));
      const confirms = one(request.body, 'do') === 'confirm';
      return takeForm(deps, request, reply, {
        change: (doc, body) => changeCell(doc, { rule, audience, confirms }, body, known),
        show: async (again) => reply.page(`${VIEWS}/cell.njk`, await cellPage(viewer, request.params, again)),
        to: `${base(id)}/${rule}/${audience}`,
        done: confirms ? 'The reading is confirmed.' : 'The cell is saved in the draft.',
        ...(confirms && { what: `We confirm this reading of ${rule} for ${rules.WHO[audience]}.` }),
      });
    },
  );

  async function cellPage(viewer: Viewer, p: { id: string; rule: string; audience: Audience }, again: Again | null) {
    const { draft, open } = await openDraft(deps, viewer, p.id);
    const rule = draft.document.rules.find((r) => r.id === p.rule);
    if (!rule) throw notFound('this row in the draft');
    const cell = rule.cells[p.audience];
    const people = cell && 'people' in cell ? cell.people : [];
    const named = await deps.db.in(contextOf(viewer), (tx) => usernames(tx, people));
    const words = wordsOf(draft.document, true);
    const body = again?.body ?? {
      ...toBody(WINDOWS, { windows: cell?.value === 'times' ? cell.windows : [] }, words),
      '/value': cell?.value ?? '',
      '/people': people.map((id) => named.get(id) ?? id).join('\n'),
      '/rationale': cell?.rationale ?? '',
    };
    return {
      draft,
      open,
      rule,
      audience: p.audience,
      who: rules.WHO[p.audience],
      clause: draft.document.clauses.find((c) => c.id === rule.clause),
      stands: cell ? sayCell(bare(cell)) : 'not said',
      unconfirmed: cell?.unconfirmed === true,
      values: rules
        .valuesFor(rule, p.audience, cell)
        .map((value) => ({ value, text: rules.VALUES[value], checked: one(body, '/value') === value })),
      isTimes: one(body, '/value') === 'times',
      windows: fieldsOf(WINDOWS, body, words),
      people: one(body, '/people'),
      rationale: one(body, '/rationale'),
      again,
    };
  }

  async function rulePage(viewer: Viewer, p: RuleParams, again: Again | null) {
    const { draft, open } = await openDraft(deps, viewer, p.id);
    const rule =
      p.rule === undefined ? rules.newRule(draft.document) : draft.document.rules.find((r) => r.id === p.rule);
    if (!rule) throw notFound('this row in the draft');
    const words = ruleWords(draft.document);
    return {
      draft,
      open,
      back: { href: base(p.id), text: 'Who may what' },
      here: 'Who may what',
      title: p.rule === undefined ? 'New row' : `${rule.id} ${rule.name}`,
      lead: 'What the row is about. A row with kinds of site closes or opens them at the filter. A new row is closed to everybody until you choose.',
      about: null,
      elsewhere: [],
      fields: fieldsOf(RULE, again?.body ?? toBody(RULE, rule, words), words),
      again,
      remove: p.rule === undefined ? null : 'row',
    };
  }
}

interface RuleParams {
  readonly id: string;
  readonly rule?: string | undefined;
}

const RULE = schemaAt('/rules/0');
const ruleWords = (doc: PolicyDocument) => {
  const words = wordsOf(doc, true);
  return {
    ...words,
    keeps: (s: Schema, key: string) => key === 'cells' || words.keeps(s, key),
    hint: (key: string, schema: Schema) =>
      key === 'action'
        ? `What it is about, in small letters with hyphens. Rows about one action speak together, and the strictest decides. There are: ${[...new Set(doc.rules.map((r) => r.action))].sort().join(', ')}.`
        : key === 'categories'
          ? 'Kinds of site that the filter ties to this row. None: only people decide by it, and “May I?” answers from it.'
          : words.hint(key, schema),
  };
};

function changeRule(doc: PolicyDocument, id: string | undefined, body: Body, removed: boolean): PolicyDocument {
  const rule = id === undefined ? rules.newRule(doc) : doc.rules.find((r) => r.id === id);
  if (!rule) throw notFound('this row in the draft');
  if (removed) return sound({ ...doc, rules: doc.rules.filter((r) => r.id !== id) });
  const { value, faults } = fromBody(RULE, body, rule, ruleWords(doc));
  refuseFaults(faults);
  const place = id === undefined ? `/rules/${doc.rules.length}` : (exactly(doc, `/rules/${id}`) ?? '');
  return sound(putAt(doc, place, value), place);
}

/** What is asked for beside it is left out: the reason, and people, who stand in it by their ids. */
function bare({ rationale: _, ...cell }: Cell): Cell {
  return 'people' in cell && cell.people.length > 0 ? { ...cell, people: [`${cell.people.length} named below`] } : cell;
}
