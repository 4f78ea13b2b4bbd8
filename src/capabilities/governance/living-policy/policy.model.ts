import { type Block, type DocumentModel, heading, paragraph } from '#platform/documents/index.ts';
import type { Category, CompiledPolicy, Lint, PolicyDocument } from '#policy/index.ts';
import { cover, type Edition, reporting, roles } from './people.part.ts';
import { wordsOf } from './policy.words.ts';
import { rulesParts } from './rules.part.ts';
import { whoGetsWhat } from './who-gets-what.ts';
import { agreements, duties, findings, learning, recording, settings, sources } from './work.part.ts';

export interface Published {
  readonly document: PolicyDocument;
  readonly compiled: CompiledPolicy;
  readonly categories: readonly Category[];
  /** What lint finds contradictory in it. */
  readonly clashes: readonly Lint[];
  readonly edition: Edition;
  /** Names by role, for readers who may know them; null for everybody else. */
  readonly holders: ReadonlyMap<string, readonly string[]> | null;
}

/** The whole policy as people read it, in the order in which they read. Page, PDF and Word file are made from this alone. */
export function policyDocumentModel({
  document,
  compiled,
  categories,
  clashes,
  edition,
  holders,
}: Published): DocumentModel {
  const words = wordsOf(document);
  return {
    title: document.title,
    author: edition.school,
    language: 'en-GB',
    blocks: [
      ...cover(document, edition, words),
      ...clauses(document),
      ...rulesParts(document, words),
      ...whoGetsWhat(compiled, categories, words),
      ...roles(document, words, holders),
      ...reporting(document, words),
      ...recording(document, compiled, words),
      ...duties(document, words),
      ...agreements(document, words),
      ...learning(document, words),
      ...settings(document),
      ...sources(document, words),
      ...findings(clashes, words),
    ],
  };
}

/** Clauses under the headings they are printed under, in the document's order, each at its own address. */
function clauses(document: PolicyDocument): Block[] {
  return [...Map.groupBy(document.clauses, (c) => c.section)].flatMap(([section, own], i) => [
    heading(2, section, `section-${i + 1}`),
    ...own.map((c) => paragraph(c.text, { id: c.id, number: c.number })),
  ]);
}
