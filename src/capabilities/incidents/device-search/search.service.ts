import { forbidden, invalid, notFound } from '#core/errors.ts';
import { isUuid, newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { holders } from '#rooms/identity/index.ts';
import { registerStates } from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { effectOf } from './search.effects.ts';
import type { SearchAction, SearchFacts, SearchState, Standing, Typed } from './search.facts.ts';
import { formOf, personFields, type StepForm, wordFields } from './search.forms.ts';
import { judge } from './search.judge.ts';
import { tellNamed } from './search.letters.ts';
import type { SearchLinks } from './search.links.ts';
import { mayStart, peopleFacts } from './search.people.ts';
import { documentsOf, guidanceOf, partsOf, policyOfSearch, type SearchPolicy, searchPolicy } from './search.rules.ts';
import { type Entry, standingOf } from './search.standing.ts';
import {
  dropDraft,
  findSearch,
  insertCaseLink,
  insertEntry,
  insertSearch,
  isLocked,
  newReference,
  type Search,
} from './search.store.ts';

/** What can be done with a search that exists. `suspect` asks nothing, so it has no form. */
export type Step = Exclude<SearchAction, 'start' | 'remind'>;

/** Begin a search: SRC-01 who, SRC-05 how urgent and who is at risk. Nothing is searched by it. */
export function startSearch(deps: Deps, viewer: Viewer, typed: Typed): Promise<string> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const policy = await searchPolicy(tx, now);
    const authorised = await mayStart(tx, viewer, policy.rules.authorisedBy, now);
    if (!authorised) {
      throw forbidden(
        'device-search.start.not-yours',
        'You are not on the list of those who may search a device.',
        'Take the pupil and the device to somebody who is: /device-searches/authorised names them.',
      );
    }
    const form = known('start', typed);
    const locked = isUuid(typed.pupil) && (await isLocked(tx, typed.pupil));
    const facts = await factsOf(tx, deps, viewer, policy, form, typed, { authorised, lockedElsewhere: locked });
    const to = judge('new', 'start', ['authorised'], facts);
    const at = new Date(now);
    const search = {
      id: newId(now),
      school: viewer.school.id,
      reference: newReference('D'),
      pupil: typed.pupil ?? '',
      device: typed.device?.trim() ?? '',
      startedBy: viewer.person.id,
      startedAt: at,
      policyNumber: policy.number,
      documents: await documentsNow(tx, now, policy),
    };
    await insertSearch(tx, search);
    await enter(tx, deps, viewer, search, form, {
      action: 'start',
      from: null,
      to,
      number: 1,
      detail: detailOf(form, typed, facts),
    });
    const from = typed.case
      ? await tx.selectFrom('case_file').select('id').where('reference', '=', typed.case).executeTakeFirst()
      : null;
    if (from) await insertCaseLink(tx, search, from.id, at);
    await dropDraft(tx, 'new', 'start');
    return search.reference;
  });
}

/** SRC-22: the policies that a search keeps to, as the school has them today. */
async function documentsNow(tx: Tx, now: number, { document }: SearchPolicy): Promise<Search['documents']> {
  const wanted = documentsOf(document);
  const states = await registerStates(tx, now);
  return states
    .filter((d) => d.kind === 'document' && wanted.includes(d.id))
    .map(({ id, title, held }) => ({ id, title, edition: held?.edition ?? null, location: held?.location ?? null }));
}

/** The one way in which a search moves: judged by the table, entered in its story and in the ledger, or refused whole. */
export function takeStep(
  deps: Deps,
  links: SearchLinks,
  viewer: Viewer,
  reference: string,
  action: Step,
  typed: Typed,
): Promise<SearchState> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const search = await findSearch(tx, reference, { lock: true });
    if (!search) {
      await searchPolicy(tx, now);
      throw notFound('this search');
    }
    const policy = await policyOfSearch(tx, now, search);
    const leads = (await holders(tx, 'dsl')).map((h) => h.id);
    const parts = partsOf({ id: viewer.person.id, duties: viewer.duties }, search, policy.rules, leads);
    const form = action === 'suspect' ? SUSPECT : known(action, typed);
    const facts = await factsOf(tx, deps, viewer, policy, form, typed, {
      authorised: await mayStart(tx, viewer, policy.rules.authorisedBy, now),
      search,
    });
    const to = judge(search.state, action, parts, facts);
    const detail = {
      ...detailOf(form, typed, facts),
      ...(await effectOf(tx, deps, links, viewer, search, policy, action, typed)),
    };
    const number = (search.entries.at(-1)?.number ?? 0) + 1;
    await enter(tx, deps, viewer, search, form, { action, from: search.state, to, number, detail });
    await tellNamed(tx, deps, viewer, search, action, detail);
    await dropDraft(tx, reference, action);
    return to;
  });
}

const SUSPECT: StepForm = { action: 'suspect', heading: '', about: '', fields: [], button: '', done: '' };

/** The form of a step; what it has no field for is refused, so that nothing is dropped unseen. */
function known(action: SearchAction, typed: Typed): StepForm {
  const form = formOf(action);
  if (!form) throw notFound('this step');
  const names = new Set(form.fields.map((f) => f.name));
  const stray = Object.keys(typed).find(
    (name) =>
      !names.has(name) &&
      !(name === 'case' && action === 'start') &&
      !(names.has('editions') && name.startsWith('edition-')),
  );
  if (stray !== undefined)
    throw invalid('device-search.field', 'This form has no such field. Reload the page and try again.');
  return form;
}

async function factsOf(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  policy: SearchPolicy,
  form: StepForm,
  typed: Typed,
  more: { readonly authorised: boolean; readonly lockedElsewhere?: boolean; readonly search?: Search },
): Promise<SearchFacts> {
  const now = deps.clock.now();
  const named = Object.fromEntries(personFields(form).flatMap((f) => (typed[f] ? [[f, typed[f]]] : [])));
  const standing: Standing = standingOf(more.search?.entries ?? []);
  return {
    now,
    by: viewer.person.id,
    byRoles: viewer.duties,
    authorised: more.authorised,
    policy: policy.rules,
    about: more.search?.about ?? [],
    searchers: more.search?.searchers ?? [],
    standing: more.search ? standing : { ...standing, startedAt: now },
    typed,
    people: await peopleFacts(tx, named, policy.rules.authorisedBy, now),
    when: momentTyped(typed.when, viewer.school.timeZone, now),
    lockedElsewhere: more.lockedElsewhere ?? false,
    guidance: guidanceOf(policy.document),
  };
}

/** A time as a form sends it, `2026-11-03T10:05`, on the school's clock; nothing typed is now. */
export function momentTyped(text: string | undefined, timeZone: string, now: number): number | null {
  if (!text?.trim()) return now;
  try {
    return Temporal.PlainDateTime.from(text.trim()).toZonedDateTime(timeZone).epochMilliseconds;
  } catch {
    return null;
  }
}

/** What an entry keeps: the fields of its form, and what the policy's rows say of the choices. */
function detailOf(form: StepForm, typed: Typed, facts: SearchFacts): Record<string, unknown> {
  const detail: Record<string, unknown> = {};
  for (const { name, kind } of form.fields) {
    if (kind === 'time') detail[name] = new Date(facts.when ?? facts.now).toISOString();
    else if (kind !== 'editions' && typed[name]?.trim()) detail[name] = typed[name].trim();
  }
  const { grounds, reasons } = facts.policy;
  const row =
    form.action === 'ground'
      ? grounds.find((g) => g.id === detail.ground)?.row
      : form.action === 'examine' && reasons.find((r) => r.id === detail.reason)?.row;
  return row ? { ...detail, row } : detail;
}

async function enter(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  search: Pick<Search, 'id' | 'school'>,
  form: StepForm,
  entry: Omit<Entry, 'by' | 'at'>,
): Promise<void> {
  const now = deps.clock.now();
  await insertEntry(tx, search, { ...entry, by: viewer.person.id, at: new Date(now) });
  const inWords = new Set(wordFields(form));
  const fields = Object.entries(entry.detail).filter(([name]) => name !== 'editions');
  await record(tx, {
    school: search.school,
    actor: viewer.person.id,
    action: `device-search.${entry.action}`,
    object: { kind: 'device_search', id: search.id },
    detail: { ...Object.fromEntries(fields.filter(([name]) => !inWords.has(name))), from: entry.from, to: entry.to },
    text: Object.fromEntries(
      fields.filter(([name]) => inWords.has(name)).map(([name, value]) => [name, String(value)]),
    ),
    at: now,
  });
}
