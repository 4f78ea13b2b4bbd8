import type { EvidenceLevel } from '#policy/types.ts';
import { endsSegment, HostStates, keyB, laneA, laneB, slotOf } from './hash.ts';
import { normalisePath } from './host.ts';
import { openShared, readIndexFile } from './index-file.ts';
import { CategorySets } from './sets.ts';

/** Which categories a host or an address stands in. Sets are known by number; 0 is "not listed". */
export interface CategoryIndex {
  /** SHA-256 of the index file, hexadecimal: what snapshots and activity events name. */
  readonly version: string;
  readonly domains: number;
  readonly urls: number;
  readonly categories: readonly string[];
  /** Hand this to another thread and call `openIndex` there: the table itself is not copied. */
  readonly shared: SharedArrayBuffer;
  /** By normalised host: what is said of it and of all its parents. An IP address matches whole. Allocates nothing. */
  find(host: string): number;
  /** The same for a question in DNS wire form, `offset` at its first length byte. Allocates nothing. */
  findWire(packet: Uint8Array, offset: number): number;
  /** What is said of the host, and of every listed address that `path` (with its query) lies under. */
  findUrl(host: string, path: string): number;
  /** The kinds that count where the lists must be so sure; what is surer counts too. */
  categoriesOf(set: number, level?: EvidenceLevel): readonly string[];
}

/** Load and verify an index file; a damaged one is refused with a `Refusal` that says why. */
export const loadIndex = (file: string): CategoryIndex => openIndex(readIndexFile(file));

/** Use an index that another thread has loaded. */
export const openIndex = (shared: SharedArrayBuffer): CategoryIndex => new SharedIndex(shared);

class SharedIndex implements CategoryIndex {
  readonly version: string;
  readonly domains: number;
  readonly urls: number;
  readonly categories: readonly string[];
  readonly shared: SharedArrayBuffer;
  readonly #keys: Int32Array;
  readonly #values: Uint16Array;
  readonly #slots: number;
  readonly #scale: number;
  readonly #states: HostStates;
  readonly #sets: CategorySets;
  /** Sets put into words, for each level. */
  readonly #named: Readonly<Record<EvidenceLevel, (readonly string[])[]>> = { careful: [], usual: [], sure: [] };
  /** Of the planes; an older file has one, which counts at every level. */
  readonly #levels: readonly string[];

  constructor(shared: SharedArrayBuffer) {
    const { head, version, keys, values } = openShared(shared);
    this.version = version;
    this.domains = head.domains;
    this.urls = head.urls;
    this.categories = head.categories;
    this.shared = shared;
    this.#keys = keys;
    this.#values = values;
    this.#slots = head.slots;
    this.#scale = head.slots / 2 ** 32;
    this.#states = new HostStates(head.seed);
    this.#sets = new CategorySets(head.sets);
    this.#levels = head.levels ?? [];
  }

  find(host: string): number {
    this.#states.walk(host);
    return this.#mostSpecific();
  }

  findWire(packet: Uint8Array, offset: number): number {
    this.#states.walkWire(packet, offset);
    return this.#mostSpecific();
  }

  findUrl(host: string, path: string): number {
    const states = this.#states;
    let set = this.find(host);
    const tail = this.urls > 0 ? normalisePath(path) : '';
    if (tail === '') return set;
    for (let k = 0; k < states.count; k++) {
      let a = states.a[k]!;
      let b = states.b[k]!;
      for (let i = 0; i < tail.length; i++) {
        const c = tail.charCodeAt(i);
        if (i > 0 && endsSegment(c)) set = this.#sets.union(set, this.#probe(a, b));
        a = laneA(a, b, c);
        b = laneB(a, b);
      }
      set = this.#sets.union(set, this.#probe(a, b));
    }
    return set;
  }

  categoriesOf(set: number, level: EvidenceLevel = 'usual'): readonly string[] {
    const named = this.#named[level];
    named[set] ??= this.#atLevel(set, level);
    return named[set];
  }

  #atLevel(set: number, level: EvidenceLevel): readonly string[] {
    const first = Math.max(0, this.#levels.indexOf(level)) * this.categories.length;
    return this.#sets.members(set).flatMap((c) => this.categories[c - first] ?? []);
  }

  /** The builder gave every listed host its parents' categories too, so the longest hit says all. */
  #mostSpecific(): number {
    const { a, b, count } = this.#states;
    for (let k = count - 1; k >= 0; k--) {
      const set = this.#probe(a[k]!, b[k]!);
      if (set !== 0) return set;
    }
    return 0;
  }

  #probe(a: number, b0: number): number {
    const keys = this.#keys;
    const b = keyB(a, b0);
    let slot = slotOf(a, this.#scale);
    for (;;) {
      const ka = keys[2 * slot]!;
      const kb = keys[2 * slot + 1]!;
      if (ka === a && kb === b) return this.#values[slot]!;
      if ((ka | kb) === 0) return 0;
      if (++slot === this.#slots) slot = 0;
    }
  }
}
