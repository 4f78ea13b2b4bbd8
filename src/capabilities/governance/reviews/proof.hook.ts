import type { Tx } from '#platform/db.ts';

/** What the continuous tests of the filter came to within a time, as far as a review tells of it (FIL-10). */
export interface TestsRun {
  readonly runs: number;
  readonly requests: number;
  readonly failures: number;
  readonly lastAt: Date | null;
}

/** Null: no test has run yet. The room of filtering gives its results here once it keeps them. */
export type ReadTests = (tx: Tx, since: Date, now: Date) => Promise<TestsRun | null>;

export const noTests: ReadTests = async () => null;
