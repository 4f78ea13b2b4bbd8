import { randomBytes } from 'node:crypto';
import { invalid } from '#core/errors.ts';
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

/** Compile all lists into one index file, and report what was taken, refused and left out. */
export async function buildIndex(
  sources: readonly Source[],
  taxonomy: Taxonomy,
  mapping: Mapping,
  outFile: string,
  options: BuildOptions = {},
): Promise<BuildReport> {
  const began = performance.now();
  const build = new Build(taxonomy, await Trust.of(sources, taxonomy, mapping), options.seed ?? randomSeed());
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

class Build {
  domains = 0;
  urls = 0;
  readonly #taxonomy: Taxonomy;
  readonly #trust: Trust;
  readonly #seed: readonly [number, number];
  readonly #states: HostStates;
  readonly #names = new NameTable();
  /** Names up to this number may be vouched for; the millions after them need no second look. */
  readonly #vouched: number;
  readonly #sets = new CategorySets();
  readonly #perCategory: Float64Array;
  readonly #perSource: SourceReport[] = [];
  readonly #refused: RefusedLines[] = [];
  readonly #unmapped: { source: string; outside: string }[] = [];

  constructor(taxonomy: Taxonomy, trust: Trust, seed: readonly [number, number]) {
    this.#taxonomy = taxonomy;
    this.#trust = trust;
    this.#seed = seed;
    this.#states = new HostStates(seed);
    this.#perCategory = new Float64Array(taxonomy.categories.length);
    for (const host of trust.vouched) this.#enter(host, '');
    this.#vouched = this.#names.count;
  }

  begin(source: Source): void {
    this.#perSource.push({ source: source.name, domains: 0, urls: 0, refused: 0, ignored: [], contradicting: [] });
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
    const own = this.#sets.of(category);
    const refused: RefusedLines = { list: list.label, reasons: {}, examples: [] };
    // What stands in a list of illegal content is never shown to anybody (FIL-02), not even as an example.
    const examples = this.#taxonomy.categories[category]?.nature === 'illegal' ? 0 : EXAMPLES;
    const mayErr = mapped !== undefined && this.#trust.mayErr(from, mapped);
    await readList(
      list.chunks,
      (host, path) => {
        const name = this.#enter(host, path);
        if (mayErr && name <= this.#vouched && path === '' && this.#trust.contradicts(host, mapped)) {
          source.contradicting.push({ name: host, category: mapped });
          return;
        }
        source[path === '' ? 'domains' : 'urls']++;
        this.#take(name, path, own, category);
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

  #take(name: number, path: string, own: number, category: number): void {
    const { set } = this.#names;
    const before = set[name]!;
    const after = this.#union(before, own);
    if (after === before) return;
    set[name] = after;
    this.#perCategory[category]!++;
    if (before === 0) this[path === '' ? 'domains' : 'urls']++;
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
        sets: this.#sets.all(),
      },
      tables,
    );
  }

  /** Hand down parents' categories, leave out what says no more than its parent, and lay out the table. */
  #compile(): { slots: number; tables: IndexTables } {
    const { count, a, b, parent, set } = this.#names;
    let stored = 0;
    for (let name = 1; name <= count; name++) {
      const inherited = set[parent[name]!]!;
      set[name] = this.#union(set[name]!, inherited);
      if (set[name] !== inherited) stored++;
    }
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
