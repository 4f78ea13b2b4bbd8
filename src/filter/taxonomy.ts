import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { invalid } from '#core/errors.ts';
import type { Category } from '#policy/types.ts';

/** The headings of the UK Safer Internet Centre's guide "Appropriate filtering for education settings". */
export const HEADINGS = [
  'Child sexual abuse content',
  'Unlawful terrorist content',
  'Discrimination',
  'Drugs and substance abuse',
  'Extremism',
  'Gambling',
  'Malware and hacking',
  'Mis- and disinformation',
  'Piracy and copyright theft',
  'Pornography',
  'Self harm',
  'Violence',
] as const;

const RISKS: readonly unknown[] = ['RSK-01', 'RSK-02', 'RSK-03', 'RSK-04', null];
const NATURES: readonly unknown[] = ['ordinary', 'illegal', 'help', 'positive', 'technical'];
const FIELDS = ['id', 'name', 'about', 'risk', 'heading', 'uar', 'nature'];

/** Gatehouse's own categories, in the order of the file; the order is the category's number in an index. */
export interface Taxonomy {
  readonly categories: readonly Category[];
  readonly byId: ReadonlyMap<string, Category>;
  /** A name that our own lists hold in one of these is what they say it is (trust.ts). */
  readonly vouching: ReadonlySet<string>;
  /** Danger that may come to any site overnight: what an outside list puts here always counts. */
  readonly urgent: ReadonlySet<string>;
}

const TAXONOMY_FILE: string = fileURLToPath(new URL('../../lists/taxonomy.json', import.meta.url));

/** Read and check `lists/taxonomy.json`. Every mistake is named in one error. */
export function loadTaxonomy(file: string = TAXONOMY_FILE): Taxonomy {
  const json = readJson(file, 'filter.taxonomy.unreadable');
  const errors = taxonomyErrors(json);
  if (errors.length > 0) throw invalid('filter.taxonomy.invalid', `${file}: ${errors.join('; ')}.`);
  const { categories, vouching, urgent } = json as { categories: Category[]; vouching: string[]; urgent: string[] };
  return {
    categories,
    byId: new Map(categories.map((c) => [c.id, c])),
    vouching: new Set(vouching),
    urgent: new Set(urgent),
  };
}

/** What is wrong with a taxonomy document; empty when nothing is. */
export function taxonomyErrors(json: unknown): string[] {
  const list = isRecord(json) ? json.categories : undefined;
  if (!Array.isArray(list) || list.length === 0) return ['"categories" must be a list of at least one category'];
  const seen = new Set<unknown>();
  const errors = list.flatMap((c: unknown, i) => {
    if (!isRecord(c)) return [`category ${i + 1} must be an object`];
    const where = typeof c.id === 'string' ? `category "${c.id}"` : `category ${i + 1}`;
    const errors = categoryErrors(c);
    if (seen.has(c.id)) errors.push('stands twice');
    seen.add(c.id);
    return errors.map((e) => `${where}: ${e}`);
  });
  return [...errors, ...TRUST.flatMap((key) => trustErrors(key, (json as Record<string, unknown>)[key], list))];
}

const TRUST = ['vouching', 'urgent'] as const;

function trustErrors(key: (typeof TRUST)[number], ids: unknown, categories: readonly unknown[]): string[] {
  if (!Array.isArray(ids)) return [`"${key}" must be a list of categories`];
  const natures = new Map(categories.filter(isRecord).map((c) => [c.id, c.nature]));
  return ids.flatMap((id: unknown) => {
    if (!natures.has(id)) return [`"${key}": there is no category ${JSON.stringify(id)}`];
    return key === 'vouching' && natures.get(id) === 'illegal' ? [`"vouching": ${String(id)} is illegal content`] : [];
  });
}

function categoryErrors(c: Record<string, unknown>): string[] {
  const errors: string[] = [];
  const unknown = Object.keys(c).filter((key) => !FIELDS.includes(key));
  if (unknown.length > 0) errors.push(`unknown field "${unknown.join('", "')}"`);
  if (typeof c.id !== 'string' || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(c.id))
    errors.push('"id" must be lower-case words joined by hyphens');
  for (const key of ['name', 'about']) {
    if (typeof c[key] !== 'string' || c[key].trim() === '') errors.push(`"${key}" must be a sentence or a name`);
  }
  if (!RISKS.includes(c.risk)) errors.push('"risk" must be RSK-01, RSK-02, RSK-03, RSK-04 or null');
  if (c.heading !== null && !HEADINGS.includes(c.heading as (typeof HEADINGS)[number])) {
    errors.push(`"heading" must be null or one of: ${HEADINGS.join(', ')}`);
  }
  if (!Array.isArray(c.uar) || !c.uar.every((row) => typeof row === 'string' && /^UAR-\d\d$/.test(row))) {
    errors.push('"uar" must be a list of rows such as UAR-20');
  }
  if (!NATURES.includes(c.nature)) errors.push(`"nature" must be one of: ${NATURES.join(', ')}`);
  else if (c.nature === 'illegal' && c.risk === null) errors.push('an illegal category needs a risk class');
  else if ((c.nature === 'help' || c.nature === 'positive') && c.risk !== null)
    errors.push(`a ${c.nature} category is no risk; "risk" must be null`);
  return errors;
}

/** Parse a JSON file, or say plainly why it cannot be. */
export function readJson(file: string, code: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (e) {
    throw invalid(code, `${file} cannot be read: ${e instanceof Error ? e.message : String(e)}`);
  }
}

export const isRecord = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && !Array.isArray(x);
