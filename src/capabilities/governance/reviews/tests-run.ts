import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';

/** What the continuous tests of the filter came to within a time, as far as a review tells of it (FIL-10). */
export interface TestsRun {
  readonly runs: number;
  readonly requests: number;
  readonly failures: number;
  readonly lastAt: Date | null;
}

/**
 * The runs by which gateways prove themselves (`filtering/proof`); what was answered wrongly or not at all is a failure. Null:
 * none ran in that time.
 */
export async function testsRun(tx: Tx, since: Date, now: Date): Promise<TestsRun | null> {
  const { rows } = await sql<TestsRun>`
    select count(*)::int as runs, coalesce(sum(asked), 0)::int as requests,
      coalesce(sum(wrong + unanswered), 0)::int as failures, max(ended_at) as "lastAt"
    from proof_run where ended_at >= ${since} and ended_at <= ${now}`.execute(tx);
  const [all] = rows;
  return all && all.runs > 0 ? all : null;
}
