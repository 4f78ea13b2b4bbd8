/** FIL-07: how long people waited for an answer to "this is wrongly closed" or "this should be closed". */
export interface AnswerTimes {
  readonly asked: number;
  readonly answered: number;
  readonly openNow: number;
  /** Of those answered, ms; null where none was. */
  readonly median: number | null;
  readonly p90: number | null;
  /** The longest wait, of those still open too. */
  readonly longest: number | null;
}

export interface Asked {
  readonly at: Date;
  readonly answeredAt: Date | null;
}

/** Figures of everything asked since a moment, and of what was asked before and was still open then. */
export function answerTimes(all: readonly Asked[], since: number, now: number): AnswerTimes {
  const counted = all.filter((a) => a.at.getTime() >= since || (a.answeredAt?.getTime() ?? now) >= since);
  const waits = counted.flatMap((a) => (a.answeredAt ? [a.answeredAt.getTime() - a.at.getTime()] : []));
  waits.sort((a, b) => a - b);
  const open = counted.filter((a) => a.answeredAt === null);
  const longest = Math.max(-1, ...waits.slice(-1), ...open.map((a) => now - a.at.getTime()));
  return {
    asked: counted.length,
    answered: waits.length,
    openNow: open.length,
    median: median(waits),
    p90: nearestRank(waits, 0.9),
    longest: longest < 0 ? null : longest,
  };
}

/** Of sorted numbers; of an even count the mean of the two in the middle. */
function median(sorted: readonly number[]): number | null {
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** The smallest value that at least this share of all does not exceed. */
function nearestRank(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
