import { sql } from 'kysely';
import { conflict, forbidden, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { type PolicyInForce, policyInForce } from '#rooms/policies/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { answerWith } from '../questions.service.ts';
import { factsOf, read } from './changes.input.ts';
import { type ChangeInput, newReference } from './changes.rules.ts';
import { judge, note, partsOf, stateOf, step } from './changes.step.ts';
import { changesOf, type FilterChange } from './changes.store.ts';
import type { ChangeAction, LifeState } from './changes.workflow.ts';

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
