import { decide, type Question } from './decide.ts';
import type { CompiledPolicy, Decision, EvidenceLevel } from './types.ts';

/** The kinds of an address by how sure the lists must be: each level holds what the surer ones hold. */
export type CategoriesBy = (level: EvidenceLevel) => readonly string[];

/** How sure the lists must be for this profile. */
export const evidenceOf = (policy: CompiledPolicy | null, profile: string): EvidenceLevel =>
  policy?.profiles.find((p) => p.id === profile)?.listEvidence ?? 'usual';

/**
 * `decide()`, with the kinds of an address that count for this profile. What is only suspected may close a site and never
 * open one, and what is not certain may leave it open and never close it: otherwise a suspicion of something harmless
 * would open an unknown site where unknown ones are closed. Answers the kinds that decided, too.
 */
export function decideByEvidence(
  policy: CompiledPolicy | null,
  profile: string,
  categoriesBy: CategoriesBy,
  question: Omit<Question, 'categories'>,
): Decision & { readonly categories: readonly string[] } {
  const by = (level: EvidenceLevel) => {
    const categories = categoriesBy(level);
    return { ...decide(policy, profile, { ...question, categories }), categories };
  };
  const usual = by('usual');
  const level = evidenceOf(policy, profile);
  const closed = usual.outcome === 'block';
  return level === 'usual' || closed === (level === 'careful') ? usual : by(level);
}
