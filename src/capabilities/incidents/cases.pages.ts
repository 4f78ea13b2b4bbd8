import { dayIn } from '#core/days.ts';
import { notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { CLASS_WORDS } from '#policy/index.ts';
import { LEADING_ROLES, type PolicyDocument, type RoleId } from '#policy/types.ts';
import { holders, names, roleTitle, searchPeople } from '#rooms/identity/index.ts';
import { escalationSteps } from '#rooms/monitoring/index.ts';
import { policyInForce, taxonomy } from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { isHiddenHere, isolatedDevices, namedVisits, ordersOf, singleAddresses } from './access/index.ts';
import { contactsOf } from './case.contacts.ts';
import { isOutcome, OUTCOMES } from './case.facts.ts';
import { flowDrawing, flowSettings, flowSteps } from './case.flow.ts';
import { type OptionSource, STEP_FORMS } from './case.forms.ts';
import { CASE_GUARDS } from './case.guards.ts';
import { type Standing, standingOf } from './case.judge.ts';
import { procedureOf } from './case.leads.ts';
import { actionsOf, typesOf } from './case.types.ts';
import { type CaseState, caseWorkflow } from './case.workflow.ts';
import { nextOf, type Offer } from './cases.next.ts';
import { readingsOf } from './cases.readings.ts';
import { isKeptFrom } from './cases.rules.ts';
import { categoryName } from './cases.service.ts';
import { type CaseFile, findCase } from './cases.store.ts';
import { entryWords, STATES } from './cases.words.ts';
import { clockLine, clocksOf, isLate } from './clocks/index.ts';
import { rulesApplied } from './closing/rules.ts';
import { computersOf, findComputer } from './computers/index.ts';
import { VERDICT_WORDS } from './cyber-bullying/definition.ts';
import { searchesBeside } from './device-search/index.ts';
import { recordOf } from './handover/index.ts';
import type { NewCaseForm } from './incidents.routes.ts';
import { followedOf, standingChoices } from './sanctions/followed.ts';

/** INC-01: where the case is, why, what comes next, and what or who is missing. */
export function casePage(deps: Deps, viewer: Viewer, which: string, find?: string, fromComputer: string | null = null) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const file = await findCase(tx, which);
    if (!file) throw notFound('this case');
    const now = deps.clock.now();
    const standing = await standingOf(tx, viewer, file, now, fromComputer);
    const document = (await policyInForce(tx, now))?.document;
    const types = new Map(document ? [...typesOf(document), ...actionsOf(document)].map((t) => [t.id, t.name]) : []);
    const { entries } = standing;
    const shielded = !standing.facts.parts.some((p) => p === 'lead' || p === 'deputy' || p === 'head');
    const mentioned = entries.flatMap((e) => [e.by_person, e.detail.person]).filter((id) => typeof id === 'string');
    const touched = [...file.subjects, ...file.affected, ...file.witnesses, ...file.team];
    const who = await names(tx, [...new Set([...mentioned, ...touched])]);
    const called = (ids: readonly string[]) => ids.map((id) => who.get(id) ?? 'a person who has left the records');
    const roles = await rolesOf(tx, file.team, document);
    const inRole = (id: string) => [...called([id]), ...(roles.get(id) ?? [])].join(', ');
    const offers = offersOf(standing);
    const hidden = isHiddenHere(file, fromComputer);
    const first = STATES[file.state].first.flatMap((a) => offers.filter((o) => o.action === a));
    return {
      file,
      state: STATES[file.state],
      path: pathOf(standing),
      types: file.types.map((t) => types.get(t) ?? t),
      category: categoryName(file.category),
      outcome: isOutcome(file.outcome ?? undefined) ? OUTCOMES[file.outcome as keyof typeof OUTCOMES] : null,
      subjects: called(file.subjects),
      affected: called(file.affected),
      witnesses: shielded ? file.witnesses.map((_, i) => `witness ${i + 1}`) : called(file.witnesses),
      team: file.team.filter((id) => id !== file.manager).map(inRole),
      manager: file.manager ? (called([file.manager])[0] ?? null) : null,
      with: file.manager && inRole(file.manager),
      mine: file.manager === viewer.person.id,
      containment: standing.story.items,
      contacts: contactsOf(entries, who),
      followed: await followedOf(tx, file.id, viewer.person.id),
      handles: offers.some((o) => o.action === 'inform'),
      record: recordOf(standing),
      devices: await searchesBeside(tx, viewer, file.id, now),
      readings: await readingsOf(tx, file.id),
      clocks: (await clocksOf(tx, file, entries, now)).map((c) => ({ text: clockLine(c, now), late: isLate(c, now) })),
      entries: entries.map((e) => ({
        at: e.at,
        by: e.by_person ? who.get(e.by_person) : 'Gatehouse',
        ...(hidden && e.action === 'finding'
          ? { line: 'A finding, shown on the designated computer', text: '' }
          : entryWords(e, who, types, shielded)),
        action: e.action,
      })),
      rules: await rulesApplied(tx, await policyInForce(tx, now), now),
      bullying: standing.story.bullying && VERDICT_WORDS[standing.story.bullying],
      examination: await examinationOf(tx, file, hidden, fromComputer),
      ...nextOf(first, standing),
      stop: offers.find((o) => o.action === 'suspect'),
      others: offers.filter((o) => !first.includes(o) && o.action !== 'suspect'),
      options: await optionsFor(tx, offers, standing, document, find, now),
      find,
      alerts: await tx.selectFrom('alert').select(['id', 'reference']).where('case_id', '=', file.id).execute(),
    };
  });
}

/** INC-26: as what each of the team takes part. */
async function rolesOf(tx: Tx, people: readonly string[], document: PolicyDocument | undefined) {
  if (people.length === 0) return new Map<string, string[]>();
  const held = await tx
    .selectFrom('role_holding')
    .select(['person_id', 'role'])
    .where('person_id', 'in', [...people])
    .where('until_at', 'is', null)
    .orderBy('from_at')
    .execute();
  const byPerson = Map.groupBy(held, (h) => h.person_id);
  return new Map([...byPerson].map(([id, hs]) => [id, hs.map((h) => roleTitle(h.role, document?.roles))] as const));
}

/** INC-06, INC-07: the computer, the access that was opened, and the latest visits; these only where they may be shown. */
async function examinationOf(tx: Tx, file: CaseFile, hidden: boolean, here: string | null) {
  const computer = file.computer ? await findComputer(tx, file.computer) : undefined;
  const orders = await ordersOf(tx, file.id);
  const opened = orders.filter((o) => o.kind === 'examination');
  const who = await names(
    tx,
    opened.flatMap((o) => o.people),
  );
  return {
    hidden,
    computer,
    here: computer !== undefined && here === computer.id,
    grants: opened.map((o) => ({ ...o, people: o.people.map((id) => who.get(id) ?? id) })),
    visits: hidden ? [] : (await namedVisits(tx, file.id)).slice(-LATEST).reverse(),
  };
}
const LATEST = 10;

function offersOf({ file, facts, story }: Standing): Offer[] {
  // Where nothing was proven a page does not speak of sanctions: most cases are a child in need.
  const silent = story.proven ? [] : ['sanction', 'appeal-made'];
  const offered = caseWorkflow.offered(file.state, facts.parts).filter((a) => !silent.includes(a));
  return STEP_FORMS.filter((f) => offered.includes(f.action)).map((form) => {
    const rows = caseWorkflow.rows.filter(
      (r) => r.from === file.state && r.action === form.action && r.who.some((w) => facts.parts.includes(w)),
    );
    // Of several ways the one asking least says what is missing; a second person's word is not missing before the first's.
    const ways = rows.map((r) =>
      r.guards.flatMap((g) => (Object.hasOwn(CASE_GUARDS, g.name) ? (g.check(facts) ?? []) : [])),
    );
    const missing = ways.reduce((least, w) => (w.length < least.length ? w : least), ways[0] ?? []);
    return { ...form, missing };
  });
}

/** The usual way of a case, with where this one stands: what the page draws at its top. */
const USUAL: readonly CaseState[] = [
  'reported',
  'triage',
  'contain',
  'team',
  'examine',
  'judge',
  'actions',
  'resolved',
  'closed',
];
const SHORT: readonly CaseState[] = ['reported', 'triage', 'actions', 'resolved', 'closed'];

function pathOf({ file, entries }: Standing) {
  const been = new Set(entries.map((e) => e.to_state));
  const short = been.has('actions') && !been.has('contain');
  return (short ? SHORT : USUAL).map((s) => ({
    name: STATES[s].name,
    here: s === file.state,
    been: been.has(s) && s !== file.state,
  }));
}

type Option = { readonly value: string; readonly text: string; readonly hint?: string };

async function optionsFor(
  tx: Tx,
  offers: readonly Offer[],
  { file, story }: Standing,
  document: PolicyDocument | undefined,
  find: string | undefined,
  now: number,
): Promise<Partial<Record<OptionSource, readonly Option[]>>> {
  const wanted = new Set(offers.flatMap((o) => o.fields.flatMap((f) => f.from ?? [])));
  const read: Record<OptionSource, () => Option[] | Promise<Option[]>> = {
    staff: async () => {
      const staff = await searchPeople(tx, '', { kind: 'staff', limit: 500 });
      const governors = await searchPeople(tx, '', { kind: 'governor', limit: 100 });
      return [...staff, ...governors]
        .filter((p) => !isKeptFrom(file, p.id))
        .map((p) => ({ value: p.id, text: p.displayName }));
    },
    found: async () =>
      find ? (await findPeople(tx, find)).map((p) => ({ value: p.id, text: p.displayName, hint: p.about })) : [],
    team: async () => [...(await names(tx, file.team))].map(([value, text]) => ({ value, text })),
    types: () => (document ? typesOf(document) : []).map((t) => ({ value: t.id, text: t.name })),
    rows: () => [
      { value: 'none', text: 'None of them' },
      ...(document?.rules ?? [])
        .filter((r) => r.id.startsWith('UAR-'))
        .map((r) => ({ value: r.id, text: r.class ? `${r.name} (${CLASS_WORDS[r.class]})` : r.name })),
    ],
    items: () => story.items.filter((i) => i.done === null).map((i) => ({ value: i.id, text: i.text })),
    outcomes: () =>
      Object.entries(OUTCOMES)
        .filter(([value]) => value !== 'no-substance')
        .map(([value, text]) => ({ value, text })),
    computers: async () => (await computersOf(tx)).map((c) => ({ value: c.id, text: c.name })),
    addresses: () => singleAddresses(tx),
    affected: async () => [...(await names(tx, file.affected))].map(([value, text]) => ({ value, text })),
    isolated: () => isolatedDevices(tx, file.id, now),
    sanctions: () => standingChoices(tx, file.id),
    appeals: async () => (await standingChoices(tx, file.id)).filter((s) => story.appeals.includes(s.value)),
  };
  const filled = await Promise.all([...wanted].map(async (source) => [source, await read[source]()] as const));
  return Object.fromEntries(filled);
}

/** INC-33: the way of a case, drawn from the table, with what this school's policy sets in it. */
export function flowPage(deps: Deps, viewer: Viewer) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const defined = (await policyInForce(tx, now))?.document.roles;
    const title = (role: string) => roleTitle(role as RoleId, defined);
    return { drawing: flowDrawing(), steps: flowSteps(), settings: flowSettings(await procedureOf(tx, now), title) };
  });
}

/** Categories that name a risk, for the form's list. */
const risks = () =>
  taxonomy()
    .categories.filter((c) => c.risk !== null)
    .sort((a, b) => a.name.localeCompare(b.name));

/** The form to log what happened; `typed` is what it held when it came back. */
export function newCasePage(deps: Deps, viewer: Viewer, typed: (Partial<NewCaseForm> & { people: string[] }) | null) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const chosen = await names(tx, typed?.people ?? []);
    const found = typed?.find?.trim() ? await findPeople(tx, typed.find) : [];
    return {
      typed: typed ?? { happenedOn: dayIn(viewer.school.timeZone, deps.clock.now()) },
      chosen: [...chosen].map(([value, text]) => ({ value, text })),
      found: found.filter((p) => !chosen.has(p.id)),
      categories: risks().map((c) => ({ value: c.id, text: c.name })),
      vacancy: await vacantLead(tx, deps.clock.now()),
    };
  });
}

/**
 * ROL-03: while nobody holds the post that the policy has reports go to first, whoever logs one is told who has it
 * instead (docs/decisions/0008). It is kept in any case; `to` is null where nobody at all is named yet.
 */
async function vacantLead(tx: Tx, now: number): Promise<{ vacant: string; to: string | null } | null> {
  const steps = await escalationSteps(tx, now);
  const [first] = steps;
  if (!first || (await holders(tx, first.role, 'holder')).length > 0) return null;
  const defined = (await policyInForce(tx, now))?.document.roles;
  for (const step of [...steps, ...AFTER_ALL_STEPS]) {
    if ((await holders(tx, step.role, step.rank)).length === 0) continue;
    const title = roleTitle(step.role, defined);
    return {
      vacant: roleTitle(first.role, defined),
      to: step.rank === 'deputy' ? `the deputy of the ${lower(title)}` : `the ${lower(title)}`,
    };
  }
  return { vacant: roleTitle(first.role, defined), to: null };
}

/** As `leadsOf` has it for a case. */
const AFTER_ALL_STEPS = [...LEADING_ROLES, 'head' as const].flatMap((role) => [
  { role, rank: 'holder' as const },
  { role, rank: 'deputy' as const },
]);

/** "Partnership chair" within a sentence; "DSL" stays as it is. */
const lower = (title: string): string =>
  /^\p{Lu}\p{Ll}/u.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;

/** A few people by name, with what tells two of one name apart. */
async function findPeople(tx: Tx, text: string) {
  const people = await searchPeople(tx, text, { limit: 12 });
  return people.map((p) => ({
    ...p,
    about: p.kind === 'pupil' ? [`Year ${p.yearGroup}`, p.groupName].filter(Boolean).join(', ') : p.kind,
  }));
}
