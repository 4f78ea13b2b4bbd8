import type { PolicyDocument } from '#policy/index.ts';

/** Clauses under the headings they are printed under, in the document's order. */
export function sectionsOf(
  document: PolicyDocument,
): { title: string; clauses: PolicyDocument['clauses'][number][] }[] {
  return [...Map.groupBy(document.clauses, (c) => c.section)].map(([title, clauses]) => ({ title, clauses }));
}
