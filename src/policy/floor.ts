import { at, type Fault, show } from './locate.ts';
import { isLess, leastModes } from './safety.ts';
import type { Audience, Category, PolicyDocument, Profile } from './types.ts';

/**
 * The safety floor: what stays closed whatever any document says. It is code so that no edit of a policy, no
 * import and no approval can take it away; a document that tries is refused with the row it offends.
 */
export interface FloorRule {
  /** As it appears in a decision when the document itself is silent. */
  readonly rule: 'safety.extremism' | 'safety.dangerous';
  readonly row: string;
  readonly categories: readonly string[];
  readonly audiences: readonly Audience[];
}

export const FLOOR: readonly FloorRule[] = [
  { rule: 'safety.extremism', row: 'FIL-05', categories: ['extremism', 'terrorism'], audiences: ['pupil'] },
  {
    rule: 'safety.dangerous',
    row: 'FIL-08',
    categories: ['malware', 'phishing'],
    audiences: ['staff', 'pupil', 'guest'],
  },
];

/** FIL-02: these must be of illegal nature in any taxonomy the program is given. */
const ALWAYS_ILLEGAL = ['child-abuse'];

const CLOSED = new Set(['not-allowed', 'illegal']);

/** Where a document tries to open what the floor closes, or to close help (crisis lines stay open to a child in need). */
export function* floorFaults(doc: PolicyDocument, taxonomy: readonly Category[]): Generator<Fault> {
  const nature = new Map(taxonomy.map((c) => [c.id, c.nature]));
  for (const [i, rule] of doc.rules.entries()) {
    for (const [audience, cell] of Object.entries(rule.cells)) {
      const path = at(at(`/rules/${i}/cells`, audience), 'value');
      for (const category of rule.categories) {
        const row = floorRow(category, audience as Audience, nature);
        if (row !== null && !CLOSED.has(cell.value)) {
          yield { path, expected: `"not-allowed" or "illegal" for ${category} (${row})`, found: show(cell.value) };
        }
        if (nature.get(category) === 'help' && cell.value !== 'allowed') {
          yield { path, expected: `"allowed" for ${category}, which is help`, found: show(cell.value) };
        }
      }
    }
  }
  for (const [i, profile] of doc.profiles.entries()) {
    for (const category of Object.keys(profile.blocks)) {
      if (nature.get(category) !== 'help') continue;
      const path = at(`/profiles/${i}/blocks`, category);
      yield { path, expected: 'no category of help services', found: show(category) };
    }
    yield* safetyFaults(profile, `/profiles/${i}/safety`);
  }
}

/** Safe search and YouTube's restricted mode have a least for everybody who is not staff. */
function* safetyFaults(profile: Profile, path: string): Generator<Fault> {
  const { safeSearch, youtube } = profile.safety ?? {};
  const least = leastModes(profile);
  if (safeSearch === false && least.safeSearch) {
    yield { path: at(path, 'safeSearch'), expected: 'true, since only staff may search freely', found: 'false' };
  }
  if (youtube !== undefined && isLess(youtube, least.youtube)) {
    yield { path: at(path, 'youtube'), expected: `"${least.youtube}" or stricter`, found: show(youtube) };
  }
}

function floorRow(category: string, audience: Audience, nature: ReadonlyMap<string, string>): string | null {
  if (nature.get(category) === 'illegal') return 'FIL-02';
  return FLOOR.find((f) => f.categories.includes(category) && f.audiences.includes(audience))?.row ?? null;
}

/** What a taxonomy lacks for the floor to stand on; empty when it is whole. */
export function* taxonomyFaults(taxonomy: readonly Category[]): Generator<string> {
  const nature = new Map(taxonomy.map((c) => [c.id, c.nature]));
  for (const id of ALWAYS_ILLEGAL) {
    if (nature.get(id) !== 'illegal') yield `"${id}" must be there with nature "illegal" (FIL-02)`;
  }
  for (const { categories, row } of FLOOR) {
    for (const id of categories) {
      if (!nature.has(id) || nature.get(id) === 'help') yield `"${id}" must be there and not be help (${row})`;
    }
  }
  if (nature.size !== taxonomy.length) yield 'a category stands twice';
}
