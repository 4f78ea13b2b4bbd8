import type { ListMarks } from '#platform/tables/filtering.ts';

/** Names of a version of a list, by the source's own word for their category. */
export type Entries = Readonly<Record<string, number>>;

/** What is known of a version before it is used. */
export interface Contents {
  readonly entries: Entries;
  readonly marks: ListMarks;
}

export interface Gates {
  /** In hundredths: a version that keeps fewer of the names is held. */
  readonly leastKept: number;
  /** A version that grows more than so many times is held. */
  readonly mostGrowth: number;
}
export const GATES: Gates = { leastKept: 50, mostGrowth: 10 };

/** Small lists change by leaps without anything being wrong. */
const SMALLEST_LIST = 10;
const SMALLEST_CATEGORY = 100;

/**
 * Must a person look at this version before it is used? A list that lost more than half, or grew more than tenfold, is
 * more often a broken export or somebody's prank than news, and would open or close what nobody decided on (FIL-03).
 */
export function judgeSize(before: Entries, after: Entries, gates: Gates = GATES): string | null {
  const whole = leap(total(before), total(after), SMALLEST_LIST, gates);
  if (whole) return `It ${whole}.`;
  for (const [category, was] of Object.entries(before)) {
    const words = leap(was, after[category] ?? 0, SMALLEST_CATEGORY, gates);
    if (words) return `“${category}” ${words}.`;
  }
  return null;
}

export const total = (entries: Entries): number => Object.values(entries).reduce((sum, n) => sum + n, 0);

function leap(was: number, is: number, smallest: number, { leastKept, mostGrowth }: Gates): string | null {
  if (was < smallest) return null;
  const figures = `from ${was.toLocaleString('en-GB')} names to ${is.toLocaleString('en-GB')}`;
  const lost = leastKept === 50 ? 'half' : `${100 - leastKept} in a hundred`;
  if (is * 100 < was * leastKept) return `lost more than ${lost}, ${figures}`;
  const times = mostGrowth === 10 ? 'tenfold' : `${mostGrowth} times`;
  return is > was * mostGrowth ? `grew more than ${times}, ${figures}` : null;
}

/** Public suffixes that no list names by mistake, as real ones do with `com.cn`: whole countries, and this one's own. */
const GREAT_SUFFIX = /^[a-z]+$|^(?:ac|co|gov|mod|nhs|org|police|sch)\.uk$/;
/** Of the sites that our own lists know as good, real lists call about one in twenty thousand of their names bad. */
const KNOWN_AT_FIRST = { least: 250, among: 5000 } as const;
const MORE_KNOWN = 20;

/**
 * Does this version look poisoned? Real lists err, and what they err in is left out when lists are compiled. A version that
 * names the school itself, newly names public suffixes, or suddenly calls many good sites bad, is not used until people
 * have looked at it. `names`: how many it holds.
 */
export function judgeMarks(before: ListMarks | null, after: ListMarks, names: number): string | null {
  const known = new Set(before?.names?.map((m) => m.name));
  const marks = after.names?.filter((m) => !known.has(m.name)) ?? [];
  const own = marks.filter((m) => m.kind !== 'suffix');
  if (own.length > 0) return `It names the school’s own ${said(own)}.`;
  const suffixes = marks.filter((m) => m.kind === 'suffix' && (before !== null || GREAT_SUFFIX.test(m.name)));
  if (suffixes.length > 0) return `It names ${said(suffixes)}, under which everybody’s sites lie.`;
  const [was, is] = [before?.known ?? 0, after.known ?? 0];
  const { least, among } = KNOWN_AT_FIRST;
  const most = before === null ? Math.max(least, names / among) : 2 * was + MORE_KNOWN;
  if (is <= most) return null;
  const earlier = before === null ? '' : `, ${was.toLocaleString('en-GB')} before`;
  return `It calls ${is.toLocaleString('en-GB')} sites bad that our own lists know as good${earlier}.`;
}

/** Why nobody can have this version used, or null. */
export function whyNever({ names }: ListMarks): string | null {
  const own = names?.find((m) => m.kind === 'own');
  return own ? `It names the school’s own ${own.name}, which no list may close. Such a version is never used.` : null;
}

const SAID = 5;
function said(marks: readonly { readonly name: string }[]): string {
  const names = marks.slice(0, SAID).map((m) => m.name);
  const more = marks.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}
