import { type FairUse, FILE_GROUPS, type ProfileSafety } from './snapshot.ts';
import {
  type CompiledPolicy,
  type CompiledProfile,
  type PolicyDocument,
  type Profile,
  UNIDENTIFIED,
  YOUTUBE_LEVELS,
  type YouTubeLevel,
} from './types.ts';

/** Search engines that nobody can hold to safe results: closed wherever safe search is on. */
export const UNSAFE_SEARCH = 'unsafe-search';

export interface SafeModes {
  readonly safeSearch: boolean;
  readonly youtube: YouTubeLevel;
}
type Who = Pick<Profile, 'id' | 'audience'>;

/**
 * The least there is: pupils, guests and strangers search safely whatever a document says, and YouTube is restricted for
 * them, strictly where nobody knows who watches.
 */
export function leastModes({ id, audience }: Who): SafeModes {
  if (id === UNIDENTIFIED) return { safeSearch: true, youtube: 'strict' };
  return audience === 'staff' ? { safeSearch: false, youtube: 'none' } : { safeSearch: true, youtube: 'moderate' };
}

/** What holds for a profile: what its policy says, never less than the least; guests are usually held to strict. */
export function modesOf(profile: Who & Pick<Profile, 'safety'>): SafeModes {
  const least = leastModes(profile);
  const usual = profile.audience === 'guest' ? 'strict' : least.youtube;
  return {
    safeSearch: least.safeSearch || (profile.safety?.safeSearch ?? false),
    youtube: stricter(profile.safety?.youtube ?? usual, least.youtube),
  };
}

export const isLess = (a: YouTubeLevel, b: YouTubeLevel): boolean =>
  YOUTUBE_LEVELS.indexOf(a) < YOUTUBE_LEVELS.indexOf(b);
const stricter = (a: YouTubeLevel, b: YouTubeLevel): YouTubeLevel => (isLess(a, b) ? b : a);

/** Which category speaks of a group of files: who may not visit such sites may not fetch such files anywhere (FIL-09). */
const SPEAKS_OF: Readonly<Record<(typeof FILE_GROUPS)[number], string>> = {
  executables: 'software-downloads',
  scripts: 'software-downloads',
  'disk-images': 'software-downloads',
  macros: 'malware',
};
/** The action that every policy means when it forbids programs (SEC-10, AGR-T25). */
const FETCH_PROGRAMS = 'fetch-programs';

/**
 * What gateways see to for each profile. A group of files is refused unless the policy leaves it open to the profile
 * altogether: a gateway sees a file, not whether somebody may have it today.
 */
export function safetyFor(doc: PolicyDocument, { profiles }: CompiledPolicy): Record<string, ProfileSafety> {
  return Object.fromEntries(
    profiles.map((profile): [string, ProfileSafety] => {
      const written = doc.profiles.find((p) => p.id === profile.id) ?? profile;
      const fairUse = fairUseOf(doc, profile);
      const safety = { ...modesOf(written), refusedFiles: refusedFiles(doc, profile) };
      return [profile.id, fairUse === null ? safety : { ...safety, fairUse }];
    }),
  );
}

function refusedFiles(doc: PolicyDocument, profile: CompiledProfile): Record<string, string | null> {
  const refused: Record<string, string | null> = {};
  for (const group of FILE_GROUPS) {
    const category = SPEAKS_OF[group];
    const closed = profile.cells[category]?.find(({ cell }) => cell.value !== 'allowed');
    const forbidden = category === 'software-downloads' ? forbidding(doc, profile, FETCH_PROGRAMS) : undefined;
    const decisive = closed ?? forbidden;
    if (decisive) refused[group] = decisive.clause;
  }
  return refused;
}

/** The rule that keeps a profile from an action. Somebody unidentified might be anyone, so what is forbidden to any is there. */
const forbidding = (doc: PolicyDocument, { id, audience }: CompiledProfile, wanted: string) =>
  doc.rules.find(({ action, cells }) => {
    if (action !== wanted) return false;
    const cell = cells[audience];
    const spoken = id === UNIDENTIFIED ? Object.values(cells) : cell ? [cell] : [];
    return spoken.some(({ value }) => value !== 'allowed');
  });

/** What the policy calls taking so much of the network that others go short. */
export const UNFAIR_USE = 'unfair-use';

/** Where the policy forbids it, the figures of its settings; while it has none there is nothing to hold anybody to. */
function fairUseOf(doc: PolicyDocument, profile: CompiledProfile): FairUse | null {
  const rule = forbidding(doc, profile, UNFAIR_USE);
  const { fairUse } = doc.settings;
  if (rule === undefined || !fairUse) return null;
  const { megabytesAnHour, kilobitsASecond } = fairUse;
  const megabytes =
    profile.id === UNIDENTIFIED ? Math.min(...Object.values(megabytesAnHour)) : megabytesAnHour[profile.audience];
  return { bytesAnHour: megabytes * 1e6, bytesASecond: (kilobitsASecond * 1000) / 8, clause: rule.clause };
}
