import { randomBytes } from 'node:crypto';
import { getPublicSuffix } from 'tldts';
import { invalid } from '#core/errors.ts';
import { EVIDENCE_LEVELS, type EvidenceLevel } from '#policy/types.ts';
import { CERTAIN, type Claim, counts, type Evidence, loadEvidence, THE_NAME } from './evidence.ts';
import { type LineRefusal, readList } from './formats.ts';
import { HostStates, slotOf } from './hash.ts';
import { type IndexTables, writeIndexFile } from './index-file.ts';
import type { Mapping } from './mapping.ts';
import { NameTable } from './name-table.ts';
import { CategorySets } from './sets.ts';
import { type ListFile, listFiles, type Source } from './sources.ts';
import type { Taxonomy } from './taxonomy.ts';
import { Trust } from './trust.ts';

export interface BuildOptions {
  /** Two whole numbers below 2^32; the same lists under the same seed give the same file. Random when left out. */
  readonly seed?: readonly [number, number];
  /** How claims are weighed; `lists/trust.json` when left out. */
  readonly evidence?: Evidence;
  /** After each list: which, and how many names have been taken so far. */
  readonly onProgress?: (done: { readonly list: string; readonly names: number }) => void;
}

export interface BuildReport {
  /** SHA-256 of the index file, hexadecimal. */
  readonly version: string;
  /** Different hosts, and different addresses with a path, that are listed. */
  readonly domains: number;
  readonly urls: number;
  /** Names taken from each source, repeats included; lines of names that are ignored on purpose or unmapped. */
  readonly perSource: readonly SourceReport[];
  /** Different names listed in each category that has any. */
  readonly perCategory: Readonly<Record<string, number>>;
  readonly refused: readonly RefusedLines[];
  /** Outside names that the mapping does not know. Their lists were left out. */
  readonly unmapped: readonly { readonly source: string; readonly outside: string }[];
  readonly ms: number;
}

export interface SourceReport {
  readonly source: string;
  domains: number;
  urls: number;
  refused: number;
  /** Lists left out on purpose: mapped to null, or of help services that are not ours to name. */
  readonly ignored: string[];
  /** Names that nobody else supports enough (evidence.ts), by category. */
  readonly outweighed: Record<string, number>;
  /** Public suffixes, which would take every site under them. */
  readonly suffixes: string[];
  /** Names not taken, because they contradict our own lists (trust.ts). */
  readonly contradicting: { readonly name: string; readonly category: string }[];
}

/** Lines of one list that were not taken, counted by reason, with the first few as they stand. */
export interface RefusedLines {
  readonly list: string;
  readonly reasons: Partial<Record<LineRefusal, number>>;
  readonly examples: { readonly number: number; readonly line: string; readonly why: LineRefusal }[];
}

const EXAMPLES = 5;
const EXAMPLE_LENGTH = 80;
/** At 7 slots in 10 in use, a search for an unlisted name looks at fewer than six neighbouring slots on average. */
const LOAD = 0.7;
const MAX_SETS = 2 ** 16;
const MOST_SUFFIXES = 50;

/** Compile all lists into one index file, and report what was taken, refused and left out. */
export async function buildIndex(
  sources: readonly Source[],
  taxonomy: Taxonomy,
  mapping: Mapping,
  outFile: string,
  options: BuildOptions = {},
): Promise<BuildReport> {
  const began = performance.now();
  const build = new Build(
    taxonomy,
    options.evidence ?? loadEvidence(taxonomy),
    await Trust.of(sources, taxonomy, mapping),
    options.seed ?? randomSeed(),
  );
  for (const source of sources) {
    build.begin(source);
    for await (const list of listFiles(source)) {
      await build.add(source, list);
      options.onProgress?.({ list: list.label, names: build.domains + build.urls });
    }
  }
  return { version: build.write(outFile), ...build.report(), ms: Math.round(performance.now() - began) };
}

const randomSeed = (): [number, number] => [randomBytes(4).readUInt32LE(), randomBytes(4).readUInt32LE()];

/** What comes of what is said of a name: its categories, and the claims that also speak of the names below it. */
interface Verdict {
  readonly set: number;
  /** Good words and endings speak of a name alone; what is said of a platform only where it holds. */
  readonly handedDown: number;
}

class Build {
  domains = 0;
  urls = 0;
  readonly #taxonomy: Taxonomy;
  readonly #evidence: Evidence;
  readonly #trust: Trust;
  readonly #seed: readonly [number, number];
  readonly #states: HostStates;
  readonly #names = new NameTable();
  /** Names up to this number may be vouched for; the millions after them need no second look. */
  readonly #vouched: number;
  /** Every different thing that is said, and the sets of them that names have. */
  readonly #claims: Claim[] = [];
  readonly #claimIds = new Map<string, number>();
  readonly #said = new CategorySets();
  readonly #sets = new CategorySets();
  readonly #perCategory: Float64Array;
  readonly #perSource: SourceReport[] = [];
  readonly #refused: RefusedLines[] = [];
  readonly #unmapped: { source: string; outside: string }[] = [];

  constructor(taxonomy: Taxonomy, evidence: Evidence, trust: Trust, seed: readonly [number, number]) {
    this.#taxonomy = taxonomy;
    this.#evidence = evidence;
    this.#trust = trust;
    this.#seed = seed;
    this.#states = new HostStates(seed);
    this.#perCategory = new Float64Array(taxonomy.categories.length);
    for (const host of trust.vouched) this.#enter(host, '');
    this.#vouched = this.#names.count;
  }

  begin(source: Source): void {
    this.#perSource.push({
      source: source.name,
      domains: 0,
      urls: 0,
      refused: 0,
      ignored: [],
      outweighed: {},
      suffixes: [],
      contradicting: [],
    });
  }

  async add(from: Source, list: ListFile): Promise<void> {
    const source = this.#perSource.at(-1)!;
    const mapped = this.#trust.category(from, list.outside);
    if (mapped === null) {
      if (!source.ignored.includes(list.outside)) source.ignored.push(list.outside);
      return;
    }
    const category = this.#taxonomy.categories.findIndex((c) => c.id === mapped);
    if (category < 0) {
      const known = this.#unmapped.some((u) => u.source === list.source && u.outside === list.outside);
      if (!known) this.#unmapped.push({ source: list.source, outside: list.outside });
      return;
    }
    const id = this.#taxonomy.categories[category]!.id;
    // An address with its path is too narrow to do much harm, and too rare to be said twice.
    const narrow = this.#claim({ by: from.name, category: id, points: CERTAIN });
    const refused: RefusedLines = { list: list.label, reasons: {}, examples: [] };
    // What stands in a list of illegal content is never shown to anybody (FIL-02), not even as an example.
    const examples = this.#taxonomy.categories[category]?.nature === 'illegal' ? 0 : EXAMPLES;
    const mayErr = this.#trust.mayErr(from, id);
    await readList(
      list.chunks,
      (host, path) => {
        if (!from.own && path === '' && this.#isSuffix(host, category)) {
          if (source.suffixes.length < MOST_SUFFIXES) source.suffixes.push(host);
          return;
        }
        const name = this.#enter(host, path);
        if (path !== '') {
          source.urls++;
          this.#hear(name, path, narrow);
          return;
        }
        const vouched = !from.own && name <= this.#vouched && this.#trust.contradicts(host, id);
        if (vouched && mayErr) {
          source.contradicting.push({ name: host, category: id });
          return;
        }
        source.domains++;
        for (const claim of this.#evidence.claims(from, host, id, vouched)) this.#hear(name, path, this.#claim(claim));
      },
      (why, line, number) => {
        source.refused++;
        refused.reasons[why] = (refused.reasons[why] ?? 0) + 1;
        if (refused.examples.length < examples)
          refused.examples.push({ number, line: line.slice(0, EXAMPLE_LENGTH), why });
      },
    );
    if (Object.keys(refused.reasons).length > 0) this.#refused.push(refused);
  }

  #enter(host: string, path: string): number {
    this.#states.walk(host);
    return path === '' ? this.#names.host(this.#states) : this.#names.url(this.#states, path);
  }

  /** Would this take everybody's sites under a public suffix? Lists of hosting services name such suffixes on purpose. */
  #isSuffix(host: string, category: number): boolean {
    const nature = this.#taxonomy.categories[category]?.nature;
    return getPublicSuffix(host, { allowPrivateDomains: nature === 'ordinary' || nature === 'illegal' }) === host;
  }

  /** The number of a set with this one claim in it. */
  #claim(claim: Claim): number {
    const key = `${claim.by} ${claim.category} ${claim.points}`;
    let id = this.#claimIds.get(key);
    if (id === undefined) {
      id = this.#said.of(this.#claims.push(claim) - 1);
      this.#claimIds.set(key, id);
    }
    return id;
  }

  #hear(name: number, path: string, claim: number): void {
    const { said } = this.#names;
    const before = said[name]!;
    if (before === 0) this[path === '' ? 'domains' : 'urls']++;
    said[name] = this.#said.union(before, claim);
  }

  write(file: string): string {
    const { slots, tables } = this.#compile();
    const categories = this.#taxonomy.categories.map((c) => c.id);
    return writeIndexFile(
      file,
      {
        format: 1,
        seed: this.#seed,
        slots,
        domains: this.domains,
        urls: this.urls,
        categories,
        levels: EVIDENCE_LEVELS,
        sets: this.#sets.all(),
      },
      tables,
    );
  }

  /** Weigh what is said, hand it down to the names below, leave out what says no more than its parent, lay out the table. */
  #compile(): { slots: number; tables: IndexTables } {
    const set = this.#weighAll();
    const { count, a, b, parent } = this.#names;
    let stored = 0;
    for (let name = 1; name <= count; name++) if (set[name] !== set[parent[name]!]) stored++;
    const slots = Math.max(8, Math.ceil(stored / LOAD));
    const keys = new Int32Array(2 * slots);
    const values = new Uint16Array(slots);
    for (let name = 1; name <= count; name++) {
      if (set[name] === set[parent[name]!]) continue;
      let slot = slotOf(a[name]!, slots / 2 ** 32);
      while (values[slot] !== 0) slot = slot + 1 === slots ? 0 : slot + 1;
      keys[2 * slot] = a[name]!;
      keys[2 * slot + 1] = b[name]!;
      values[slot] = set[name]!;
    }
    return { slots, tables: { keys, values } };
  }

  /** The category set of every name. A name says at least what its parent says. */
  #weighAll(): Uint16Array {
    const { count, parent, said } = this.#names;
    const platform = this.#platforms();
    const verdicts = [new Map<number, Verdict>(), new Map<number, Verdict>()] as const;
    const set = new Uint16Array(count + 1);
    for (let name = 1; name <= count; name++) {
      const own = said[name]!;
      // A parent stands before its children, and holds by now only what it hands down.
      const heard = this.#said.union(own, said[parent[name]!]!);
      if (heard === 0) {
        set[name] = set[parent[name]!]!;
        continue;
      }
      const known = verdicts[platform[name]!]!;
      let verdict = known.get(heard);
      if (verdict === undefined) {
        verdict = this.#verdict(heard, platform[name] === 1);
        known.set(heard, verdict);
      }
      said[name] = verdict.handedDown;
      set[name] = this.#union(verdict.set, set[parent[name]!]!);
      if (own !== 0) this.#count(own, set[name]!);
    }
    return set;
  }

  /** 1 for each name with so many listed names under it that one list's word should not close them all. */
  #platforms(): Uint8Array {
    const { count, parent } = this.#names;
    const below = new Uint32Array(count + 1);
    const platform = new Uint8Array(count + 1);
    for (let name = count; name >= 1; name--) {
      below[parent[name]!]! += 1 + below[name]!;
      if (below[name]! >= this.#evidence.table.platform.names) platform[name] = 1;
    }
    return platform;
  }

  #verdict(heard: number, isPlatform: boolean): Verdict {
    const members = this.#said.members(heard);
    const weighed = this.#evidence.weigh(
      members.map((c) => this.#claims[c]!),
      isPlatform,
    );
    const holds = weighed.filter((w) => counts(w, 'usual')).map((w) => w.category);
    const memberships = EVIDENCE_LEVELS.flatMap((level) =>
      weighed.filter((w) => counts(w, level)).map((w) => this.#member(w.category, level)),
    );
    const handsDown = ({ category }: Claim): boolean =>
      category !== null &&
      this.#taxonomy.byId.get(category)?.nature !== 'positive' &&
      (!isPlatform || holds.includes(category));
    return {
      set: memberships.map((m) => this.#sets.of(m)).reduce((x, y) => this.#union(x, y), 0),
      handedDown: members
        .filter((c) => handsDown(this.#claims[c]!))
        .map((c) => this.#said.of(c))
        .reduce((x, y) => this.#said.union(x, y), 0),
    };
  }

  #number(category: string): number {
    return this.#taxonomy.categories.findIndex((c) => c.id === category);
  }

  /** How a category at a level stands in a set (index-file.ts). */
  #member(category: string, level: EvidenceLevel): number {
    return this.#number(category) + EVIDENCE_LEVELS.indexOf(level) * this.#taxonomy.categories.length;
  }

  /** For the report, by the usual level: in which categories a name stands by what is said of itself, and whose word did not hold. */
  #count(own: number, set: number): void {
    const holds = this.#sets.members(set);
    const counted = new Set<number>();
    for (const c of this.#said.members(own)) {
      const { by, category } = this.#claims[c]!;
      if (category === null || by === THE_NAME) continue;
      const number = this.#number(category);
      if (holds.includes(this.#member(category, 'usual'))) counted.add(number);
      else {
        const source = this.#perSource.find((s) => s.source === by);
        if (source) source.outweighed[category] = (source.outweighed[category] ?? 0) + 1;
      }
    }
    for (const number of counted) this.#perCategory[number]!++;
  }

  #union(x: number, y: number): number {
    const set = this.#sets.union(x, y);
    if (set >= MAX_SETS) {
      throw invalid(
        'filter.build.too-many-sets',
        `The lists put names into more than ${MAX_SETS} different combinations of categories. Use fewer sources.`,
      );
    }
    return set;
  }

  report(): Omit<BuildReport, 'version' | 'ms'> {
    const counted = this.#taxonomy.categories
      .map((c, i) => [c.id, this.#perCategory[i]!] as const)
      .filter(([, n]) => n > 0);
    return {
      domains: this.domains,
      urls: this.urls,
      perSource: this.#perSource,
      perCategory: Object.fromEntries(counted),
      refused: this.#refused,
      unmapped: this.#unmapped,
    };
  }
}
