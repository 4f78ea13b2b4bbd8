import { sql } from 'kysely';
import { conflict, forbidden, invalid, notFound, type Refusal } from '#core/errors.ts';
import { isUuid, newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { ChangeState } from '#platform/schema.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { type PolicyInForce, policyInForce, readMoment } from '#rooms/policies/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { answerWith } from '../questions.service.ts';
import { type SiteSeen, seeSites } from './changes.facts.ts';
import { tellOfStep } from './changes.letters.ts';
import { type ChangeInput, MOST_SITES, newReference, readKind, readScope, readSites } from './changes.rules.ts';
import { byUsername, changesOf, type FilterChange } from './changes.store.ts';
import {
  type ChangeAction,
  type ChangeActor,
  type ChangeFacts,
  changeWorkflow,
  type LifeState,
  NOTHING,
  walkedBy,
} from './changes.workflow.ts';

/** Who closes at any time, and looks at what a colleague closed. */
export const TECHNICAL = ['ict-manager', 'administrator', 'filter-approver'] as const;

/** What a viewer is to a change, by the policy in force. */
export function partsOf(viewer: Viewer, policy: PolicyInForce, requester: string | null): ChangeActor[] {
  return [
    ...(hasDuty(viewer, 'staff') ? (['staff'] as const) : []),
    ...(requester === viewer.person.id ? (['requester'] as const) : []),
    ...(hasDuty(viewer, policy.document.settings.filterChanges.approver) ? (['approver'] as const) : []),
    ...(hasDuty(viewer, ...TECHNICAL) ? (['technical'] as const) : []),
  ];
}

/** Where a change stands now: its last step, carried on by the clock. */
export const stateOf = (change: Pick<FilterChange, 'state' | 'kind' | 'from' | 'until'>, now: number): LifeState =>
  walkedBy(
    change.state,
    { kind: change.kind, from: change.from?.getTime() ?? null, until: change.until?.getTime() ?? null },
    now,
  );

interface Content {
  readonly row: {
    readonly kind: FilterChange['kind'];
    readonly topic: string;
    readonly purpose: string;
    readonly scope: FilterChange['scope'];
    readonly from: Date | null;
    readonly until: Date | null;
    readonly question: string | null;
  };
  readonly sites: readonly SiteSeen[];
  readonly facts: ChangeFacts;
}

/** Save, ask, set or close: what one person does with a form. Returns the reference. */
export async function submitChange(
  deps: Deps,
  viewer: Viewer,
  input: ChangeInput,
  action: 'save' | 'ask' | 'restrict' | 'close-now',
  reference?: string,
): Promise<string> {
  const by = contextOf(viewer);
  try {
    return await deps.db.in(by, (tx) => submit(tx, deps, viewer, input, action, reference));
  } catch (e) {
    // FCR-07: that somebody tried is kept, although nothing else of it is.
    if (isNever(e)) {
      const at = deps.clock.now();
      const object = { kind: 'filter_change', id: newId(at) };
      const entry = { school: by.school, actor: by.person, action: 'filter-change.never', object, at };
      await deps.db.in(by, (tx) => record(tx, { ...entry, text: { sites: input.sites } }));
    }
    throw e;
  }
}

const isNever = (e: unknown): boolean => e instanceof Error && 'code' in e && e.code === 'change.never';

/** The same within a transaction that does more. */
export async function submit(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  input: ChangeInput,
  action: 'save' | 'ask' | 'restrict' | 'close-now',
  reference?: string,
): Promise<string> {
  const policy = await policyNow(tx, deps);
  const before = reference === undefined ? null : await changeFor(tx, reference);
  const from: LifeState | 'new' = before ? stateOf(before, deps.clock.now()) : 'new';
  const parts = partsOf(viewer, policy, before?.requester ?? null);
  const { row, sites, facts } = await read(tx, deps, viewer, policy, input, action);
  const to = judge(from, action, parts, facts);
  const school = viewer.school.id;
  const id = before?.id ?? newId(deps.clock.now());
  const name = before?.reference ?? newReference();
  const content = {
    kind: row.kind,
    topic: row.topic,
    purpose: row.purpose,
    scope_kind: row.scope.kind,
    scope_value: row.scope.value,
    scope_people: [...row.scope.people],
    from_at: row.from,
    until_at: row.until,
  };
  if (before) {
    await tx.updateTable('filter_change').set(content).where('id', '=', id).execute();
    await tx.deleteFrom('filter_change_site').where('change_id', '=', id).execute();
  } else {
    await tx
      .insertInto('filter_change')
      .values({
        id,
        school_id: school,
        reference: name,
        requested_by: viewer.person.id,
        created_at: new Date(deps.clock.now()),
        question_id: row.question,
        ...content,
      })
      .execute();
  }
  for (const [position, { host, seen }] of sites.entries()) {
    await tx
      .insertInto('filter_change_site')
      .values({ change_id: id, host, school_id: school, position, seen: JSON.stringify(seen) })
      .execute();
  }
  if (action === 'restrict')
    await insertChecks(
      tx,
      deps,
      viewer,
      id,
      sites.map((s) => s.host),
    );
  const number = (before?.steps.at(-1)?.number ?? 0) + 1;
  await step(
    tx,
    deps,
    viewer,
    { id, reference: name, requester: facts.requester },
    { number, action, to, from, policy },
  );
  return name;
}

/** Decide on what was asked, site by site (days, scene 5). */
export function decideChange(
  deps: Deps,
  viewer: Viewer,
  reference: string,
  decision: {
    readonly approved: readonly string[];
    readonly refused: Readonly<Record<string, string>>;
    readonly reason: string;
  },
): Promise<ChangeAction> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const policy = await policyNow(tx, deps);
    const change = await changeFor(tx, reference);
    const hosts = change.sites.map((s) => s.host);
    const approved = decision.approved.filter((h) => hosts.includes(h));
    const refused = Object.fromEntries(Object.entries(decision.refused).filter(([h]) => hosts.includes(h)));
    const refusing =
      hosts.length > 0
        ? approved.length === 0 && Object.keys(refused).length === hosts.length
        : decision.approved.length === 0;
    const action = refusing ? 'refuse' : 'approve';
    const reason = decision.reason.trim() || (refusing ? Object.values(refused).join(' ') : '');
    const facts = { ...(await factsOf(tx, deps, viewer, policy, change)), approved, refused, reason };
    const from = stateOf(change, deps.clock.now());
    const to = judge(from, action, partsOf(viewer, policy, change.requester), facts);
    const at = new Date(deps.clock.now());
    for (const host of hosts) {
      const ok = approved.includes(host);
      await tx
        .insertInto('filter_change_decision')
        .values({
          change_id: change.id,
          host,
          school_id: viewer.school.id,
          approved: ok,
          reason: ok ? null : (refused[host] ?? '').trim(),
          by_person: viewer.person.id,
          at,
        })
        .execute();
    }
    const counts = { approved: approved.length, refused: hosts.length - approved.length };
    await step(tx, deps, viewer, change, { number: next(change), action, to, from, policy, reason, detail: counts });
    if (change.question) {
      await answerWith(tx, deps, viewer, change.question, answerOf(action, change.reference, reason));
    }
    return action;
  });
}

const answerOf = (action: ChangeAction, reference: string, reason: string): string =>
  action === 'approve'
    ? `It is opened for a lesson and for a time (request ${reference}). Your teacher knows when.`
    : `It stays closed. ${reason}`;

/** Every other step that a person takes. */
export function actOnChange(
  deps: Deps,
  viewer: Viewer,
  reference: string,
  action: 'withdraw' | 'ask-to-lift' | 'keep' | 'lift',
  reason: string,
): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const policy = await policyNow(tx, deps);
    const change = await changeFor(tx, reference);
    const facts = { ...(await factsOf(tx, deps, viewer, policy, change)), reason };
    const from = stateOf(change, deps.clock.now());
    const to = judge(from, action, partsOf(viewer, policy, change.requester), facts);
    await step(tx, deps, viewer, change, { number: next(change), action, to, from, policy, reason: reason.trim() });
  });
}

/** FIL-17: somebody who works here looked at the sites of a list again. */
export function checkSites(deps: Deps, viewer: Viewer, reference: string): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const change = await changeFor(tx, reference);
    if (!hasDuty(viewer, 'staff')) throw forbidden('change.duty', 'Only staff check the sites of a lesson.');
    const hosts = change.sites.map((s) => s.host);
    await insertChecks(tx, deps, viewer, change.id, hosts);
    await note(tx, deps, viewer, change.id, 'check', { reference, sites: hosts.length }, {});
  });
}

const next = (change: FilterChange): number => (change.steps.at(-1)?.number ?? 0) + 1;

async function policyNow(tx: Tx, deps: Deps): Promise<PolicyInForce> {
  const policy = await policyInForce(tx, deps.clock.now());
  if (!policy) throw conflict('change.policy', 'No policy is in force, so nothing can be changed yet.');
  return policy;
}

/** Takes the change for this transaction: of two who decide at once, one comes second and finds it decided. */
async function changeFor(tx: Tx, reference: string): Promise<FilterChange> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`filter change ${reference}`}, 0))`.execute(tx);
  const [change] = await changesOf(tx, { reference });
  if (!change) throw notFound('this change');
  return change;
}

async function read(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  policy: PolicyInForce,
  input: ChangeInput,
  action: ChangeAction,
): Promise<Content> {
  const kind = action === 'close-now' ? 'emergency-block' : readKind(input.kind);
  const now = deps.clock.now();
  const { timeZone } = viewer.school;
  const { hosts, unread } = readSites(input.sites);
  if (unread.length > 0) fail('sites', `This is no web address: ${unread.slice(0, 3).join(', ')}.`);
  if (hosts.length > MOST_SITES) fail('sites', `One request names ${MOST_SITES} sites at most.`);
  if (input.topic.length > 200) fail('topic', 'Say it in 200 letters at most.');
  if (input.purpose.length > 2000) fail('purpose', 'Say it in 2,000 letters at most.');
  const usernames = input.people
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((u) => u.toLowerCase());
  const scoped = readScope(kind === 'emergency-block' && !input.scope ? 'everyone' : input.scope);
  const found = scoped.kind === 'people' ? await byUsername(tx, usernames) : [];
  const missing = scoped.kind === 'people' ? usernames.filter((u) => !found.some((p) => p.username === u)) : [];
  if (missing.length > 0) fail('people', `Nobody here has the user name ${missing[0]}.`);
  const scope = { ...scoped, people: found.map((p) => p.id) };
  const typedFrom = input.from ? readMoment(input.from, timeZone) : new Date(now);
  const until = input.until ? readMoment(input.until, timeZone) : null;
  if (!typedFrom) fail('from', 'Give a day and a time, such as 5 November 2026, 11:05.');
  if (input.until && !until) fail('until', 'Give a day and a time, such as 5 November 2026, 12:05.');
  // What begins in the past would say that something was open when it was not.
  const from = new Date(kind === 'emergency-block' ? now : Math.max(typedFrom?.getTime() ?? now, now));
  if (action === 'save' && until && until <= from) fail('until', 'It ends after it begins.');
  const question = isUuid(input.question) ? input.question : null;
  const { sites, members } = await seeSites(tx, deps, policy, hosts, scope);
  const row = { kind, topic: input.topic.trim(), purpose: input.purpose.trim(), scope, from, until, question };
  const facts: ChangeFacts = {
    ...NOTHING,
    ...policyFacts(policy),
    now,
    kind,
    person: viewer.person.id,
    requester: viewer.person.id,
    topic: row.topic,
    purpose: row.purpose,
    sites,
    scope: scope.kind,
    members,
    from: from.getTime(),
    until: until?.getTime() ?? null,
    checked: input.checked,
  };
  return { row, sites, facts };
}

const policyFacts = ({ document }: PolicyInForce) => ({
  maxDays: document.settings.filterChanges.maxDays,
  bypass: document.settings.filterChanges.bypass,
});

/** The facts of a change as it was asked for, and of its sites as the lists speak of them now. */
async function factsOf(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  policy: PolicyInForce,
  change: FilterChange,
): Promise<ChangeFacts> {
  const hosts = change.sites.map((s) => s.host);
  const { sites, members } = await seeSites(tx, deps, policy, hosts, change.scope);
  return {
    ...NOTHING,
    ...policyFacts(policy),
    now: deps.clock.now(),
    kind: change.kind,
    person: viewer.person.id,
    requester: change.requester,
    liftAskedBy: change.steps.findLast((s) => s.to === 'lifting')?.by ?? null,
    topic: change.topic,
    purpose: change.purpose,
    sites,
    scope: change.scope.kind,
    members,
    from: change.from?.getTime() ?? null,
    until: change.until?.getTime() ?? null,
  };
}

/** Which field of a form a guard speaks of. */
const FIELD: Readonly<Record<string, string>> = {
  topic: 'topic',
  purpose: 'purpose',
  sites: 'sites',
  never: 'sites',
  help: 'sites',
  narrow: 'scope',
  scope: 'scope',
  span: 'until',
  bypass: 'kind',
  checked: 'checked',
  reasoned: 'reason',
};

function judge(
  from: LifeState | 'new',
  action: ChangeAction,
  parts: readonly ChangeActor[],
  facts: ChangeFacts,
): ChangeState {
  const verdict = changeWorkflow.judge(from, action, parts, facts);
  // No row leads a person to "live": the clock alone begins what was agreed.
  if (verdict.ok && verdict.to !== 'live') return verdict.to;
  if (verdict.ok || verdict.code === 'not-listed') {
    throw conflict(
      'change.state',
      'This cannot be done with the change as it stands now.',
      'Look at the page again: somebody may have been quicker.',
    );
  }
  if (verdict.code === 'not-yours') throw forbidden('change.duty', 'It is not yours to do this.', verdict.reason);
  throw refusalOf(from, action, facts, verdict.guard ?? '', verdict.reason);
}

/** Every field that needs another look is said at once, not one after the other. */
function refusalOf(
  from: LifeState | 'new',
  action: ChangeAction,
  facts: ChangeFacts,
  guard: string,
  reason: string,
): Refusal {
  if (guard === 'secondPerson' || guard === 'anotherHand') return forbidden('change.second-person', reason);
  const row = changeWorkflow.rows.find((r) => r.from === from && r.action === action);
  const fields: Record<string, string> = {};
  for (const g of row?.guards ?? []) {
    const why = g.check(facts);
    const field = FIELD[g.name];
    if (why !== null && field) fields[field] ??= why;
  }
  const said = Object.keys(fields).length > 0 ? fields : undefined;
  return invalid(`change.${guard}`, said && guard !== 'never' ? AGAIN : reason, said);
}

const AGAIN = 'Some of this needs another look.';

function fail(field: string, message: string): void {
  throw invalid(`change.${field}`, AGAIN, { [field]: message });
}

async function insertChecks(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  change: string,
  hosts: readonly string[],
): Promise<void> {
  const at = new Date(deps.clock.now());
  for (const host of hosts) {
    await tx
      .insertInto('filter_site_check')
      .values({ school_id: viewer.school.id, change_id: change, host, by_person: viewer.person.id, at })
      .execute();
  }
}

/** Gateways hear of every step into or out of what they obey. */
const OBEYED: readonly LifeState[] = ['approved', 'live', 'to-review', 'lifting'];

async function step(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  change: { readonly id: string; readonly reference: string; readonly requester: string },
  made: {
    readonly number: number;
    readonly action: ChangeAction;
    readonly to: ChangeState;
    readonly from: LifeState | 'new';
    readonly policy: PolicyInForce;
    readonly reason?: string;
    readonly detail?: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const { number, action, to, from, policy, reason } = made;
  const school = viewer.school.id;
  await tx
    .insertInto('filter_change_step')
    .values({
      change_id: change.id,
      number,
      school_id: school,
      action,
      to_state: to,
      by_person: viewer.person.id,
      at: new Date(deps.clock.now()),
      reason: reason || null,
    })
    .execute();
  const detail = { reference: change.reference, from, to, ...made.detail };
  await note(tx, deps, viewer, change.id, action, detail, reason ? { reason } : {});
  if (OBEYED.includes(to) || (from !== 'new' && OBEYED.includes(from))) await bumpSnapshot(tx, school);
  const deciders = [policy.document.settings.filterChanges.approver, ...(action === 'close-now' ? TECHNICAL : [])];
  await tellOfStep(tx, deps, { ...change, school }, action, viewer.person.id, deciders);
}

const note = (
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  id: string,
  action: string,
  detail: Record<string, unknown>,
  text: Record<string, string>,
): Promise<void> =>
  record(tx, {
    school: viewer.school.id,
    actor: viewer.person.id,
    action: `filter-change.${action}`,
    object: { kind: 'filter_change', id },
    detail,
    text,
    at: deps.clock.now(),
  });
