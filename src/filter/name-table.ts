import { invalid } from '#core/errors.ts';
import { type HostStates, keyB, laneA, laneB, slotOf } from './hash.ts';

/** Far beyond all public lists together; a source that goes on and on is stopped before it fills the memory. */
const MAX_NAMES = 2 ** 25;

/**
 * All names of a build, as hashes: no name is kept as text. Each knows its parent, and a parent always stands
 * before its children, so one pass in order can hand down what is said of parents.
 */
export class NameTable {
  /** Names are numbered from 1; 0 is "no parent". */
  count: number = 0;
  a: Int32Array = new Int32Array(1 << 16);
  b: Int32Array = new Int32Array(1 << 16);
  parent: Uint32Array = new Uint32Array(1 << 16);
  /** What is said of each name, as the number of a set of claims. */
  said: Uint32Array = new Uint32Array(1 << 16);
  #slots: Uint32Array = new Uint32Array(1 << 17);

  /** The number of the host just walked; its parents are entered too. */
  host(states: HostStates): number {
    let parent = 0;
    for (let k = 0; k < states.count; k++) parent = this.#enter(states.a[k]!, states.b[k]!, parent);
    return parent;
  }

  /** The number of an address under the host just walked. Addresses have no parents: look-ups visit every prefix. */
  url(states: HostStates, path: string): number {
    let a = states.a[states.count - 1]!;
    let b = states.b[states.count - 1]!;
    for (let i = 0; i < path.length; i++) {
      a = laneA(a, b, path.charCodeAt(i));
      b = laneB(a, b);
    }
    return this.#enter(a, b, 0);
  }

  #enter(a: number, b0: number, parent: number): number {
    const b = keyB(a, b0);
    const slots = this.#slots;
    let slot = slotOf(a, slots.length / 2 ** 32);
    for (;;) {
      const name = slots[slot]!;
      if (name === 0) break;
      if (this.a[name] === a && this.b[name] === b) return name;
      if (++slot === slots.length) slot = 0;
    }
    const name = ++this.count;
    if (name === MAX_NAMES)
      throw invalid('filter.build.too-many', `The lists hold more than ${MAX_NAMES} names. Use fewer sources.`);
    if (name === this.a.length) this.#grow();
    this.a[name] = a;
    this.b[name] = b;
    this.parent[name] = parent;
    slots[slot] = name;
    if (this.count > 0.6 * slots.length) this.#rehash();
    return name;
  }

  #grow(): void {
    this.a = doubled(this.a);
    this.b = doubled(this.b);
    this.parent = doubled(this.parent);
    this.said = doubled(this.said);
  }

  #rehash(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const scale = slots.length / 2 ** 32;
    for (let name = 1; name <= this.count; name++) {
      let slot = slotOf(this.a[name]!, scale);
      while (slots[slot] !== 0) slot = slot + 1 === slots.length ? 0 : slot + 1;
      slots[slot] = name;
    }
    this.#slots = slots;
  }
}

function doubled<T extends Int32Array | Uint32Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(2 * array.length);
  larger.set(array);
  return larger;
}
