import { conflict, notFound } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { explainSetting, type PolicyDocument, SETTINGS, type Setting } from '#policy/index.ts';
import { sayKey, sayValue } from '#policy/say.ts';
import { type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { type Body, fromBody, one, toBody } from './form/body.ts';
import { fieldsOf } from './form/fields.ts';
import { type Again, AnyForm, Key, params, Query, takeForm, VIEWS, WRITE } from './form.routes.ts';
import { changePlaces, formOf, placesOf, titleOf } from './parts.rules.ts';
import { exactly, getAt, keyOf, LISTS, type List, listOf, PARTS, partOf, putAt, schemaAt } from './places.ts';
import { openDraft, refuseFaults } from './save.service.ts';
import { sound } from './sound.ts';
import { wordsOf } from './words.ts';

/** Everything of a policy that is neither a clause nor a cell, as forms made from its schema. */
export function partsRoutes(app: WebApp, deps: Deps): void {
  const open = (viewer: Viewer, id: string) => openDraft(deps, viewer, id);

  app.get(
    '/policy/drafts/:id/settings',
    { config: WRITE, schema: { params: params({}), querystring: Query } },
    async (request, reply) => {
      const { draft, open: isOpen } = await open(viewerOf(request), request.params.id);
      const q = request.query.q ?? '';
      return reply.page(`${VIEWS}/settings.njk`, { draft, open: isOpen, q, ...settingsFor(draft.document, q) });
    },
  );

  app.get(
    '/policy/drafts/:id/settings/:part',
    { config: WRITE, schema: { params: params({ part: Key }) } },
    async (request, reply) => reply.page(`${VIEWS}/form.njk`, await partPage(viewerOf(request), request.params, null)),
  );
  app.post(
    '/policy/drafts/:id/settings/:part',
    { config: WRITE, schema: { params: params({ part: Key }), body: AnyForm } },
    async (request, reply) => {
      const { id, part } = request.params;
      return takeForm(deps, request, reply, {
        change: (doc, body) => changePlaces(doc, placesOf(doc, part), body),
        show: async (again) =>
          reply.page(`${VIEWS}/form.njk`, await partPage(viewerOf(request), request.params, again)),
        to: `/policy/drafts/${id}/settings/${part}`,
        done: 'Saved in the draft.',
      });
    },
  );

  async function partPage(viewer: Viewer, { id, part }: { id: string; part: string }, again: Again | null) {
    const { draft, open: isOpen } = await open(viewer, id);
    const doc = draft.document;
    const places = placesOf(doc, part);
    const { schema, value, words } = formOf(doc, places);
    const setting = SETTINGS.find((s) => s.id === part);
    return {
      draft,
      open: isOpen,
      back: { href: `/policy/drafts/${id}/settings`, text: 'Settings' },
      here: 'Settings',
      title: setting ? `${setting.id} ${setting.topic}` : partOf(part).title,
      lead: setting ? explainSetting(doc, part) : partOf(part).about,
      about: setting ?? null,
      elsewhere: setting ? elsewhere(doc, setting, id) : [],
      fields: fieldsOf(schema, again?.body ?? toBody(schema, value, words), words),
      again,
    };
  }

  app.get(
    '/policy/drafts/:id/lists/:list',
    { config: WRITE, schema: { params: params({ list: Key }), querystring: Query } },
    async (request, reply) => {
      const { draft, open: isOpen } = await open(viewerOf(request), request.params.id);
      const list = listOf(request.params.list);
      const q = request.query.q ?? '';
      const entries = getAt(draft.document, list.at) as readonly Record<string, unknown>[];
      const shown = entries.filter((e) => sayValue(e).toLowerCase().includes(q.trim().toLowerCase()));
      return reply.page(`${VIEWS}/list.njk`, {
        draft,
        open: isOpen,
        list,
        q,
        total: entries.length,
        entries: shown.map((e) => ({
          key: keyOf(e),
          title: titleOf(e),
          detail: detailOf(e),
          proposed: e.proposed === true,
        })),
      });
    },
  );

  const P = params({ list: Key, entry: Key });
  app.get('/policy/drafts/:id/lists/:list/:entry', { config: WRITE, schema: { params: P } }, async (request, reply) =>
    reply.page(`${VIEWS}/form.njk`, await entryPage(viewerOf(request), request.params, null)),
  );
  app.post(
    '/policy/drafts/:id/lists/:list/:entry',
    { config: WRITE, schema: { params: P, body: AnyForm } },
    async (request, reply) => {
      const { id, entry } = request.params;
      const list = listOf(request.params.list);
      const removed = one(request.body, 'do') === 'remove';
      const to = `/policy/drafts/${id}/lists/${list.id}`;
      return takeForm(deps, request, reply, {
        change: (doc, body) => changeEntry(doc, list, entry, body, removed),
        show: async (again) =>
          reply.page(`${VIEWS}/form.njk`, await entryPage(viewerOf(request), request.params, again)),
        to: removed || entry === 'new' ? to : `${to}/${entry}`,
        done: removed ? `The ${list.one} is taken out of the draft.` : `The ${list.one} is saved in the draft.`,
      });
    },
  );

  async function entryPage(viewer: Viewer, p: { id: string; list: string; entry: string }, again: Again | null) {
    const { draft, open: isOpen } = await open(viewer, p.id);
    const list = listOf(p.list);
    const isNew = p.entry === 'new';
    const place = isNew ? null : exactly(draft.document, `${list.at}/${p.entry}`);
    if (!isNew && place === null) throw notFound(`this ${list.one} in the draft`);
    const schema = schemaAt(`${list.at}/0`);
    const words = wordsOf(draft.document, !isNew);
    const value = place === null ? undefined : getAt(draft.document, place);
    return {
      draft,
      open: isOpen,
      back: { href: `/policy/drafts/${p.id}/lists/${list.id}`, text: list.title },
      here: 'Settings',
      title: isNew ? `New ${list.one}` : titleOf(value as Record<string, unknown>),
      lead: list.about,
      about: null,
      elsewhere: [],
      fields: fieldsOf(schema, again?.body ?? toBody(schema, value, words), words),
      again,
      remove: isNew ? null : list.one,
    };
  }
}

/** What tells entries apart at a glance. */
const detailOf = (e: Readonly<Record<string, unknown>>): string =>
  ['owner', 'to', 'period', 'keepDays', 'edition', 'phase', 'supplied', 'audience']
    .flatMap((key) => (key in e ? [`${sayKey(key)}: ${sayValue(e[key])}`] : []))
    .slice(0, 3)
    .join('; ');

function changeEntry(doc: PolicyDocument, list: List, entry: string, body: Body, removed: boolean): PolicyDocument {
  const isNew = entry === 'new';
  const entries = getAt(doc, list.at) as readonly unknown[];
  const place = isNew ? `${list.at}/${entries.length}` : exactly(doc, `${list.at}/${entry}`);
  if (place === null) throw conflict('policy.entry.gone', `This ${list.one} is not in the draft any more.`);
  if (removed) return sound(putAt(doc, place, undefined));
  const { value, faults } = fromBody(
    schemaAt(place),
    body,
    isNew ? undefined : getAt(doc, place),
    wordsOf(doc, !isNew),
  );
  refuseFaults(faults);
  return sound(putAt(doc, place, value), place);
}

/** Where the rest of a setting is changed. */
function elsewhere(doc: PolicyDocument, setting: Setting, id: string) {
  const draft = `/policy/drafts/${id}`;
  const links = setting.at.flatMap((place) => {
    const [, first = '', entry = '', , audience = ''] = place.split('/');
    if (first === 'rules' && audience !== '*' && exactly(doc, place)) {
      return [
        {
          href: `${draft}/matrices/${entry}/${audience}`,
          text: `The cell of ${entry} for ${audience === 'pupil' ? 'pupils' : audience}`,
        },
      ];
    }
    if (first === 'rules') return [{ href: `${draft}/matrices?q=${entry}`, text: `The row ${entry}` }];
    if (first === 'devices') return [{ href: `${draft}/matrices/devices`, text: 'The table of devices' }];
    const list = LISTS.find((l) => l.at === `/${first}`);
    if (!list) return [];
    return exactly(doc, `/${first}/${entry}`) && entry !== '*'
      ? [{ href: `${draft}/lists/${list.id}/${entry}`, text: `${list.title}: ${entry}` }]
      : [{ href: `${draft}/lists/${list.id}`, text: list.title }];
  });
  if (setting.at.some((p) => p.startsWith('/sanctions')))
    links.push({ href: `${draft}/matrices/sanctions`, text: 'The tables of sanctions' });
  return [...new Map(links.map((l) => [l.href, l])).values()];
}

/** D01–D43 and the other parts, each with what it says now and what the software does by it. */
function settingsFor(doc: PolicyDocument, q: string) {
  const words = q.trim().toLowerCase();
  const fits = (...texts: string[]) => texts.join(' ').toLowerCase().includes(words);
  const settings = SETTINGS.map((s) => ({ ...s, says: explainSetting(doc, s.id) }));
  return {
    total: SETTINGS.length,
    settings: settings.filter((s) => fits(s.id, s.topic, s.says, s.docs)),
    parts: PARTS.filter((p) => fits(p.title, p.about)),
    lists: LISTS.filter((l) => fits(l.title, l.about)).map((l) => ({
      ...l,
      count: (getAt(doc, l.at) as unknown[]).length,
    })),
  };
}
