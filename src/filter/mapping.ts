import { fileURLToPath } from 'node:url';
import { invalid } from '#core/errors.ts';
import { isRecord, readJson, type Taxonomy } from './taxonomy.ts';

/** The section that speaks for every source without words of its own. */
const ANY_SOURCE = '*';

const MAPPING_FILE: string = fileURLToPath(new URL('../../lists/mapping.json', import.meta.url));

/**
 * How the category names of outside lists read in Gatehouse's taxonomy. A name is looked up under its own
 * source, then under `*`, then in the taxonomy itself.
 */
export class Mapping {
  readonly #sections: ReadonlyMap<string, ReadonlyMap<string, string | null>>;
  readonly #taxonomy: Taxonomy;

  constructor(sections: ReadonlyMap<string, ReadonlyMap<string, string | null>>, taxonomy: Taxonomy) {
    this.#sections = sections;
    this.#taxonomy = taxonomy;
  }

  /** A category of the taxonomy; `null` when the name is ignored on purpose; `undefined` when nobody has said. */
  resolve(source: string, outside: string): string | null | undefined {
    const name = outside.toLowerCase();
    for (const section of [source.toLowerCase(), ANY_SOURCE]) {
      const mapped = this.#sections.get(section)?.get(name);
      if (mapped !== undefined) return mapped;
    }
    return this.#taxonomy.byId.has(name) ? name : undefined;
  }
}

/** Read and check `lists/mapping.json`. Every mistake is named in one error. */
export function loadMapping(taxonomy: Taxonomy, file: string = MAPPING_FILE): Mapping {
  const json = readJson(file, 'filter.mapping.unreadable');
  const errors = mappingErrors(json, taxonomy);
  if (errors.length > 0) throw invalid('filter.mapping.invalid', `${file}: ${errors.join('; ')}.`);
  return new Mapping(
    new Map(
      Object.entries(json as Record<string, Record<string, string | null>>).map(([source, names]) => [
        source.toLowerCase(),
        new Map(Object.entries(names).map(([name, category]) => [name.toLowerCase(), category])),
      ]),
    ),
    taxonomy,
  );
}

/** What is wrong with a mapping document; empty when nothing is. */
export function mappingErrors(json: unknown, taxonomy: Taxonomy): string[] {
  if (!isRecord(json)) return ['the mapping must be an object: source → outside name → category or null'];
  return Object.entries(json).flatMap(([source, names]) => {
    if (!isRecord(names)) return [`"${source}" must be an object: outside name → category or null`];
    return Object.entries(names)
      .filter(([, category]) => category !== null && !(typeof category === 'string' && taxonomy.byId.has(category)))
      .map(([name, category]) => `"${source}" → "${name}": there is no category ${JSON.stringify(category)}`);
  });
}
