/** Names of a version of a list, by the source's own word for their category. */
export type Entries = Readonly<Record<string, number>>;

/** Small lists change by leaps without anything being wrong. */
const SMALLEST_LIST = 10;
const SMALLEST_CATEGORY = 100;

/**
 * Must a person look at this version before it is used? A list that lost more than half, or grew more than tenfold, is
 * more often a broken export or somebody's prank than news, and would open or close what nobody decided on (FIL-03).
 */
export function judgeSize(before: Entries, after: Entries): string | null {
  const whole = leap(total(before), total(after), SMALLEST_LIST);
  if (whole) return `It ${whole}.`;
  for (const [category, was] of Object.entries(before)) {
    const words = leap(was, after[category] ?? 0, SMALLEST_CATEGORY);
    if (words) return `“${category}” ${words}.`;
  }
  return null;
}

export const total = (entries: Entries): number => Object.values(entries).reduce((sum, n) => sum + n, 0);

function leap(was: number, is: number, smallest: number): string | null {
  const figures = `from ${was.toLocaleString('en-GB')} names to ${is.toLocaleString('en-GB')}`;
  if (was >= smallest && is * 2 < was) return `lost more than half, ${figures}`;
  return was >= smallest && is > was * 10 ? `grew more than tenfold, ${figures}` : null;
}
