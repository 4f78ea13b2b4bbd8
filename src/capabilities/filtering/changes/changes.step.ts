import { conflict, forbidden, invalid, type Refusal } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { ChangeState } from '#platform/schema.ts';
import { bumpSnapshot } from '#platform/school.ts';
import type { PolicyInForce } from '#rooms/policies/index.ts';
import { hasDuty, type Viewer } from '#web/index.ts';
import { tellOfStep } from './changes.letters.ts';
import type { FilterChange } from './changes.store.ts';
import {
  type ChangeAction,
  type ChangeActor,
  type ChangeFacts,
  changeWorkflow,
  type LifeState,
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

/** Where an action leads, or the refusal that says what is missing. */
/** Which field of a form a guard speaks of. */
const FIELD: Readonly<Record<string, string>> = {
  topic: 'topic',
  purpose: 'purpose',
  sites: 'sites',
  never: 'sites',
  help: 'sites',
  assessed: 'sites',
  narrow: 'scope',
  scope: 'scope',
  span: 'until',
  bypass: 'kind',
  checked: 'checked',
  reasoned: 'reason',
};

export function judge(
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

/** What a form says over its fields. */
export const AGAIN = 'Some of this needs another look.';

/** Gateways hear of every step into or out of what they obey. */
const OBEYED: readonly LifeState[] = ['approved', 'live', 'to-review', 'lifting'];

/** Keeps a step: its row, its ledger entry, the word to gateways, the letters. */
export async function step(
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

/** The ledger’s entry of what was done with a change, or with a report of a site. */
export const noteOn =
  (kind: 'filter_change' | 'site_report') =>
  (
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
      object: { kind, id },
      detail,
      text,
      at: deps.clock.now(),
    });
export const note = noteOn('filter_change');
