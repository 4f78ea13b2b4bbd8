/**
 * Category sets, each stored once and known by a small number. 0 is the empty set: not listed. Thousands of
 * sets serve millions of names, so a name needs two bytes.
 */
export class CategorySets {
  readonly #sets: (readonly number[])[] = [[]];
  readonly #ids = new Map<string, number>([['', 0]]);
  readonly #unions = new Map<number, number>();

  constructor(sets: readonly (readonly number[])[] = []) {
    for (const set of sets) this.#intern(set);
  }

  get size(): number {
    return this.#sets.length;
  }

  /** Category numbers of a set, in rising order; empty for what is not a set. */
  members(id: number): readonly number[] {
    return this.#sets[id] ?? [];
  }

  /** The set of one category. */
  of(category: number): number {
    return this.#intern([category]);
  }

  union(x: number, y: number): number {
    if (x === y || y === 0) return x;
    if (x === 0) return y;
    const key = Math.min(x, y) * 2 ** 26 + Math.max(x, y);
    let id = this.#unions.get(key);
    if (id === undefined) {
      id = this.#intern([...new Set([...this.members(x), ...this.members(y)])].sort((p, q) => p - q));
      this.#unions.set(key, id);
    }
    return id;
  }

  /** Every set but the empty one, in the order of their numbers. */
  all(): readonly (readonly number[])[] {
    return this.#sets.slice(1);
  }

  #intern(set: readonly number[]): number {
    const key = set.join(' ');
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#sets.push(set) - 1;
      this.#ids.set(key, id);
    }
    return id;
  }
}
