import { dayIn } from '#core/days.ts';
import { notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { LEADING_ROLES } from '#policy/types.ts';
import { holders, names, roleTitle, searchPeople } from '#rooms/identity/index.ts';
import { escalationSteps } from '#rooms/monitoring/index.ts';
import { policyInForce, taxonomy } from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { type CaseState, caseWorkflow, isOutcome, OUTCOMES } from './case.workflow.ts';
import { partsOf } from './cases.rules.ts';
import { categoryName, leadsOf } from './cases.service.ts';
import { type CaseFile, countCases, entriesOf, findCase, listCases, myReports } from './cases.store.ts';
import { entryLine, FIRST_STEP, STATES, STEP_FORMS } from './cases.words.ts';
import type { NewCaseForm } from './incidents.routes.ts';

/** What pages show. Every read runs in the viewer's own context, so row security answers for it. */
export function casesPage(deps: Deps, viewer: Viewer, search: { state?: CaseState | 'open'; q?: string }) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const cases = await listCases(tx, { state: search.state, text: search.q });
    const who = await names(tx, [...new Set(cases.flatMap((c) => c.assignee ?? []))]);
    const counts = await countCases(tx);
    const open = (counts.reported ?? 0) + (counts.triage ?? 0) + (counts.actions ?? 0);
    return {
      cases: cases.map((c) => ({ ...c, ...STATES[c.state], with: c.assignee ? who.get(c.assignee) : null })),
      filters: [
        { value: 'open', text: 'Open', count: open },
        ...caseWorkflow.states.map((s) => ({ value: s, text: STATES[s].name, count: counts[s] ?? 0 })),
      ].map((f) => ({ ...f, current: f.value === (search.state ?? '') })),
      total: open + (counts.closed ?? 0),
      search,
      reports: await myReports(tx),
    };
  });
}

export function casePage(deps: Deps, viewer: Viewer, which: string, find?: string) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const file = await findCase(tx, which);
    if (!file) throw notFound('this case');
    const entries = await entriesOf(tx, file.id);
    const mentioned = entries.flatMap((e) => [e.by_person, e.detail.person]).filter((id) => typeof id === 'string');
    const who = await names(tx, [...new Set([...mentioned, ...file.subjects, ...file.team])]);
    const parts = partsOf({ id: viewer.person.id, duties: viewer.duties }, file, await leadsOf(tx, deps.clock.now()));
    const offered = caseWorkflow.offered(file.state, parts);
    const forms = STEP_FORMS.filter((f) => offered.includes(f.action));
    const first = forms.find((f) => f.action === FIRST_STEP[file.state]);
    return {
      file,
      state: STATES[file.state],
      category: categoryName(file.category),
      outcome: isOutcome(file.outcome ?? undefined) ? OUTCOMES[file.outcome as keyof typeof OUTCOMES] : null,
      subjects: file.subjects.map((id) => who.get(id) ?? 'a person who has left the records'),
      assignee: file.assignee ? who.get(file.assignee) : null,
      mine: file.assignee === viewer.person.id,
      entries: entries.map((e) => ({
        at: e.at,
        by: e.by_person ? who.get(e.by_person) : 'Gatehouse',
        line: entryLine(e, who),
        text: e.text,
        action: e.action,
      })),
      first,
      others: forms.filter((f) => f !== first),
      handlers: offered.includes('assign') ? await handlers(tx, file) : [],
      found: find && offered.includes('involve') ? await findPeople(tx, find) : [],
      find,
      alerts: await tx.selectFrom('alert').select(['id', 'reference']).where('case_id', '=', file.id).execute(),
      outcomes: Object.entries(OUTCOMES).map(([value, text]) => ({ value, text })),
    };
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

/** Staff who may have the case: everybody but those it is about. */
async function handlers(tx: Tx, file: CaseFile) {
  const staff = await searchPeople(tx, '', { kind: 'staff', limit: 500 });
  return staff.filter((p) => !file.subjects.includes(p.id)).map((p) => ({ value: p.id, text: p.displayName }));
}
