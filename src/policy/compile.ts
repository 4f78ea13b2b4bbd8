import { invalid } from '#core/errors.ts';
import { FLOOR, taxonomyFaults } from './floor.ts';
import { checkPolicy } from './parse.ts';
import { privateUse } from './private-use.ts';
import { resolveCell } from './resolve.ts';
import { modesOf, UNSAFE_SEARCH } from './safety.ts';
import { schoolMail } from './school-mail.ts';
import {
  type Category,
  type CompiledCell,
  type CompiledPolicy,
  type CompiledProfile,
  EVIDENCE_LEVELS,
  type PersonKind,
  type PolicyDocument,
  type Profile,
  type SchoolFacts,
  STRICTNESS,
  UNIDENTIFIED,
} from './types.ts';
import { requireTimeZone } from './windows.ts';

/**
 * What gateways need of a document, flat. Refuses a document that names an unknown category or would open what
 * the safety floor closes, and a taxonomy on which that floor cannot stand.
 */
export function compilePolicy(doc: PolicyDocument, taxonomy: readonly Category[], school: SchoolFacts): CompiledPolicy {
  const { timeZone } = school;
  const missing = [...taxonomyFaults(taxonomy)];
  if (missing.length > 0) {
    throw invalid('policy.taxonomy', `The category taxonomy cannot carry the safety floor: ${missing.join('; ')}.`);
  }
  requireTimeZone(timeZone);
  checkPolicy(doc, `The policy "${doc.id}"`, taxonomy);
  const mail = schoolMail(doc);
  return {
    id: doc.id,
    version: doc.version,
    title: doc.title,
    timeZone,
    profiles: doc.profiles.map((profile) => compileProfile(doc, school, profile)),
    clauses: Object.fromEntries(doc.clauses.map((c) => [c.id, { number: c.number, text: c.text }])),
    categories: Object.fromEntries(gravestFirst(doc, taxonomy).map((c) => [c.id, { name: c.name, nature: c.nature }])),
    ...(mail && { mail }),
  };
}

/** What a profile may ask about somebody. */
export interface ProfilePerson {
  readonly kind: PersonKind;
  readonly year?: number | null;
  readonly group?: string | null;
  readonly roles?: readonly string[];
}

/** The profile of a person; whom no profile takes is treated as unidentified, the strictest. */
export function profileFor(doc: PolicyDocument, person: ProfilePerson): string {
  const profile = doc.profiles.find(({ match: { kinds, years, groups, roles } }) => {
    if (!kinds?.includes(person.kind)) return false;
    if (groups && !groups.includes(person.group ?? '')) return false;
    if (roles && !roles.some((role) => person.roles?.includes(role))) return false;
    return years === undefined || (typeof person.year === 'number' && years.includes(person.year));
  });
  return profile?.id ?? UNIDENTIFIED;
}

function compileProfile(doc: PolicyDocument, school: SchoolFacts, profile: Profile): CompiledProfile {
  const { id, name, audience, clause } = profile;
  if (id !== UNIDENTIFIED) {
    return {
      id,
      name,
      audience,
      clause,
      uncategorised: profile.uncategorised,
      ...(profile.listEvidence && { listEvidence: profile.listEvidence }),
      cells: group(speak(doc, school, profile)),
    };
  }
  // The strictest: whatever any profile closes is closed to somebody who might be anyone.
  const everyones = doc.profiles
    .flatMap((p) => speak(doc, school, p))
    .map(([category, cell]) => [category, unnamed(cell)] as const);
  const uncategorised = doc.profiles.some((p) => p.uncategorised === 'block') ? 'block' : 'allow';
  const levels = doc.profiles.map((p) => p.listEvidence ?? 'usual');
  const listEvidence = EVIDENCE_LEVELS.find((level) => levels.includes(level)) ?? 'usual';
  return { id, name, audience, clause, uncategorised, listEvidence, cells: group(everyones) };
}

/** A school of which nothing but its time zone is known: all that depends on the rest is closed. */
export const bareSchool = (timeZone: string): SchoolFacts => ({ timeZone, terms: [], slots: [], grants: [] });

type Spoken = readonly [category: string, cell: CompiledCell];

/** Every cell that speaks of a category under one profile: the rules, its own blocks, its safe search, the safety floor. */
function speak(doc: PolicyDocument, school: SchoolFacts, profile: Profile): Spoken[] {
  const spoken: Spoken[] = [];
  for (const { id: rule, clause, categories, cells } of doc.rules) {
    const cell = cells[profile.audience];
    if (!cell) continue;
    const resolved = resolveCell(cell, rule, school);
    for (const category of categories) spoken.push([category, { rule, clause, cell: resolved }]);
  }
  if (profile.audience === 'staff') {
    const { category, rule, clause, cell } = privateUse(doc, school);
    spoken.push([category, { rule, clause, cell }]);
  }
  for (const [category, clause] of Object.entries(profile.blocks)) {
    spoken.push([category, { rule: 'profile', clause, cell: { value: 'not-allowed' } }]);
  }
  if (modesOf(profile).safeSearch) {
    spoken.push([UNSAFE_SEARCH, { rule: 'profile', clause: profile.clause, cell: { value: 'not-allowed' } }]);
  }
  for (const { rule, categories, audiences } of FLOOR) {
    if (!audiences.includes(profile.audience)) continue;
    for (const category of categories) spoken.push([category, { rule, clause: null, cell: { value: 'not-allowed' } }]);
  }
  return spoken;
}

/** Lists of people and permissions are for those we know. */
function unnamed(compiled: CompiledCell): CompiledCell {
  const { value } = compiled.cell;
  return value === 'selected' || value === 'nominated' || value === 'permission' || value === 'quota'
    ? { ...compiled, cell: { value: 'not-allowed' } }
    : compiled;
}

/** By category, each cell once, strictest first; equals stay in the document's order, before the floor. */
function group(spoken: readonly Spoken[]): Record<string, CompiledCell[]> {
  const cells = new Map<string, Map<string, CompiledCell>>();
  for (const [category, cell] of spoken) {
    const found = cells.get(category) ?? new Map<string, CompiledCell>();
    found.set(JSON.stringify(cell), cell);
    cells.set(category, found);
  }
  const strictest = (a: CompiledCell, b: CompiledCell) => STRICTNESS[b.cell.value] - STRICTNESS[a.cell.value];
  return Object.fromEntries([...cells].map(([category, found]) => [category, [...found.values()].sort(strictest)]));
}

function gravestFirst(doc: PolicyDocument, taxonomy: readonly Category[]): Category[] {
  const weight = (c: Category): number => {
    if (c.nature === 'illegal') return 0;
    const urgency = Object.hasOwn(doc.monitoring.grave, c.id) ? doc.monitoring.grave[c.id]?.urgency : undefined;
    if (urgency) return urgency === 'urgent' ? 1 : 2;
    return c.risk === null ? 4 : 3;
  };
  return [...taxonomy].sort((a, b) => weight(a) - weight(b));
}
