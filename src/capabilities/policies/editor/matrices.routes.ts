import { Type } from 'typebox';
import { notFound } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import type { Audience, Cell, Change, PolicyDocument, Rule, TimeWindow } from '#policy/index.ts';
import { sayCell } from '#policy/say.ts';
import { contextOf, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { type Body, type Faults, fromBody, one, toBody } from './form/body.ts';
import { fieldsOf } from './form/fields.ts';
import type { Schema } from './form/shape.ts';
import { type Again, AnyForm, params, Query, takeForm, VIEWS, WRITE } from './form.routes.ts';
import * as rules from './matrices.rules.ts';
import { peopleByUsername, usernames } from './people.store.ts';
import { exactly, putAt, schemaAt } from './places.ts';
import { openDraft, refuseFaults } from './save.service.ts';
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
          done: changedCells,
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
/** Only the windows of a cell: its value, people and rationale are asked beside them. */
const WINDOWS = Type.Object({
  windows: (schemaAt('/rules/0/cells/pupil').anyOf?.find((s) => s.properties?.windows)?.properties?.windows ??
    Type.Never()) as Schema,
}) as unknown as Schema;

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

function changeCell(
  doc: PolicyDocument,
  { rule: id, audience, confirms }: { rule: string; audience: Audience; confirms: boolean },
  body: Body,
  known: ReadonlyMap<string, string>,
): PolicyDocument {
  const rule = doc.rules.find((r) => r.id === id);
  const place = exactly(doc, `/rules/${id}/cells`);
  if (!rule || place === null) throw notFound('this row in the draft');
  const was = rule.cells[audience];
  const value = one(body, '/value') as Cell['value'];
  const faults: Faults = {};
  if (!rules.valuesFor(rule, audience, was).includes(value)) faults['/value'] = 'Choose one of these.';
  const read = fromBody(WINDOWS, body, undefined, wordsOf(doc, true));
  if (value === 'times') Object.assign(faults, read.faults);
  const before = was && 'people' in was ? was.people : [];
  const typed = lines(body, '/people');
  const unknown = typed.filter((name) => !known.has(name) && !before.includes(name));
  if ((value === 'selected' || value === 'nominated') && unknown.length > 0) {
    faults['/people'] = `Nobody here has the username ${unknown.join(', ')}.`;
  }
  refuseFaults(faults);
  const rationale = one(body, '/rationale').replaceAll('\r\n', '\n').trim();
  const { unconfirmed, rationale: _, ...rest } = { ...rules.cellOf(value, was) } as Cell;
  const cell = {
    ...rest,
    ...(value === 'times' && { windows: (read.value as { windows: TimeWindow[] }).windows }),
    ...((value === 'selected' || value === 'nominated') && {
      people: [...new Set(typed.map((name) => known.get(name) ?? name))],
    }),
    ...(rationale && { rationale }),
    ...(unconfirmed && !confirms && { unconfirmed }),
  } as Cell;
  return sound(rules.setCell(doc, id, audience, cell), `${place}/${audience}`);
}

const lines = (body: unknown, name: string): string[] =>
  one(body as Body, name)
    .split('\n')
    .flatMap((line) => line.trim() || []);

/** What is asked for beside it is left out: the reason, and people, who stand in it by their ids. */
function bare({ rationale: _, ...cell }: Cell): Cell {
  return 'people' in cell && cell.people.length > 0 ? { ...cell, people: [`${cell.people.length} named below`] } : cell;
}

const SHOWN = 8;
/** Exactly which cells are different now. */
function changedCells(changes: readonly Change[]): string {
  const said = changes.slice(0, SHOWN).map((c) => c.said);
  const more = changes.length - SHOWN;
  const n = changes.length === 1 ? 'One change' : `${changes.length} changes`;
  return `${n} saved in the draft. ${said.join(' ')}${more > 0 ? ` And ${more} more.` : ''}`.slice(0, 1500);
}

type Grid = '' | 'devices' | 'sanctions';
const SETTERS: Readonly<Record<Grid, (doc: PolicyDocument, body: Body) => PolicyDocument>> = {
  '': rules.setCells,
  devices: rules.setDevices,
  sanctions: (doc, body) => rules.setSanctions(doc, one(body, 'who') === 'staff' ? 'staff' : 'pupil', body),
};

const GRIDS: Readonly<Record<Grid, (doc: PolicyDocument, q: string, again: Again | null) => Record<string, unknown>>> =
  {
    '': (doc, q, again) => {
      const words = q.trim().toLowerCase();
      const numbers = new Map(doc.clauses.map((c) => [c.id, c.number]));
      const shown = doc.rules.filter((r) =>
        [r.id, r.name, r.action, numbers.get(r.clause), ...(r.words ?? []), ...r.categories]
          .join(' ')
          .toLowerCase()
          .includes(words),
      );
      const row = (rule: Rule) => ({
        ...rule,
        number: numbers.get(rule.clause),
        columns: rules.AUDIENCES.map((audience) => {
          const cell = rule.cells[audience];
          const name = rules.cellName(rule.id, audience);
          const value = again ? one(again.body, name) : (cell?.value ?? '');
          const values = rules.valuesFor(rule, audience, cell).map((v) => ({ value: v, text: rules.VALUES[v] }));
          return {
            audience,
            who: rules.WHO[audience],
            name,
            value,
            options: [...values, { value: '', text: 'Not said' }],
            changed: again !== null && value !== (cell?.value ?? ''),
            unconfirmed: cell?.unconfirmed === true,
            empty: cell?.value === 'times' && cell.windows.length === 0,
          };
        }),
      });
      const isTalk = (r: Rule) => r.id.startsWith('COM-');
      return {
        total: doc.rules.length,
        found: shown.length,
        grids: [
          { title: 'Communications', rows: shown.filter(isTalk).map(row) },
          { title: 'User actions', rows: shown.filter((r) => !isTalk(r)).map(row) },
        ].filter((g) => g.rows.length > 0),
      };
    },
    devices: (doc, q, again) => ({
      levels: rules.LEVELS,
      rows: doc.devices
        .filter((d) => d.name.toLowerCase().includes(q.trim().toLowerCase()))
        .map((d) => ({
          ...d,
          level: again ? one(again.body, `${d.id}:level`) : rules.levelOf(d),
          school: again ? one(again.body, `${d.id}:school`) : d.cells.inSchool ? 'yes' : 'no',
        })),
    }),
    sanctions: (doc, q, again) => ({
      values: rules.SANCTIONS,
      tables: (['pupil', 'staff'] as const).flatMap((who) => {
        const { table } = doc.sanctions[who];
        if (!table) return [];
        const mine = again !== null && one(again.body, 'who') === who;
        return [
          {
            ...table,
            who,
            incidents: table.incidents
              .filter((i) => `${i.id} ${i.name}`.toLowerCase().includes(q.trim().toLowerCase()))
              .map((i) => ({
                ...i,
                columns: table.actions.map((a) => {
                  const name = rules.sanctionName(who, i.id, a.id);
                  const value = i.cells[a.id] ?? 'not-available';
                  return { name, action: a.name, value: mine ? one(again.body, name) || value : value };
                }),
              })),
          },
        ];
      }),
    }),
  };
