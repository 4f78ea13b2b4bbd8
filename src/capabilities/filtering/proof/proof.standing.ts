import { MINUTE } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import type { ProofVerdict } from '#platform/schema.ts';
import { lastProofs, newestWish, OVERDUE } from './proof.service.ts';

/** `waiting`: taken in less than a day ago, and nothing has come yet. `overdue`: no run for over 26 hours, however good the last. */
export type ProofState = ProofVerdict | 'waiting' | 'overdue';

export interface GatewayProof {
  readonly id: string;
  readonly name: string;
  readonly state: ProofState;
  readonly provenAt: number;
  readonly last: {
    readonly id: string;
    readonly asked: number;
    readonly wrong: number;
    readonly unanswered: number;
    readonly findings: readonly string[];
    readonly standing: ProofVerdict;
    readonly endedAt: Date;
  } | null;
  /** A run under way, as far as it was heard of. */
  readonly running: { readonly done: number; readonly total: number } | null;
  /** Somebody asked for a run that has not come. */
  readonly wished: boolean;
}

/** Nothing was heard of a run for so long: it is no longer one under way. */
const QUIET_FOR = MINUTE;

/** How the proof of each gateway stands. */
export async function proofStanding(tx: Tx, now: number): Promise<GatewayProof[]> {
  const wish = await newestWish(tx, now);
  const gateways: GatewayProof[] = [];
  for (const { id, name, provenAt, last } of await lastProofs(tx)) {
    const run = last
      ? await tx.selectFrom('proof_run').selectAll().where('id', '=', last).executeTakeFirst()
      : undefined;
    const state = await tx.selectFrom('proof_state').selectAll().where('gateway_id', '=', id).executeTakeFirst();
    const heard = state?.run && state.said_at && now - state.said_at.getTime() < QUIET_FOR;
    const done = wish
      ? await tx
          .selectFrom('proof_run')
          .select('id')
          .where('gateway_id', '=', id)
          .where('request_id', '=', wish.id)
          .executeTakeFirst()
      : undefined;
    gateways.push({
      id,
      name,
      provenAt,
      state: now - provenAt > OVERDUE ? 'overdue' : (run?.standing ?? 'waiting'),
      last: run
        ? {
            id: run.id,
            asked: run.asked,
            wrong: run.wrong,
            unanswered: run.unanswered,
            findings: run.findings,
            standing: run.standing,
            endedAt: run.ended_at,
          }
        : null,
      running: heard ? { done: state.done, total: state.total } : null,
      wished: wish !== undefined && !done,
    });
  }
  return gateways;
}
