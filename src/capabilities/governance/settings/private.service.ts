import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { PrivateTargetOutcome } from '#platform/schema.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { approverRole } from '#rooms/filtering/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { tellOfPrivateTargets } from './private.letters.ts';
import { openedBy, partWish, readRanges } from './private.rules.ts';
import { lockOpenRanges, type PrivateProposal, privateProposals } from './private.store.ts';
import {
  type PrivateTargetAction,
  type PrivateTargetActor,
  type PrivateTargetFacts,
  type PrivateTargetState,
  privateTargetWorkflow,
} from './private.workflow.ts';
import { mergeSettings } from './settings.service.ts';

const AGAIN = 'There is something to put right';

/** What came of a wish: some ranges were closed, some wait to be opened. */
export interface WishOutcome {
  readonly closed: boolean;
  readonly asked: boolean;
}

/**
 * Say which of the school's own addresses the proxy is to reach. What is taken away or made narrower is closed at once;
 * what is added waits for a second person (FIL-04). Both or neither.
 */
export async function wishPrivate(deps: Deps, viewer: Viewer, text: string, reason: string): Promise<WishOutcome> {
  const { ranges, fault } = readRanges(text);
  if (fault) throw invalid('private-targets.range', AGAIN, { allowedPrivate: fault });
  const by = contextOf(viewer);
  return deps.db.in(by, async (tx) => {
    const open = await lockOpenRanges(tx);
    const { stays, added } = partWish(open, ranges);
    const closed = stays.length !== open.length || stays.some((s) => !open.includes(s));
    if (closed) {
      await mergeSettings(tx, by.school, { allowedPrivate: [...stays] });
      await bumpSnapshot(tx, by.school);
      const object = { kind: 'school', id: by.school };
      const detail = { before: open, after: stays };
      const entry = { school: by.school, actor: by.person, object, detail, at: deps.clock.now() };
      await record(tx, { ...entry, action: 'private-targets.close' });
    }
    if (added.length > 0) await propose(tx, deps, viewer, stays, added, reason);
    return { closed, asked: added.length > 0 };
  });
}

async function propose(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  open: readonly string[],
  ranges: readonly string[],
  reason: string,
): Promise<void> {
  const [by, now] = [contextOf(viewer), deps.clock.now()];
  const deciders = await deciderRoles(tx, now);
  const waiting = (await privateProposals(tx)).some((p) => p.state === 'proposed');
  const requester = viewer.person.id;
  judge('new', 'propose', actorsOf(by, deciders, requester), {
    person: requester,
    requester,
    reason,
    waiting,
    open: openedBy(open, ranges).length,
  });
  const id = newId(now);
  await tx
    .insertInto('private_target_proposal')
    .values({
      id,
      school_id: by.school,
      ranges: [...ranges],
      reason: reason.trim(),
      requested_by: requester,
      at: new Date(now),
    })
    .execute();
  await note(tx, deps, by, { id, ranges, requester }, 'propose', reason, deciders);
}

/** Agree to what a colleague asked for, which opens it in this very transaction; refuse it; or take back what one asked oneself. */
export function decidePrivate(
  deps: Deps,
  viewer: Viewer,
  id: string,
  action: Exclude<PrivateTargetAction, 'propose'>,
  reason = '',
): Promise<void> {
  const by = contextOf(viewer);
  return deps.db.in(by, async (tx) => {
    const open = await lockOpenRanges(tx);
    const [proposal] = await privateProposals(tx, id);
    if (!proposal) throw notFound('this proposal');
    const now = deps.clock.now();
    const deciders = await deciderRoles(tx, now);
    const after = openedBy(open, proposal.ranges);
    // No row of the table leads back to a proposal that waits.
    const outcome = judge(proposal.state, action, actorsOf(by, deciders, proposal.requester), {
      person: viewer.person.id,
      requester: proposal.requester,
      reason,
      waiting: false,
      open: after.length,
    }) as PrivateTargetOutcome;
    await tx
      .insertInto('private_target_decision')
      .values({
        proposal_id: id,
        school_id: by.school,
        outcome,
        by_person: viewer.person.id,
        at: new Date(now),
        reason: reason.trim() || null,
      })
      .execute();
    await note(tx, deps, by, proposal, action, reason, deciders);
    if (outcome !== 'agreed') return;
    await mergeSettings(tx, by.school, { allowedPrivate: after });
    await bumpSnapshot(tx, by.school);
  });
}

/** Who may decide: administrators, ICT managers, and whom the policy in force names for changes of the filter (FCR-04). */
export const deciderRoles = async (tx: Tx, now: number): Promise<string[]> => [
  ...new Set(['administrator', 'ict-manager', await approverRole(tx, now)]),
];

/** What somebody is to a proposal. */
export const actorsOf = (
  { duties, person }: Context,
  deciders: readonly string[],
  requester: string,
): PrivateTargetActor[] => [
  ...(duties.includes('administrator') ? (['administrator'] as const) : []),
  ...(deciders.some((role) => duties.includes(role)) ? (['decider'] as const) : []),
  ...(person === requester ? (['requester'] as const) : []),
];

function judge(
  from: PrivateTargetState | 'new',
  action: PrivateTargetAction,
  actors: readonly PrivateTargetActor[],
  facts: PrivateTargetFacts,
): PrivateTargetState {
  const verdict = privateTargetWorkflow.judge(from, action, actors, facts);
  if (verdict.ok) return verdict.to;
  if (verdict.code === 'not-listed') {
    throw conflict('private-targets.state', 'Somebody has decided on this already. Look at the page again.');
  }
  if (verdict.code === 'not-yours') throw forbidden('private-targets.duty', 'It is not yours to do this.');
  if (verdict.guard === 'secondPerson') throw forbidden('private-targets.second-person', verdict.reason);
  if (verdict.guard === 'alone') throw conflict('private-targets.alone', verdict.reason);
  const field = verdict.guard === 'fits' ? 'allowedPrivate' : action === 'propose' ? 'reason' : 'whyNot';
  throw invalid(`private-targets.${verdict.guard}`, AGAIN, { [field]: verdict.reason });
}

async function note(
  tx: Tx,
  deps: Deps,
  by: Context,
  proposal: Pick<PrivateProposal, 'id' | 'ranges' | 'requester'>,
  action: PrivateTargetAction,
  reason: string,
  deciders: readonly string[],
): Promise<void> {
  const said = reason.trim();
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: `private-targets.${action}`,
    object: { kind: 'private_target_proposal', id: proposal.id },
    detail: { ranges: proposal.ranges },
    ...(said && { text: { reason: said } }),
    at: deps.clock.now(),
  });
  await tellOfPrivateTargets(tx, deps, { ...proposal, school: by.school }, action, deciders);
}
