import { Evidence, loadEvidence, type Mapping, type Taxonomy } from '#filter/index.ts';
import { Mapping as WordMapping } from '#filter/mapping.ts';
import type { Words } from './list-changes.rules.ts';

/** How a school reads a source, where that differs from what lists/mapping.json and lists/trust.json say. */
export interface Reading {
  readonly words: Words;
  /** Its word counts for so many hundredths. */
  readonly trust: number;
}
/** By the name of the source. */
export type Readings = Readonly<Record<string, Reading>>;

/** The mapping with the school's own readings over it. */
export function mappingWith(base: Mapping, taxonomy: Taxonomy, readings: Readings): Mapping {
  return new ReadMapping(base, taxonomy, readings);
}

class ReadMapping extends WordMapping {
  readonly #base: Mapping;
  readonly #readings: Readings;

  constructor(base: Mapping, taxonomy: Taxonomy, readings: Readings) {
    super(new Map(), taxonomy);
    this.#base = base;
    this.#readings = readings;
  }

  override resolve(source: string, outside: string): string | null | undefined {
    const reading = Object.hasOwn(this.#readings, source) ? this.#readings[source] : undefined;
    const own = reading && Object.hasOwn(reading.words, outside) ? reading.words[outside] : undefined;
    return own !== undefined ? own : this.#base.resolve(source, outside);
  }
}

/** The weights of lists/trust.json with the school's own trust over them. */
export function evidenceWith(taxonomy: Taxonomy, readings: Readings): Evidence {
  const shipped = loadEvidence(taxonomy);
  const lowered = Object.entries(readings).filter(([, { trust }]) => trust !== 100);
  if (lowered.length === 0) return shipped;
  const { sources } = shipped.table;
  const scaled = lowered.map(([name, { trust }]) => {
    const own = sources[name];
    const points = own && '*' in own ? own : { ...sources['*'], ...own };
    return [name, Object.fromEntries(Object.entries(points).map(([c, p]) => [c, (p * trust) / 100]))] as const;
  });
  return new Evidence({ ...shipped.table, sources: { ...sources, ...Object.fromEntries(scaled) } }, taxonomy);
}

/** How the sources that a row stands for are read. */
export const readingsOf = ({ words, trust }: Reading, sources: readonly { readonly name: string }[]): Readings =>
  Object.fromEntries(sources.map(({ name }) => [name, { words, trust }]));
