import Type from 'typebox';
import { readData } from './data-file.ts';
import { normalisePath } from './host.ts';
import { HOST_PATTERN, HostPatterns } from './host-patterns.ts';

const Engine = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    hosts: Type.Array(Type.String({ pattern: HOST_PATTERN }), { minItems: 1 }),
    paths: Type.Array(Type.String({ pattern: '^/' }), { minItems: 1 }),
    parameter: Type.String({ minLength: 1 }),
  },
  { additionalProperties: false },
);
const Phrases = Type.Object(
  { phrases: Type.Record(Type.String(), Type.Array(Type.String({ pattern: '^[a-z0-9]+( [a-z0-9]+)*$' }))) },
  { additionalProperties: false },
);

const { engines } = readData('search.json', Type.Object({ engines: Type.Array(Engine) }));
const engineOf = new HostPatterns(engines.flatMap((engine) => engine.hosts.map((host) => [host, engine] as const)));
const { phrases } = readData('grave-phrases.json', Phrases);

/** A search is read no further: no honest one is longer, and reading must stay quick. */
const MAX_TERMS = 500;

/** What somebody looks for, when host and path are a search on a large engine; `null` when they are not. */
export function searchTerms(host: string, path: string): string | null {
  const question = path.indexOf('?');
  if (question < 0) return null;
  const engine = engineOf.find(host);
  if (engine === undefined) return null;
  if (!engine.paths.includes(normalisePath(path.slice(0, question)) || '/')) return null;
  // Which of two the engine would take is its affair: all are read.
  const terms = new URLSearchParams(path.slice(question)).getAll(engine.parameter);
  return terms.length > 0 ? terms.join(' ').slice(0, MAX_TERMS) : null;
}

/**
 * The category of a search that must not go unheard (`lists/grave-phrases.json`), `null` for every other. Whole words
 * only, so that homework and film titles pass: they name the thing, and a phrase here speaks of oneself or of how.
 */
export function graveCategory(terms: string): string | null {
  const words = ` ${plainWords(terms)} `;
  for (const category in phrases) {
    if (phrases[category]?.some((phrase) => words.includes(` ${phrase} `))) return category;
  }
  return null;
}

/** However it is typed: case, accents, apostrophes, hyphens and double spaces say nothing. */
const plainWords = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\p{M}'’`]/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
