import { type SafeHost, safeHost } from '#filter/safe-search.ts';
import { type Query, sameQuestion } from './codec.ts';
import type { StoredAnswer } from './upstream-answer.ts';

/** Flat, since a hit reads most of it and each step to another object is a likely miss of the processor's cache. */
export interface CacheEntry extends StoredAnswer {
  readonly hash: number;
  readonly flags: number;
  /** Where the question in `message` ends. */
  readonly end: number;
  /** The asked name in words, so that a hit need not spell it again for the record. */
  readonly host: string;
  /** What `host` offers for safe search, found once. */
  readonly safe: SafeHost | undefined;
  readonly storedAt: number;
  /** Fresh until then, then kept as stale for the day the upstream is away. */
  readonly freshUntil: number;
  readonly bytes: number;
  used: boolean;
  /** The next in the same bucket. */
  next: CacheEntry | undefined;
}

/** RFC 8767 §5: one to three days. */
const STALE_FOR = 86_400_000;
/** What an entry costs besides its message, about. */
const OVERHEAD = 400;

/**
 * Answers by question, bounded by entries and by bytes. Holds raw answers only: who may see them is judged each time,
 * so a block for one client cannot reach another through here.
 *
 * A hash table of our own, since a `Map` would want a string made and interned for every question; this one compares
 * the packet's bytes where they lie. Eviction gives entries that were used since the hand last passed a second chance;
 * that costs a hit one flag, where LRU would reorder.
 */
export class AnswerCache {
  readonly #buckets: (CacheEntry | undefined)[];
  /** In order of insertion: where the hand passes. */
  readonly #order = new Set<CacheEntry>();
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxEntries: number, maxBytes: number) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
    this.#buckets = new Array(2 ** Math.ceil(Math.log2(maxEntries + 1))).fill(undefined);
  }

  get size(): number {
    return this.#order.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The entry, fresh or stale. */
  get(packet: Uint8Array, query: Query, now: number): CacheEntry | undefined {
    const entry = this.#find(packet, query);
    if (entry === undefined) return undefined;
    if (now >= entry.freshUntil + STALE_FOR || now < entry.storedAt) {
      this.#remove(entry);
      return undefined;
    }
    entry.used = true;
    return entry;
  }

  put(query: Query, answer: StoredAnswer, host: string, now: number): void {
    const old = this.#find(answer.message, query);
    if (old !== undefined) this.#remove(old);
    const bytes = answer.message.length + host.length + OVERHEAD;
    if (answer.ttl === 0 || bytes > this.#maxBytes) return;
    const { hash, flags, end } = query;
    const bucket = this.#bucket(hash);
    // Written out: V8 would keep what follows a spread in a second object, and a hit would have to fetch both.
    const entry: CacheEntry = {
      message: answer.message,
      ttls: answer.ttls,
      ttl: answer.ttl,
      targets: answer.targets,
      hash,
      flags,
      end,
      host,
      safe: safeHost(host),
      storedAt: now,
      freshUntil: now + answer.ttl * 1000,
      bytes,
      used: false,
      next: this.#buckets[bucket],
    };
    this.#buckets[bucket] = entry;
    this.#order.add(entry);
    this.#bytes += bytes;
    this.#evict();
  }

  clear(): void {
    this.#buckets.fill(undefined);
    this.#order.clear();
    this.#bytes = 0;
  }

  #bucket(hash: number): number {
    return hash & (this.#buckets.length - 1);
  }

  #find(packet: Uint8Array, query: Query): CacheEntry | undefined {
    for (let entry = this.#buckets[this.#bucket(query.hash)]; entry !== undefined; entry = entry.next) {
      const likely = entry.hash === query.hash && entry.flags === query.flags && entry.end === query.end;
      if (likely && sameQuestion(packet, entry.message, query.end)) return entry;
    }
    return undefined;
  }

  #evict(): void {
    // A Set iterates in order of insertion, and what is added anew goes to the end: a clock's hand for free.
    for (const entry of this.#order) {
      if (this.#order.size <= this.#maxEntries && this.#bytes <= this.#maxBytes) return;
      if (!entry.used) {
        this.#remove(entry);
        continue;
      }
      entry.used = false;
      this.#order.delete(entry);
      this.#order.add(entry);
    }
  }

  #remove(entry: CacheEntry): void {
    const bucket = this.#bucket(entry.hash);
    let before = this.#buckets[bucket];
    if (before === entry) this.#buckets[bucket] = entry.next;
    else {
      while (before !== undefined && before.next !== entry) before = before.next;
      if (before !== undefined) before.next = entry.next;
    }
    this.#order.delete(entry);
    this.#bytes -= entry.bytes;
  }
}
