import { FILE_GROUPS, type ProfileSafety } from './snapshot.ts';
import { type CompiledPolicy, type CompiledProfile, type PolicyDocument, UNIDENTIFIED } from './types.ts';

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
 * What gateways see to for each profile. Pupils, guests and strangers search safely; YouTube is strict where nobody
 * knows who watches. A group of files is refused unless the policy leaves it open to the profile altogether: a gateway
 * sees a file, not whether somebody may have it today.
 */
export function safetyFor(doc: PolicyDocument, { profiles }: CompiledPolicy): Record<string, ProfileSafety> {
  return Object.fromEntries(
    profiles.map((profile): [string, ProfileSafety] => {
      const staff = profile.audience === 'staff';
      const unknown = profile.id === UNIDENTIFIED || profile.audience === 'guest';
      const youtube = staff ? 'none' : unknown ? 'strict' : 'moderate';
      return [profile.id, { safeSearch: !staff, youtube, refusedFiles: refusedFiles(doc, profile) }];
    }),
  );
}

function refusedFiles(doc: PolicyDocument, profile: CompiledProfile): Record<string, string | null> {
  const refused: Record<string, string | null> = {};
  for (const group of FILE_GROUPS) {
    const category = SPEAKS_OF[group];
    const closed = profile.cells[category]?.find(({ cell }) => cell.value !== 'allowed');
    const forbidden = category === 'software-downloads' ? forbiddenPrograms(doc, profile) : undefined;
    const decisive = closed ?? forbidden;
    if (decisive) refused[group] = decisive.clause;
  }
  return refused;
}

/** Somebody unidentified might be anyone, so whatever is forbidden to any audience is forbidden there. */
const forbiddenPrograms = (doc: PolicyDocument, { id, audience }: CompiledProfile) =>
  doc.rules.find(({ action, cells }) => {
    if (action !== FETCH_PROGRAMS) return false;
    const cell = cells[audience];
    const spoken = id === UNIDENTIFIED ? Object.values(cells) : cell ? [cell] : [];
    return spoken.some(({ value }) => value !== 'allowed');
  });
