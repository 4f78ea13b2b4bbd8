import { conflict, notFound, type Refusal } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { DocumentModel } from '#platform/documents/index.ts';
import { holders, names } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { listComplaints } from './complaints.store.ts';
import { receiptOf } from './receipt.ts';
import type { SearchAction, SearchActor, SearchFacts, SearchState, Standing, Typed } from './search.facts.ts';
import { formOf, STEP_FORMS } from './search.forms.ts';
import { FIELD_OF } from './search.guards.ts';
import { mayStart } from './search.people.ts';
import { isSealed, partsOf, policyOfSearch, type SearchPolicy, searchPolicy } from './search.rules.ts';
import { handOverDue, standingOf } from './search.standing.ts';
import { draftOf, draftsOf, findSearch, listSearches, type Search } from './search.store.ts';
import { storyOf } from './search.story.ts';
import { STATES } from './search.words.ts';
import { searchWorkflow } from './search.workflow.ts';
import { shownFields } from './step.fields.ts';

/** What pages show. Every read runs in the viewer's own context, so row security answers for it. */
export function searchesPage(
  deps: Deps,
  viewer: Viewer,
  asked: { q?: string | undefined; state?: SearchState | 'open' | undefined },
) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const { rules } = await searchPolicy(tx, now);
    const searches = await listSearches(tx, { text: asked.q, state: asked.state });
    const drafts = await draftsOf(tx);
    return {
      asked,
      searches: searches.map((s) => ({ ...s, ...STATES[s.state] })),
      states: searchWorkflow.states.map((value) => ({ value, text: STATES[value].name })),
      mayStart: await mayStart(tx, viewer, rules.authorisedBy, now),
      drafts: drafts.flatMap((d) => {
        const form = formOf(d.action);
        const href = d.about === 'new' ? '/device-searches/new' : `/device-searches/${d.about}/${d.action}`;
        return form ? [{ ...d, heading: form.heading, href }] : [];
      }),
    };
  });
}

interface Read {
  readonly search: Search;
  readonly policy: SearchPolicy;
  readonly parts: readonly SearchActor[];
  readonly standing: Standing;
}

async function read(tx: Tx, viewer: Viewer, reference: string, now: number): Promise<Read> {
  const search = await findSearch(tx, reference);
  if (!search) {
    await searchPolicy(tx, now);
    throw notFound('this search');
  }
  const policy = await policyOfSearch(tx, now, search);
  const leads = (await holders(tx, 'dsl')).map((h) => h.id);
  const parts = partsOf({ id: viewer.person.id, duties: viewer.duties }, search, policy.rules, leads);
  return { search, policy, parts, standing: standingOf(search.entries) };
}

/** The steps that lead on, first to last; the first that is open is the next. */
const WAY: readonly { readonly action: SearchAction; readonly when: (s: Standing) => boolean }[] = [
  { action: 'ground', when: (s) => s.grounds === 0 },
  { action: 'advise', when: (s) => !s.urgent && !s.advised },
  { action: 'explain', when: (s) => !s.explained },
  { action: 'cooperate', when: () => true },
  { action: 'search', when: () => true },
  { action: 'decide', when: (s) => s.decision === null },
  { action: 'confiscate', when: (s) => s.taken === null },
  { action: 'finding', when: (s) => s.finding === null },
  { action: 'consider', when: (s) => s.finding === 'unsuitable' && !s.considered },
  { action: 'respond', when: (s) => s.finding === 'unsuitable' && !s.responded },
  { action: 'hand-over', when: (s) => s.handOverSince !== null },
  { action: 'return', when: (s) => s.finding !== null },
];

function nextOf({ search, parts, standing }: Read): SearchAction | null {
  const offered = searchWorkflow.offered(search.state, parts);
  return WAY.find((w) => offered.includes(w.action) && w.when(standing))?.action ?? null;
}

/** Why a step cannot be done yet, whatever is typed: what the table asks beyond the form. */
function blocked(read_: Read, action: SearchAction, authorised: boolean): { guard: string; why: string } | null {
  const facts: SearchFacts = {
    now: 0,
    by: '',
    byRoles: [],
    authorised,
    policy: read_.policy.rules,
    about: read_.search.about,
    searchers: read_.search.searchers,
    standing: read_.standing,
    typed: {},
    people: {},
    when: 0,
    lockedElsewhere: false,
    guidance: [],
  };
  const guards = searchWorkflow.rows
    .filter((r) => r.from === read_.search.state && r.action === action)
    .flatMap((r) => r.guards)
    .filter((g) => FIELD_OF[g.name] === undefined);
  for (const { name, check } of guards) {
    const why = check(facts);
    if (why !== null) return { guard: name, why };
  }
  return null;
}

export function searchPage(deps: Deps, viewer: Viewer, reference: string) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const r = await read(tx, viewer, reference, now);
    const { search, policy, standing, parts } = r;
    const authorised = await mayStart(tx, viewer, policy.rules.authorisedBy, now);
    const offered = searchWorkflow.offered(search.state, parts);
    const next = nextOf(r);
    const forms = STEP_FORMS.filter((f) => offered.includes(f.action));
    const ids = [...search.about, ...search.searchers, ...standing.custody.filter((c) => c.known).map((c) => c.holder)];
    const who = await names(tx, ids.filter(isUuid));
    const due = handOverDue({ ...standing, reminders: [] }, policy.rules.handOver.minutes);
    const name = (id: string) => who.get(id) ?? 'somebody';
    const alert = search.entries.findLast((e) => e.action === 'suspect')?.detail.alert;
    return {
      search,
      state: STATES[search.state],
      sealed: isSealed(standing),
      standing,
      pupil: name(search.pupil),
      named: search.about.slice(1).map(name),
      searchers: search.searchers.map(name),
      next: forms.find((f) => f.action === next),
      others: forms
        .filter((f) => f.action !== next)
        .map((f) => ({ ...f, blocked: blocked(r, f.action, authorised) }))
        // What was taken is not to be taken again: that waits for nothing.
        .filter((f) => f.blocked?.guard !== 'notTakenYet'),
      maySuspect: offered.includes('suspect'),
      handOver: due === null ? null : { due: new Date(due), late: due <= now },
      custody: standing.custody.map((c) => ({ ...c, at: new Date(c.at), holder: c.known ? name(c.holder) : c.holder })),
      story: await storyOf(tx, search, policy),
      complaints: await listComplaints(tx, { search: search.id }),
      alert: typeof alert === 'string' && parts.some((p) => p !== 'searcher') ? alert : null,
    };
  });
}

/** One step, one screen. `tried`: what was typed and why it was not taken. */
export interface Tried {
  readonly typed?: Typed;
  readonly find?: string;
  readonly refusal?: Refusal | undefined;
}

export function stepPage(deps: Deps, viewer: Viewer, reference: string, action: SearchAction, tried: Tried = {}) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const r = await read(tx, viewer, reference, now);
    const form = formOf(action);
    if (!form || !searchWorkflow.offered(r.search.state, r.parts).includes(action)) {
      throw conflict(
        `device-search.${action}.not-offered`,
        'This step cannot be taken here now.',
        'The page of the search says what comes next.',
      );
    }
    const draft = tried.typed ? undefined : await draftOf(tx, reference, action);
    const typed = tried.typed ?? draft?.typed ?? {};
    const about = { viewer, policy: r.policy, search: r.search, typed, find: tried.find ?? '', now };
    const authorised = await mayStart(tx, viewer, r.policy.rules.authorisedBy, now);
    return {
      reference,
      form,
      to: `/device-searches/${reference}/${action}`,
      back: `/device-searches/${reference}`,
      fields: await shownFields(tx, form, about),
      find: tried.find,
      draftAt: draft?.at,
      refusal: tried.refusal,
      blocked: tried.refusal ? null : blocked(r, action, authorised),
      sealed: isSealed(r.standing),
      maySuspect: searchWorkflow.offered(r.search.state, r.parts).includes('suspect'),
    };
  });
}

/** The first screen of a new search. Whoever is not on the list reads who is. */
export function newPage(deps: Deps, viewer: Viewer, tried: Tried & { case?: string | undefined } = {}) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const policy = await searchPolicy(tx, now);
    const form = formOf('start');
    if (!form) throw notFound('this form');
    const draft = tried.typed ? undefined : await draftOf(tx, 'new', 'start');
    const typed = tried.typed ?? draft?.typed ?? {};
    const about = { viewer, policy, search: undefined, typed, find: tried.find ?? '', now };
    return {
      form,
      to: '/device-searches/new',
      back: '/device-searches',
      fields: await shownFields(tx, form, about),
      find: tried.find,
      draftAt: draft?.at,
      refusal: tried.refusal,
      fromCase: typed.case ?? tried.case,
      mayStart: await mayStart(tx, viewer, policy.rules.authorisedBy, now),
    };
  });
}

/** Where a step leads the browser: to the next one while there is one, else to the page of the search. */
export function afterStep(deps: Deps, viewer: Viewer, reference: string, action: SearchAction): Promise<string> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const page = `/device-searches/${reference}`;
    const search = await findSearch(tx, reference);
    // Whoever named themselves out of it, or brought nothing new, goes back to what they can see.
    if (!search) return '/device-searches';
    if (!LEADS_ON.has(action)) return page;
    const next = nextOf(await read(tx, viewer, reference, deps.clock.now()));
    return next && LEADS_ON.has(next) ? `${page}/${next}` : page;
  });
}
/** In the corridor each screen leads to the next; from the taking of the device on, people choose. */
const LEADS_ON: ReadonlySet<SearchAction> = new Set(['start', 'ground', 'advise', 'explain', 'cooperate', 'search']);

/** SRC-22: the receipt, on the page and as a file from one and the same document. */
export function receiptPage(deps: Deps, viewer: Viewer, reference: string): Promise<DocumentModel> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const { search, standing } = await read(tx, viewer, reference, deps.clock.now());
    const ids = [search.pupil, ...standing.custody.map((c) => c.holder), ...search.entries.flatMap((e) => e.by ?? [])];
    const who = await names(tx, ids.filter(isUuid));
    const format = new Intl.DateTimeFormat('en-GB', {
      dateStyle: 'medium',
      timeStyle: 'short',
      timeZone: viewer.school.timeZone,
    });
    const model = receiptOf(search, {
      school: viewer.school.name,
      pupil: who.get(search.pupil) ?? '',
      complaints: `${deps.config.pagesUrl}/device-searches/complaints`,
      time: (at) => format.format(at),
      name: (id) => who.get(id) ?? 'a member of staff',
    });
    if (!model) throw conflict('device-search.receipt.nothing', 'Nothing was taken, so there is no receipt.');
    return model;
  });
}

/** The whole record for print: closed for everybody once such a picture is suspected (SRC-19). */
export async function printPage(deps: Deps, viewer: Viewer, reference: string) {
  const page = await searchPage(deps, viewer, reference);
  if (page.sealed) {
    throw conflict(
      'device-search.print.sealed',
      'This record is closed for print, for everybody.',
      'Read it on its page. The receipt can be printed: it tells nothing of what was found.',
    );
  }
  return page;
}
