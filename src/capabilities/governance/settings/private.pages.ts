import { forbidden } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import { OVERSEERS } from '#rooms/filtering/index.ts';
import { names } from '#rooms/identity/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { othersWith } from './private.letters.ts';
import { actorsOf, deciderRoles } from './private.service.ts';
import { openRanges, type PrivateProposal, privateProposals } from './private.store.ts';
import { type PrivateTargetAction, type PrivateTargetState, privateTargetWorkflow } from './private.workflow.ts';

const STATE_WORDS: Readonly<Record<PrivateTargetState, { text: string; tone: 'amber' | 'calm' | 'quiet' }>> = {
  proposed: { text: 'Waits for a second person', tone: 'amber' },
  agreed: { text: 'Agreed and opened', tone: 'calm' },
  refused: { text: 'Refused', tone: 'quiet' },
  withdrawn: { text: 'Taken back', tone: 'quiet' },
};
const DID: Readonly<Record<PrivateTargetState, string>> = {
  proposed: 'asked for it',
  agreed: 'agreed',
  refused: 'refused',
  withdrawn: 'took it back',
};

/** What this viewer may do with it now; their own is decided by another hand. */
function offeredTo(viewer: Viewer, deciders: readonly string[], p: PrivateProposal): PrivateTargetAction[] {
  const mine = p.requester === viewer.person.id;
  return privateTargetWorkflow
    .offered(p.state, actorsOf(contextOf(viewer), deciders, p.requester))
    .filter((action) => (action === 'withdraw') === mine);
}

/** Only those who ask or decide act; `forbidden` says so to everybody else. */
export async function mustDecide(tx: Tx, viewer: Viewer, now: number): Promise<void> {
  if (!hasDuty(viewer, ...(await deciderRoles(tx, now)))) throw notTheirs();
}

const notTheirs = () => forbidden('private-targets.see', 'This is for those who look after the filter.');

/** What is open, what waits and for whom, and what was decided, the newest first (FIL-04, FCR-02). */
export async function privateTargets(tx: Tx, viewer: Viewer, now: number, q = '') {
  const deciders = await deciderRoles(tx, now);
  // Whoever oversees the filter sees it too, so that no opening is a private matter (FCR-09).
  if (!hasDuty(viewer, ...OVERSEERS, ...deciders)) throw notTheirs();
  const proposals = await privateProposals(tx);
  const who = await names(
    tx,
    proposals.flatMap((p) => (p.decision ? [p.requester, p.decision.by] : [p.requester])),
  );
  const lines = proposals.map((p) => ({
    ...p,
    tag: STATE_WORDS[p.state],
    by: who.get(p.requester) ?? '',
    decision: p.decision && { ...p.decision, did: DID[p.state], who: who.get(p.decision.by) ?? '' },
    offered: offeredTo(viewer, deciders, p),
  }));
  const waiting = lines.find((p) => p.state === 'proposed');
  const wanted = q.trim().toLowerCase();
  const past = lines.filter((p) => p.decision);
  return {
    q,
    open: await openRanges(tx),
    waiting: waiting && { ...waiting, others: await othersWith(tx, deciders, waiting.requester) },
    past: past.filter((p) =>
      [...p.ranges, p.by, p.reason, p.decision?.who, p.decision?.reason, p.tag.text]
        .join('\n')
        .toLowerCase()
        .includes(wanted),
    ),
    anyPast: past.length > 0,
    mayAsk: hasDuty(viewer, 'administrator'),
    maySet: hasDuty(viewer, 'administrator', 'ict-manager'),
  };
}

/** Does an opening wait for this viewer? For Today. */
export async function privateTargetsWait(tx: Tx, viewer: Viewer, now: number): Promise<boolean> {
  const waiting = (await privateProposals(tx)).find((p) => p.state === 'proposed');
  return waiting !== undefined && offeredTo(viewer, await deciderRoles(tx, now), waiting).includes('agree');
}
