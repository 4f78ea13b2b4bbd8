import { createHash } from 'node:crypto';
import { DAY, MINUTE, SECOND } from '#core/clock.ts';
import { isLive, type Snapshot } from '#policy/index.ts';
import type { ProofReason } from '#policy/proof.ts';

/** When everything is quiet, in the school's own time. */
const QUIET = { hour: 3, minute: 10 };

export interface ProofTimes {
  /** What is obeyed must have stood still for so long: many changes make one run. */
  readonly settle: number;
  /** Runs that follow changes begin no closer together. */
  readonly apart: number;
}
export const PROOF_TIMES: ProofTimes = { settle: 30 * SECOND, apart: 5 * MINUTE };

export interface ProofState {
  readonly timeZone: string;
  /** What would be proved now, and since when it is that. */
  readonly subject: string;
  readonly since: number;
  /** The newest wish for a run. */
  readonly request: string | null;
  readonly last: { readonly begunAt: number; readonly subject: string; readonly request: string | null } | null;
}

/** Is it time for a run, and why? */
export function dueProof(state: ProofState, now: number, times: ProofTimes = PROOF_TIMES): ProofReason | null {
  const { last, subject, since, request } = state;
  if (request !== null && request !== last?.request) return 'asked';
  const settled = now - since >= times.settle;
  if (subject !== last?.subject) return settled && (!last || now - last.begunAt >= times.apart) ? 'change' : null;
  return last.begunAt < lastQuiet(state.timeZone, now) ? 'daily' : null;
}

/** The quiet time that came last, by the school's clock. */
export function lastQuiet(timeZone: string, now: number): number {
  const at = (moment: number) =>
    Temporal.Instant.fromEpochMilliseconds(moment)
      .toZonedDateTimeISO(timeZone)
      .with({ ...QUIET, second: 0, millisecond: 0 }).epochMilliseconds;
  const today = at(now);
  return today <= now ? today : at(now - DAY);
}

/**
 * What a run proves: policy, lists, settings, and the changes that hold at this moment. That somebody joined the school or an
 * address was registered makes a new snapshot and changes nothing of it.
 */
export function subjectOf({ policy, index, settings, changes }: Snapshot, now: number): string {
  const live = (changes ?? []).filter((c) => isLive(c, now));
  return createHash('sha256')
    .update(fixedDigest(policy, settings))
    .update(JSON.stringify([index, live]))
    .digest('base64');
}

/** Policies are large and asked about every few seconds. */
let digested: { policy: object; settings: object; digest: string } | null = null;
function fixedDigest(policy: object, settings: object): string {
  if (digested?.policy !== policy || digested.settings !== settings) {
    const digest = createHash('sha256')
      .update(JSON.stringify([policy, settings]))
      .digest('base64');
    digested = { policy, settings, digest };
  }
  return digested.digest;
}
