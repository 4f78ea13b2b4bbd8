import { type Address, counts, type Weighed } from '#filter/index.ts';
import type { CompiledPolicy, EvidenceLevel, LiveChange } from '#policy/index.ts';
import type { Why } from './why.service.ts';

/** Does a gateway see the whole address? Only on plain HTTP: of what is encrypted it sees the name. */
export const seenOf = (typed: string, { path }: Address): 'address' | 'name' =>
  /^http:\/\//i.test(typed.trim()) && path !== '' ? 'address' : 'name';

/** What was looked into, in words. */
export const saySeen = (seen: 'address' | 'name'): string =>
  seen === 'address'
    ? 'The whole address was seen, since plain HTTP is not encrypted. Its content was not inspected.'
    : 'Not inspected: only the name was seen. Encrypted pages are not opened on their way.';

/** How sure the lists must be, in words. */
export const LEVEL_WORDS: Readonly<Record<EvidenceLevel, string>> = {
  careful: 'careful: a strong suspicion is enough',
  usual: 'usual',
  sure: 'sure: only what is certain counts',
};

/** How sure the lists are, in words. */
export function sayReached(weighed: Weighed, level: EvidenceLevel): string {
  const { reached } = weighed;
  if (reached === null) return 'Not believed: too few or too weak sources say so.';
  if (counts(weighed, level)) return `It counts as this (${reached === 'careful' ? 'suspected' : reached}).`;
  return `It does not count here (${reached === 'careful' ? 'suspected only' : reached}): this profile needs more.`;
}

type Names = Readonly<Record<string, string>>;

/** What would change the answer, the nearest first. Says nothing of what is closed for good (FIL-02). */
export function whatWouldChange(
  { verdict, change, level, policy }: Pick<Why, 'verdict' | 'change' | 'level' | 'policy'>,
  weighed: readonly Weighed[],
  names: Names,
): string[] {
  if (!verdict) return [];
  const { outcome, because } = verdict.decision;
  if (because.rule === 'no-policy') return ['A policy in force, and lists that are compiled.'];
  if (because.rule === 'safety.help') return ['Nothing. Help and support services are open to everybody.'];
  const byChange = change && sayChange(change.effect, outcome);
  if (byChange) return [byChange];
  return outcome === 'block'
    ? whatOpens(because, weighed, names, level, policy?.compiled)
    : whatCloses(weighed, names, level);
}

function sayChange(effect: LiveChange['effect'], outcome: string): string {
  if (outcome !== 'block') return 'The end of the opening, or whoever withdraws it.';
  return effect === 'only-these'
    ? 'The end of the lesson, or the teacher who set its list.'
    : 'Lifting the closing, which two people must agree on.';
}

function whatOpens(
  because: { readonly rule: string; readonly category: string | null; readonly remedy: string | null },
  weighed: readonly Weighed[],
  names: Names,
  level: EvidenceLevel,
  policy: CompiledPolicy | undefined,
): string[] {
  const { rule, category, remedy } = because;
  if (remedy === null) return ['Nothing that anybody can ask for.'];
  const said: string[] = [];
  if (remedy === 'sign-in') said.push('Signing in: then the profile of that person counts.');
  if (remedy === 'wait') said.push('The time that the answer names.');
  if (needsGrant(policy, rule)) said.push(`A permission or a place on the list under ${rule}.`);
  said.push('A request to open it, which a second person must agree to.');
  if (rule === 'uncategorised') said.push('A list that knows the site.');
  else said.push(`A version of the policy that says otherwise${/^[A-Z]/.test(rule) ? ` in ${rule}` : ''}.`);
  const claim = weighed.find((w) => w.category === category && counts(w, level));
  if (claim && claim.needs[level] > 0 && claim.points < OUR_WORD) {
    const spare = claim.points - claim.against - claim.needs[level];
    said.push(
      `Lists that say less: ${names[claim.category] ?? claim.category} has ${claim.points - claim.against} points and needs ${claim.needs[level]}, so it would not count with ${spare + 1} fewer.`,
    );
  }
  return said;
}

function whatCloses(weighed: readonly Weighed[], names: Names, level: EvidenceLevel): string[] {
  const near = weighed
    .filter((w) => !counts(w, level))
    .map((w) => {
      const missing = w.needs[level] - (w.points - w.against);
      return `${missing} more ${missing === 1 ? 'point' : 'points'} for “${names[w.category] ?? w.category}”, from another list that says so.`;
    });
  return [
    ...near,
    'A request to close it, or an emergency block by one person that a second one reviews.',
    'A version of the policy that closes this kind of site.',
  ];
}

/** Where a row is open only to people on a list or with a permission. */
const needsGrant = (policy: CompiledPolicy | undefined, rule: string): boolean =>
  policy?.profiles.some((p) =>
    Object.values(p.cells).some((cells) =>
      cells.some((c) => c.rule === rule && ['permission', 'selected', 'nominated'].includes(c.cell.value)),
    ),
  ) ?? false;

/** Our own lists speak with so many points (filter/evidence.ts). */
const OUR_WORD = 1000;
