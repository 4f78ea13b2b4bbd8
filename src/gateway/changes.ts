import { randomBytes } from 'node:crypto';
import { HostStates, keyB } from '#filter/hash.ts';
import {
  type CompiledPolicy,
  changed,
  decisive,
  isFor,
  isLive,
  type LiveChange,
  reachingFurther,
} from '#policy/index.ts';
import type { Judgement } from './judge.ts';

/**
 * The changes of one snapshot (FCR-08), sorted out once for each kind of client. A request asks for the states of its
 * host's name and its parents' (filter/hash.ts) in a small table, and for the clock: nothing is made, and what an
 * opening's end closes is closed at that millisecond, whether or not anybody is there to say so (FCR-03).
 */
export class ChangeBook {
  readonly #changes: readonly LiveChange[];
  readonly #policy: CompiledPolicy;
  readonly #made = new Map<string, ClientChanges | null>();

  constructor(changes: readonly LiveChange[], policy: CompiledPolicy) {
    this.#changes = changes;
    this.#policy = policy;
  }

  /** Those that are for this client, now or later; null, as for nearly everybody, when there are none. */
  for(person: string | null, profile: string, address?: string): ClientChanges | null {
    if (this.#changes.length === 0) return null;
    // By their places: one reference may stand for an opening and for the closing that follows it.
    const places = this.#changes.flatMap((c, place) => (isFor(c, person, profile, address) ? [place] : []));
    const key = places.join(' ');
    let made = this.#made.get(key);
    if (made === undefined) {
      const mine = this.#changes.filter((_, place) => places.includes(place));
      made = mine.length > 0 ? new ClientChanges(mine, this.#policy) : null;
      this.#made.set(key, made);
    }
    return made;
  }
}

interface Entry {
  readonly b: number;
  readonly change: LiveChange;
}

/** The changes that one kind of client has. */
export class ClientChanges {
  readonly #states: HostStates;
  readonly #byA = new Map<number, Entry[]>();
  readonly #lessons: readonly LiveChange[];
  readonly #withdrawn: readonly LiveChange[];
  readonly #examinations: readonly LiveChange[];
  readonly #policy: CompiledPolicy;
  /** What a change makes of a judgement; both live as long as the snapshot does. */
  readonly #answers = new Map<LiveChange, WeakMap<Judgement, Judgement>>();

  constructor(changes: readonly LiveChange[], policy: CompiledPolicy) {
    const seed = randomBytes(8);
    this.#states = new HostStates([seed.readInt32LE(0), seed.readInt32LE(4)]);
    this.#policy = policy;
    this.#lessons = changes.filter((c) => c.effect === 'only-these');
    this.#withdrawn = changes.filter((c) => c.effect === 'withdrawn');
    this.#examinations = changes.filter((c) => c.order === 'examination');
    for (const change of changes) {
      this.#answers.set(change, new WeakMap());
      for (const host of change.hosts) this.#add(host, change);
    }
  }

  #add(host: string, change: LiveChange): void {
    const { a, b, count } = this.#walked(host);
    if (count === 0) return;
    const [key, other] = [a[count - 1] ?? 0, b[count - 1] ?? 0];
    const entries = this.#byA.get(key);
    const entry = { b: keyB(key, other), change };
    if (entries) entries.push(entry);
    else this.#byA.set(key, [entry]);
  }

  #walked(host: string): HostStates {
    this.#states.walk(host);
    return this.#states;
  }

  over(base: Judgement, host: string, now: number): Judgement {
    this.#states.walk(host);
    return this.#over(base, now);
  }

  overWire(base: Judgement, packet: Uint8Array, offset: number, now: number): Judgement {
    this.#states.walkWire(packet, offset);
    return this.#over(base, now);
  }

  #over(base: Judgement, now: number): Judgement {
    const { a, b, count } = this.#states;
    let block: LiveChange | null = null;
    let open: LiveChange | null = null;
    let inside = false;
    // Only for somebody whose access is withdrawn is there anything to remember.
    const kept = this.#withdrawn.length > 0 ? new Set<LiveChange>() : null;
    for (let k = 0; k < count; k++) {
      const key = a[k] ?? 0;
      const entries = this.#byA.get(key);
      if (!entries) continue;
      const other = keyB(key, b[k] ?? 0);
      for (const { b, change } of entries) {
        if (b !== other || !isLive(change, now)) continue;
        if (change.effect === 'withdrawn') kept?.add(change);
        else if (change.effect === 'block') block = change;
        else if (change.effect === 'open') open = reachingFurther(open, change);
        else inside = true;
      }
    }
    for (const order of this.#examinations) if (isLive(order, now)) open = reachingFurther(open, order);
    for (const order of this.#withdrawn) if (isLive(order, now) && !kept?.has(order)) block = order;
    let outside: LiveChange | null = null;
    if (!inside) for (const lesson of this.#lessons) if (isLive(lesson, now)) outside = lesson;
    const change = decisive(block, outside, open);
    return change === null ? base : this.#answer(change, base);
  }

  /** The same change makes the same of the same judgement, so it is made once. */
  #answer(change: LiveChange, base: Judgement): Judgement {
    const answers = this.#answers.get(change);
    const known = answers?.get(base);
    if (known) return known;
    const { outcome, because } = changed(this.#policy, base, base.categories, change);
    const { categories } = base;
    const opened = outcome === 'allow' && ({ brief: true } as const);
    const answer: Judgement = because === base.because ? base : { outcome, because, categories, ...opened };
    answers?.set(base, answer);
    return answer;
  }
}
