/** The door of the filter: lists in, category index out, look-ups. Pure: no SQL, no network. */

export { type Address, readAddress } from './address.ts';
export { KNOWN_AI_TOOLS, type KnownAiTool, knownAiTool } from './ai-tools.ts';
export { type BuildOptions, type BuildReport, buildIndex, type RefusedLines, type SourceReport } from './build.ts';
export { type CategoryIndex, loadIndex, openIndex } from './category-index.ts';
export { countNames, type ListCount } from './count.ts';
export { type Claim, counts, Evidence, loadEvidence, type Needs, type Weighed } from './evidence.ts';
export { type Explanation, explainAll, explainHost, type ListMatch } from './explain.ts';
export { newSealKey, openSealsWith, sealedBytes } from './formats/sealed.ts';
export type { LineRefusal } from './formats.ts';
export { isAddress, normaliseHost, normalisePath } from './host.ts';
export { loadMapping, type Mapping } from './mapping.ts';
export type { Source } from './sources.ts';
export { HEADINGS, loadTaxonomy, type Taxonomy } from './taxonomy.ts';
