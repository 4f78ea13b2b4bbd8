import { existsSync } from 'node:fs';
import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { loadMapping } from '#filter/index.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { ListChangeKind, ListChangeState } from '#platform/tables/filtering.ts';
import { policyInForce, taxonomy } from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { KEEPERS } from './filtering.duties.ts';
import { whyNever } from './gate.rules.ts';
import { tellOfListChange } from './list-changes.letters.ts';
import {
  differing,
  effectOf,
  type OpeningFacts,
  partOf,
  type SourcePatch,
  standsSo,
  type Words,
  whyOpens,
} from './list-changes.rules.ts';
import {
  type ChangePart,
  type ListChange,
  listChanges,
  lockSource,
  type SourceRowWhole,
  setState,
  stateOf,
} from './list-changes.store.ts';
import {
  type ListChangeAction,
  type ListChangeActor,
  type ListChangeFacts,
  listChangeWorkflow,
} from './list-changes.workflow.ts';
import { downloadsOf, requestCompile } from './lists.service.ts';
import { mappingWith } from './source-readings.ts';
import { versionFile, wordsAt } from './sources.rules.ts';
import { inUseOf, takeUp, versionById } from './versions.service.ts';

export interface WantedChange {
  readonly source: string;
  readonly kind: ListChangeKind;
  /** What is to be different, or which version is to be used. */
  readonly patch: SourcePatch | { readonly version: string };
  readonly reason?: string | undefined;
}
/** What came of it: it holds already, it waits for a second person, or it was so already. */
export type ChangeOutcome = 'holds' | 'waits' | 'same';

/** The role that agrees to what opens; where no policy is in force, the one whose duty it is (FCR-04). */
export const approverRole = async (tx: Tx, now: number): Promise<string> =>
  (await policyInForce(tx, now))?.document.settings.filterChanges.approver ?? 'filter-approver';

/**
 * The one door for what people change in the lists (FIL-04). What may open a site waits for a second person; what only
 * closes holds at once, and a second person looks at it. What the machine's owner set up is done as it was said.
 */
export async function proposeChange(tx: Tx, deps: Deps, by: Context, wanted: WantedChange): Promise<ChangeOutcome> {
  const row = await lockSource(tx, wanted.source);
  const { before, after, opens } = await partsOf(tx, deps, row, wanted.patch);
  if (Object.keys(after).length === 0) return 'same';
  if (by.person === null) {
    await carryOut(tx, deps, by, row.id, after);
    await note(
      tx,
      deps,
      by,
      { id: newId(deps.clock.now()), source: row.id, kind: wanted.kind, opens },
      'apply-now',
      {},
    );
    return 'holds';
  }
  const earlier = await listChanges(tx, { source: row.id });
  const facts: ListChangeFacts = {
    opens,
    person: by.person,
    requester: by.person,
    reason: wanted.reason ?? '',
    impossible: await whyNot(tx, deps, row, after),
    waiting: earlier.some((c) => c.state === 'proposed' && c.kind === wanted.kind),
    current: true,
  };
  const action = opens === null ? 'apply-now' : 'propose';
  const to = judge('new', action, actorsOf(by, await approverRole(tx, deps.clock.now()), null), facts);
  const id = newId(deps.clock.now());
  await tx
    .insertInto('list_change')
    .values({
      id,
      school_id: by.school,
      source_id: row.id,
      kind: wanted.kind,
      before: JSON.stringify(before),
      after: JSON.stringify(after),
      opens,
      requested_by: by.person,
      created_at: new Date(deps.clock.now()),
    })
    .execute();
  const change = { id, source: row.id, kind: wanted.kind, opens, requester: by.person };
  await step(tx, deps, by, by.person, change, { number: 1, action, from: 'new', to, reason: facts.reason });
  if (action === 'apply-now') await carryOut(tx, deps, by, row.id, after);
  return action === 'apply-now' ? 'holds' : 'waits';
}

/** Decide on what a colleague asked for, look at what they did, or take back what one asked for oneself. */
export function actOnListChange(
  deps: Deps,
  viewer: Viewer,
  id: string,
  action: Exclude<ListChangeAction, 'propose' | 'apply-now'>,
  reason: string,
): Promise<void> {
  const by = contextOf(viewer);
  return deps.db.in(by, async (tx) => {
    const source = (await listChanges(tx, { id }))[0]?.source;
    if (source === undefined) throw notFound('this change');
    const row = await lockSource(tx, source);
    // Read again behind the lock: somebody may have been quicker.
    const [change] = await listChanges(tx, { id });
    if (!change) throw notFound('this change');
    const facts: ListChangeFacts = {
      opens: change.opens,
      person: viewer.person.id,
      requester: change.requester,
      reason,
      impossible: await whyNot(tx, deps, row, change.after),
      waiting: false,
      current: await stands(tx, row, action === 'undo' ? change.after : change.before),
    };
    const actors = actorsOf(by, await approverRole(tx, deps.clock.now()), change.requester);
    const to = judge(change.state, action, actors, facts);
    const number = change.steps.length + 1;
    await step(tx, deps, by, viewer.person.id, change, { number, action, from: change.state, to, reason });
    if (action === 'approve') await carryOut(tx, deps, by, row.id, change.after);
    if (action === 'undo') await carryOut(tx, deps, by, row.id, change.before);
  });
}

/** What somebody is to a change. */
export function actorsOf({ duties, person }: Context, approver: string, requester: string | null): ListChangeActor[] {
  return [
    ...(KEEPERS.some((d) => duties.includes(d)) ? (['keeper'] as const) : []),
    ...(duties.includes(approver) ? (['approver'] as const) : []),
    ...(requester !== null && requester === person ? (['requester'] as const) : []),
  ];
}

function judge(
  from: ListChangeState | 'new',
  action: ListChangeAction,
  actors: readonly ListChangeActor[],
  facts: ListChangeFacts,
): ListChangeState {
  const verdict = listChangeWorkflow.judge(from, action, actors, facts);
  if (verdict.ok) return verdict.to;
  if (verdict.code === 'not-listed') {
    throw conflict('list-change.state', 'Somebody has decided on this already. Look at the page again.');
  }
  if (verdict.code === 'not-yours') throw forbidden('list-change.duty', 'It is not yours to do this.', verdict.reason);
  if (verdict.guard === 'secondPerson') throw forbidden('list-change.second-person', verdict.reason);
  if (verdict.guard === 'reasoned') throw invalid('list-change.reasoned', verdict.reason, { reason: verdict.reason });
  throw conflict(`list-change.${verdict.guard}`, verdict.reason);
}

/** What of a wish is different from how things stand, and why that may open something. */
async function partsOf(tx: Tx, deps: Deps, row: SourceRowWhole, patch: WantedChange['patch']) {
  if ('version' in patch) {
    const inUse = await inUseOf(tx, row.id);
    if (inUse?.id === patch.version) throw conflict('lists.version.in-use', 'This version is in use already.');
    const opens = 'Names that only the version in use holds are opened.';
    return { before: { version: inUse?.id ?? null }, after: { version: patch.version }, opens };
  }
  const state = stateOf(row);
  const after = differing(state, patch);
  return { before: partOf(state, after), after, opens: whyOpens(state, after, await openingFacts(tx, deps, row)) };
}

/** How the words of a source read, and whether it can open anything, by the policy in force. */
async function openingFacts(tx: Tx, deps: Deps, row: SourceRowWhole): Promise<OpeningFacts> {
  const all = taxonomy();
  const policy = (await policyInForce(tx, deps.clock.now()))?.compiled ?? null;
  const shipped = loadMapping(all);
  const reads = (word: string, words: Words) => {
    const mapping = mappingWith(shipped, all, { [row.name]: { words, trust: 100 } });
    const category = mapping.resolve(row.name, word) ?? null;
    const known = category === null ? undefined : all.byId.get(category);
    return { category, ...(known ? effectOf(policy, known) : { closes: false, opens: false }) };
  };
  const words = row.category === null ? wordsAt(row) : [row.category];
  return { reads, canOpen: words?.some((word) => reads(word, row.words).opens) ?? true };
}

async function stands(tx: Tx, row: SourceRowWhole, part: ChangePart): Promise<boolean> {
  if ('version' in part) return ((await inUseOf(tx, row.id))?.id ?? null) === part.version;
  return standsSo(stateOf(row), part as SourcePatch);
}

async function whyNot(tx: Tx, deps: Deps, row: SourceRowWhole, part: ChangePart): Promise<string | null> {
  if (!('version' in part) || part.version === null) return null;
  const version = await versionById(tx, part.version);
  if (version.source_id !== row.id) return 'This version is of another source.';
  const never = whyNever(version.marks);
  if (never) return never;
  return existsSync(versionFile(downloadsOf(deps, row.school_id), row.id, version.digest))
    ? null
    : 'Only the last versions are kept; this one is gone.';
}

async function carryOut(tx: Tx, deps: Deps, by: Context, source: string, part: ChangePart): Promise<void> {
  if (!('version' in part)) await setState(tx, source, part as SourcePatch);
  else if (part.version !== null) await takeUp(tx, deps, by, part.version);
  await requestCompile(tx, deps, by.school);
}

type Noted = Pick<ListChange, 'id' | 'source' | 'kind' | 'opens'>;

async function step(
  tx: Tx,
  deps: Deps,
  by: Context,
  person: string,
  change: Noted & { readonly requester: string },
  made: {
    readonly number: number;
    readonly action: ListChangeAction;
    readonly from: ListChangeState | 'new';
    readonly to: ListChangeState;
    readonly reason: string;
  },
): Promise<void> {
  const { number, action, from, to } = made;
  const reason = made.reason.trim();
  const row = { change_id: change.id, number, school_id: by.school, action, to_state: to, by_person: person };
  await tx
    .insertInto('list_change_step')
    .values({ ...row, at: new Date(deps.clock.now()), reason: reason || null })
    .execute();
  await note(tx, deps, by, change, action, { from, to }, reason);
  const deciders = [await approverRole(tx, deps.clock.now()), ...(action === 'apply-now' ? KEEPERS : [])];
  await tellOfListChange(tx, deps, { ...change, school: by.school }, action, person, deciders);
}

const note = (
  tx: Tx,
  deps: Deps,
  by: Context,
  change: Noted,
  action: ListChangeAction,
  detail: Readonly<Record<string, string>>,
  reason = '',
) =>
  record(tx, {
    school: by.school,
    actor: by.person,
    action: `list-change.${action}`,
    object: { kind: 'list_source', id: change.source },
    detail: { change: change.id, kind: change.kind, opens: change.opens !== null, ...detail },
    ...(reason && { text: { reason } }),
    at: deps.clock.now(),
  });
