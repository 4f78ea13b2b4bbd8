import { fileURLToPath } from 'node:url';
import { invalid } from '#core/errors.ts';
import { FLOOR } from '#policy/floor.ts';
import { EVIDENCE_LEVELS, type EvidenceLevel } from '#policy/types.ts';
import { isRecord, readJson, type Taxonomy } from './taxonomy.ts';

/**
 * What is said of a name, and how much it weighs. Real lists are wrong every day: one calls a newspaper pornography,
 * another a space agency piracy. So a list's word is a claim with points, and a name is in a category when the points of
 * all who say so, with what the name itself suggests, less the best that speaks for the site, reach what the category needs.
 * How much that is depends on who asks: the policy has a careful profile believe a strong suspicion, and a sure one only
 * what is certain.
 * The figures are data, `lists/trust.json`; `docs/proof-sets.md` tells how they were found.
 */
export interface TrustTable {
  /** Category or `*` → what it needs at each level; a category without its own has those of `*`. */
  readonly needs: Readonly<Record<string, Needs>>;
  /** Source, or `*` for one we do not know: category or `*` → points. */
  readonly sources: Readonly<Record<string, Points>>;
  /** What a good word of another list, and our own word for the site, take away. */
  readonly against: { readonly positive: number; readonly vouched: number };
  /** A name with this many listed names under it is a platform, and needs so many times the points. */
  readonly platform: { readonly names: number; readonly times: number };
  /** Endings that only schools, universities, health services and governments may use; `*` stands for a country. */
  readonly suffixes: readonly { readonly points: number; readonly names: readonly string[] }[];
  /** Words in a name that speak for it, against what only sometimes does harm: a site of sums may be called games. */
  readonly good: { readonly points: number; readonly categories: readonly string[]; readonly words: readonly string[] };
  readonly wordPoints: { readonly strong: number; readonly weak: number };
  readonly words: Readonly<Record<string, { readonly strong: readonly string[]; readonly weak: readonly string[] }>>;
}
type Points = Readonly<Record<string, number>>;
/** Points by level, never falling from `careful` to `sure`. */
export type Needs = Readonly<Record<EvidenceLevel, number>>;

/** One voice about one name. `category` null: it speaks for or against the site as a whole. */
export interface Claim {
  readonly by: string;
  readonly category: string | null;
  readonly points: number;
}

/** How one category came out. */
export interface Weighed {
  readonly category: string;
  readonly points: number;
  readonly against: number;
  readonly needs: Needs;
  /** The surest level at which it counts; null: at none. */
  readonly reached: EvidenceLevel | null;
}

/** Does it count for whoever asks at this level? */
export const counts = ({ reached }: Pick<Weighed, 'reached'>, level: EvidenceLevel): boolean =>
  reached !== null && EVIDENCE_LEVELS.indexOf(reached) >= EVIDENCE_LEVELS.indexOf(level);

/** Stands as the speaker of what a host's own letters and ending say. */
export const THE_NAME = 'the name itself';

/** Our own lists, and addresses listed with their path, need nobody's support. */
export const CERTAIN = 1000;

const NOTHING: Needs = { careful: 0, usual: 0, sure: 0 };

const TRUST_FILE: string = fileURLToPath(new URL('../../lists/trust.json', import.meta.url));

export class Evidence {
  readonly table: TrustTable;
  readonly #taxonomy: Taxonomy;
  readonly #needs = new Map<string, Needs>();
  /** By the last label, so that nearly every host costs one look-up; and those with `*` for the last label. */
  readonly #endings: ReadonlyMap<string, readonly Ending[]>;
  readonly #countries: readonly Ending[];
  readonly #good: RegExp;
  readonly #spokenFor: ReadonlySet<string>;
  readonly #words: ReadonlyMap<string, { readonly strong: RegExp; readonly weak: RegExp }>;

  constructor(table: TrustTable, taxonomy: Taxonomy) {
    this.table = table;
    this.#taxonomy = taxonomy;
    for (const { id } of taxonomy.categories) this.#needs.set(id, needsOf(table, taxonomy, id));
    this.#good = anyOf(table.good.words);
    this.#spokenFor = new Set(table.good.categories);
    const endings = table.suffixes.flatMap(({ points, names }) => names.map((n) => endingOf(n, points)));
    this.#countries = endings.filter((e) => e.anywhere);
    this.#endings = Map.groupBy(
      endings.filter((e) => !e.anywhere),
      (e) => e.tail.slice(e.tail.lastIndexOf('.') + 1),
    );
    this.#words = new Map(
      Object.entries(table.words).map(([category, { strong, weak }]) => [
        category,
        { strong: anyOf(strong), weak: anyOf(weak) },
      ]),
    );
  }

  /** What this source's word is worth in this category. */
  points(source: string, category: string): number {
    const { sources } = this.table;
    const own = sources[source];
    return own?.[category] ?? own?.['*'] ?? sources['*']?.[category] ?? sources['*']?.['*'] ?? 0;
  }

  needs(category: string): Needs {
    return this.#needs.get(category) ?? NOTHING;
  }

  /** What the name itself suggests about a category that somebody claimed; it never makes a claim of its own. */
  nameSuggests(host: string, category: string): number {
    const words = this.#words.get(category);
    if (!words) return 0;
    const { strong, weak } = this.table.wordPoints;
    const name = withoutEnding(host);
    return words.strong.test(name) ? strong : words.weak.test(name) ? weak : 0;
  }

  /** Points that the name speaks for itself in this category. */
  nameSpeaks(host: string, category: string): number {
    if (!this.#spokenFor.has(category)) return 0;
    return this.#good.test(withoutEnding(host)) ? this.table.good.points : 0;
  }

  /** Points that the ending of a host speaks for it. */
  suffixSpeaks(host: string): number {
    const last = host.lastIndexOf('.');
    const endings = this.#endings.get(host.slice(last + 1)) ?? (host.length - last === 3 ? this.#countries : undefined);
    if (!endings) return 0;
    for (const { tail, anywhere, points } of endings) {
      if (anywhere ? `.${host.slice(0, last)}`.endsWith(tail) : `.${host}`.endsWith(tail)) return points;
    }
    return 0;
  }

  /** What a list's line about a whole host amounts to: its own word, and what the host itself adds to that. */
  claims(source: { readonly name: string; readonly own?: boolean }, host: string, category: string, vouched: boolean) {
    if (source.own) return [{ by: source.name, category, points: CERTAIN }];
    const points = this.points(source.name, category);
    const claims: Claim[] = [{ by: source.name, category, points }];
    const suggests = points < this.needs(category).sure ? this.nameSuggests(host, category) : 0;
    if (suggests > 0) claims.push({ by: THE_NAME, category, points: suggests });
    const speaks = Math.max(
      this.suffixSpeaks(host),
      this.nameSpeaks(host, category),
      vouched ? this.table.against.vouched : 0,
    );
    if (speaks > 0) claims.push({ by: THE_NAME, category: null, points: speaks });
    return claims;
  }

  /** What comes of all that is said of a name. Each source counts once for each category. */
  weigh(claims: readonly Claim[], isPlatform = false): Weighed[] {
    const best = new Map<string, Map<string, number>>();
    let against = 0;
    for (const { by, category, points } of claims) {
      if (category === null) {
        against = Math.max(against, points);
        continue;
      }
      if (this.#taxonomy.byId.get(category)?.nature === 'positive') {
        against = Math.max(against, this.table.against.positive);
      }
      const voices = best.get(category) ?? new Map<string, number>();
      voices.set(by, Math.max(points, voices.get(by) ?? 0));
      best.set(category, voices);
    }
    return [...best].map(([category, voices]) => {
      const points = [...voices.values()].reduce((sum, p) => sum + p, 0);
      const nature = this.#taxonomy.byId.get(category)?.nature;
      // What is against the law counts on anybody's word, and a good word needs no second one.
      const certain = nature === 'illegal' || nature === 'positive' || nature === 'help' || points >= CERTAIN;
      const needs = certain ? NOTHING : times(this.needs(category), isPlatform ? this.table.platform.times : 1);
      const weight = certain ? 0 : against;
      const reached = EVIDENCE_LEVELS.findLast((level) => points - weight >= needs[level]) ?? null;
      return { category, points, against: weight, needs, reached };
    });
  }
}

/** What the safety floor closes is weighed alike for everybody (FIL-05, FIL-08). */
const ALIKE: ReadonlySet<string> = new Set(FLOOR.flatMap((rule) => rule.categories));

function needsOf({ needs }: TrustTable, taxonomy: Taxonomy, category: string): Needs {
  const own = needs[category] ?? needs['*'] ?? NOTHING;
  const alike = ALIKE.has(category) || taxonomy.urgent.has(category);
  return alike ? { careful: own.usual, usual: own.usual, sure: own.usual } : own;
}

const times = ({ careful, usual, sure }: Needs, n: number): Needs => ({
  careful: careful * n,
  usual: usual * n,
  sure: sure * n,
});

interface Ending {
  /** `.ac.uk`; without the last label where any country may stand there: `.edu`. */
  readonly tail: string;
  readonly anywhere: boolean;
  readonly points: number;
}
const endingOf = (name: string, points: number): Ending =>
  name.endsWith('.*')
    ? { tail: `.${name.slice(0, -2)}`, anywhere: true, points }
    : { tail: `.${name}`, anywhere: false, points };

/** `play.mathgames.com` → `play.mathgames`: `.games` is nothing that somebody chose to say. */
const withoutEnding = (host: string): string => host.slice(0, Math.max(0, host.lastIndexOf('.')));

const anyOf = (words: readonly string[]): RegExp => (words.length > 0 ? new RegExp(words.join('|')) : /(?!)/);

/** Read and check `lists/trust.json`. */
export function loadEvidence(taxonomy: Taxonomy, file: string = TRUST_FILE): Evidence {
  const json = readJson(file, 'filter.trust.unreadable');
  const errors = trustErrors(json, taxonomy);
  if (errors.length > 0) throw invalid('filter.trust.invalid', `${file}: ${errors.join('; ')}.`);
  return new Evidence(json as TrustTable, taxonomy);
}

/** What is wrong with a trust table; empty when nothing is. */
export function trustErrors(json: unknown, taxonomy: Taxonomy): string[] {
  if (!isRecord(json)) return ['the table must be an object'];
  const { needs, sources, against, platform, suffixes, good, wordPoints, words } = json;
  const errors: string[] = [];
  const points = (where: string, value: unknown, keys?: (key: string) => boolean) => {
    if (!isRecord(value)) return errors.push(`"${where}" must be an object of points`);
    for (const [key, p] of Object.entries(value)) {
      if (typeof p !== 'number' || !(p >= 0)) errors.push(`"${where}.${key}" must be a number of points`);
      if (keys && !keys(key)) errors.push(`"${where}": there is no "${key}"`);
    }
    return 0;
  };
  const isCategory = (key: string) => key === '*' || taxonomy.byId.has(key);
  if (!isRecord(needs)) errors.push('"needs" must be an object');
  for (const [category, levels] of Object.entries(isRecord(needs) ? needs : {})) {
    if (!isCategory(category)) errors.push(`"needs": there is no category "${category}"`);
    points(`needs.${category}`, levels, (key) => EVIDENCE_LEVELS.some((level) => level === key));
    const row = EVIDENCE_LEVELS.map((level) => (isRecord(levels) ? Number(levels[level]) : Number.NaN));
    // Nothing that is certain may be less than suspected.
    if (row.some((n, i) => !(n >= (row[i - 1] ?? 0))))
      errors.push(`"needs.${category}" must hold points for ${EVIDENCE_LEVELS.join(', ')} that never fall`);
  }
  if (isRecord(sources)) for (const [name, of] of Object.entries(sources)) points(`sources.${name}`, of, isCategory);
  else errors.push('"sources" must be an object');
  points('against', against);
  points('platform', platform);
  points('wordPoints', wordPoints);
  const texts = (x: unknown): x is string[] => Array.isArray(x) && x.every((s) => typeof s === 'string' && s !== '');
  if (!Array.isArray(suffixes) || !suffixes.every((s) => isRecord(s) && typeof s.points === 'number' && texts(s.names)))
    errors.push('"suffixes" must be a list of points with their names');
  if (!isRecord(good) || typeof good.points !== 'number' || !texts(good.words) || !texts(good.categories))
    errors.push('"good" must hold points, words and categories');
  else for (const c of good.categories) if (!isCategory(c)) errors.push(`"good": there is no category "${c}"`);
  if (!isRecord(words)) errors.push('"words" must be an object');
  for (const [category, list] of Object.entries(isRecord(words) ? words : {})) {
    if (!taxonomy.byId.has(category)) errors.push(`"words": there is no category "${category}"`);
    const plain = (x: unknown) => texts(x) && x.every((w) => /^[a-z0-9-]+$/.test(w));
    if (!isRecord(list) || !plain(list.strong) || !plain(list.weak))
      errors.push(`"words.${category}" must hold two lists of plain words, "strong" and "weak"`);
  }
  return errors;
}
