import { newId } from '#core/ids.ts';
import {
  isAskedAt,
  PROOF_POINTS,
  PROOF_SETS,
  type ProofMiss,
  type ProofReport,
  type ProofResult,
} from '#policy/proof.ts';

/** For tests: the report of a run in which everything was as it must be, and what `change` makes of each result. */
export function reportOf(
  profiles: readonly string[],
  more: Partial<ProofReport> & { readonly endedAt: number },
  change: (result: ProofResult) => ProofResult = (r) => r,
): ProofReport {
  const results = profiles.flatMap((profile) =>
    PROOF_POINTS.flatMap((point) =>
      PROOF_SETS.filter((set) => isAskedAt(point, set)).map((set) => {
        const none = { wrong: 0, decided: 0, unanswered: 0, misses: [] };
        return change({ point, profile, set, asked: 400, expected: 400, ...none });
      }),
    ),
  );
  return {
    run: newId(),
    why: 'daily',
    request: null,
    begunAt: more.endedAt - 9_000,
    snapshot: 7,
    list: 'a'.repeat(64),
    policy: '1.0',
    results,
    ...more,
  };
}

/** The same result with one wrong answer. */
export const withMiss = (result: ProofResult, host: string, got: ProofMiss['got'] = 'blocked'): ProofResult => ({
  ...result,
  expected: result.expected - 1,
  ...(got === 'unanswered' ? { unanswered: 1 } : { wrong: result.wrong + 1 }),
  misses: [...result.misses, { host, got, rule: 'UAR-20', category: 'gambling', text: 'Betting is closed.' }],
});
