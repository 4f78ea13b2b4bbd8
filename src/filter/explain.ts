import { domainToUnicode } from 'node:url';
import { CERTAIN, type Claim, type Evidence, loadEvidence, type Weighed } from './evidence.ts';
import { parseLine, readBlocks, readList } from './formats.ts';
import { endsSegment } from './hash.ts';
import { normalisePath } from './host.ts';
import type { Mapping } from './mapping.ts';
import { listFiles, type Source } from './sources.ts';
import type { Taxonomy } from './taxonomy.ts';
import { hostAndParents, Trust } from './trust.ts';

/** One line of one list that speaks of an address. */
export interface ListMatch {
  readonly source: string;
  readonly outsideCategory: string;
  /** In Gatehouse's taxonomy; null when the list is ignored on purpose or not mapped. */
  readonly category: string | null;
  /** Not taken, because it contradicts our own lists. */
  readonly contradicts: boolean;
  /** What the list says: the host, one of its parents, or an address the path lies under. */
  readonly listed: string;
  readonly claims: readonly Claim[];
}

/** What all lists say of one address, and what comes of it. */
export interface Explanation {
  readonly matches: readonly ListMatch[];
  /** Each category that anybody claims: the points for it and against it, and whether it holds. */
  readonly weighed: readonly Weighed[];
}

export interface Asked {
  readonly host: string;
  readonly path?: string;
}

/**
 * Which lists speak of a host, and by which line. The index holds only hashes, so this reads the lists
 * themselves: a plain text search, and the real parser only on the lines it finds.
 */
export async function explainHost(
  sources: readonly Source[],
  taxonomy: Taxonomy,
  mapping: Mapping,
  host: string,
  path = '',
  evidence: Evidence = loadEvidence(taxonomy),
): Promise<Explanation> {
  const reader = await Reader.of(sources, taxonomy, mapping, [{ host, path }], evidence);
  const names = [...new Set(hostAndParents(host).flatMap((name) => [name, domainToUnicode(name) || name]))];
  for (const source of sources) {
    for await (const list of listFiles(source)) {
      const hear = reader.open(source, list.outside);
      for await (const block of readBlocks(list.chunks)) {
        for (const line of linesWith(block.toLowerCase(), names)) parseLine(line, hear);
      }
    }
  }
  return reader.explain(host, path);
}

/** The same for many addresses, in one reading of all lists. In the order asked. */
export async function explainAll(
  sources: readonly Source[],
  taxonomy: Taxonomy,
  mapping: Mapping,
  asked: readonly Asked[],
): Promise<Explanation[]> {
  const reader = await Reader.of(sources, taxonomy, mapping, asked, loadEvidence(taxonomy));
  for (const source of sources) {
    for await (const list of listFiles(source)) {
      await readList(list.chunks, reader.open(source, list.outside), () => undefined);
    }
  }
  return asked.map(({ host, path = '' }) => reader.explain(host, path));
}

/** Collects what is said of the names it was told to listen for. */
class Reader {
  readonly #taxonomy: Taxonomy;
  readonly #evidence: Evidence;
  readonly #trust: Trust;
  readonly #heard: Map<string, (ListMatch & { readonly prefix: string })[]>;

  static async of(
    sources: readonly Source[],
    taxonomy: Taxonomy,
    mapping: Mapping,
    asked: readonly Asked[],
    evidence: Evidence,
  ) {
    return new Reader(taxonomy, await Trust.of(sources, taxonomy, mapping), asked, evidence);
  }

  private constructor(taxonomy: Taxonomy, trust: Trust, asked: readonly Asked[], evidence: Evidence) {
    this.#taxonomy = taxonomy;
    this.#evidence = evidence;
    this.#trust = trust;
    this.#heard = new Map(asked.flatMap(({ host }) => hostAndParents(host)).map((name) => [name, []]));
  }

  /** What to do with each name of one list. */
  open(source: Source, outside: string): (host: string, prefix: string) => void {
    const category = this.#trust.category(source, outside) ?? null;
    const mayErr = category !== null && this.#trust.mayErr(source, category);
    return (host, prefix) => {
      const heard = this.#heard.get(host);
      if (!heard) return;
      const vouched = category !== null && !source.own && prefix === '' && this.#trust.contradicts(host, category);
      const contradicts = vouched && mayErr;
      heard.push({
        source: source.name,
        outsideCategory: outside,
        category,
        contradicts,
        listed: host + prefix,
        prefix,
        claims: category === null || contradicts ? [] : this.#claims(source, host, prefix, category, vouched),
      });
    };
  }

  #claims(source: Source, host: string, prefix: string, category: string, vouched: boolean): readonly Claim[] {
    if (prefix !== '') return [{ by: source.name, category, points: CERTAIN }];
    return this.#evidence.claims(source, host, category, vouched);
  }

  explain(host: string, path: string): Explanation {
    const tail = normalisePath(path);
    const said = hostAndParents(host).flatMap((name) => this.#heard.get(name) ?? []);
    const matches = new Map<string, ListMatch>();
    for (const { prefix, ...match } of said) {
      if (liesUnder(tail, prefix)) matches.set(`${match.source} ${match.outsideCategory} ${match.listed}`, match);
    }
    const speaksBelow = ({ category }: Claim): boolean =>
      category !== null && this.#taxonomy.byId.get(category)?.nature !== 'positive';
    const claims = [...matches.values()].flatMap((m) =>
      m.listed === host || m.listed.includes('/') ? m.claims : m.claims.filter(speaksBelow),
    );
    return { matches: [...matches.values()], weighed: this.#evidence.weigh(claims) };
  }
}

const liesUnder = (path: string, prefix: string): boolean =>
  path.startsWith(prefix) &&
  (prefix === '' || path.length === prefix.length || endsSegment(path.charCodeAt(prefix.length)));

function* linesWith(block: string, names: readonly string[]): Generator<string> {
  for (const name of names) {
    for (let at = block.indexOf(name); at >= 0; at = block.indexOf(name, at + name.length)) {
      const next = block[at + name.length];
      if (next !== undefined && /[a-z0-9_-]/.test(next)) continue;
      const end = block.indexOf('\n', at);
      yield block.slice(block.lastIndexOf('\n', at) + 1, end < 0 ? undefined : end);
    }
  }
}
