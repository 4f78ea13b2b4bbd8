import type { Tx } from '#platform/db.ts';
import type { PrivateTargetOutcome } from '#platform/schema.ts';
import type { PrivateTargetState } from './private.workflow.ts';

export interface PrivateProposal {
  readonly id: string;
  readonly ranges: readonly string[];
  readonly reason: string;
  readonly requester: string;
  readonly at: Date;
  readonly state: PrivateTargetState;
  readonly decision: {
    readonly outcome: PrivateTargetOutcome;
    readonly by: string;
    readonly at: Date;
    readonly reason: string | null;
  } | null;
}

const SHOWN = 500;

/** What was ever asked for, the newest first. */
export async function privateProposals(tx: Tx, id?: string): Promise<PrivateProposal[]> {
  const rows = await tx
    .selectFrom('private_target_proposal as p')
    .leftJoin('private_target_decision as d', 'd.proposal_id', 'p.id')
    .select(['p.id', 'p.ranges', 'p.reason', 'p.requested_by', 'p.at'])
    .select(['d.outcome', 'd.by_person', 'd.at as decided_at', 'd.reason as decided_reason'])
    .$if(id !== undefined, (q) => q.where('p.id', '=', id ?? ''))
    .orderBy('p.at', 'desc')
    .orderBy('p.id', 'desc')
    .limit(SHOWN)
    .execute();
  return rows.map((r) => ({
    id: r.id,
    ranges: r.ranges,
    reason: r.reason,
    requester: r.requested_by,
    at: r.at,
    state: r.outcome ?? 'proposed',
    decision:
      r.outcome && r.by_person && r.decided_at
        ? { outcome: r.outcome, by: r.by_person, at: r.decided_at, reason: r.decided_reason }
        : null,
  }));
}

/** What the proxy may reach of the school's own addresses. */
export async function openRanges(tx: Tx): Promise<readonly string[]> {
  const { settings } = await tx.selectFrom('school').select('settings').executeTakeFirstOrThrow();
  return settings.allowedPrivate ?? [];
}

/** The same, and whoever changes them at the same time comes second and finds them changed. */
export async function lockOpenRanges(tx: Tx): Promise<readonly string[]> {
  await tx.selectFrom('school').select('id').forUpdate().execute();
  return openRanges(tx);
}
