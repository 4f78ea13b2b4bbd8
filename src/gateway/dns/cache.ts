import type { StoredAnswer } from './upstream-answer.ts';

export interface CacheEntry {
  readonly answer: StoredAnswer;
  /** The asked name in words, so that a hit need not spell it again for the record. */
  readonly host: string;
  readonly storedAt: number;
  /** Fresh until then, then kept as stale for the day the upstream is away. */
  readonly freshUntil: number;
  readonly bytes: number;
  used: boolean;
}

/** RFC 8767 §5: one to three days. */
const STALE_FOR = 86_400_000;
/** What an entry costs besides its message, about. */
const OVERHEAD = 400;

/**
 * Answers by question, bounded by entries and by bytes. Holds raw answers only: who may see them is judged
 * each time, so a block for one client cannot reach another through here. Eviction gives entries that were
 * used since the hand last passed a second chance; that costs a hit one flag, where LRU would reorder.
 */
export class AnswerCache {
  readonly #entries = new Map<string, CacheEntry>();
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxEntries: number, maxBytes: number) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The entry, fresh or stale. */
  get(key: string, now: number): CacheEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (now >= entry.freshUntil + STALE_FOR || now < entry.storedAt) {
      this.#remove(key, entry);
      return undefined;
    }
    entry.used = true;
    return entry;
  }

  put(key: string, answer: StoredAnswer, host: string, now: number): void {
    const old = this.#entries.get(key);
    if (old !== undefined) this.#remove(key, old);
    const bytes = answer.message.length + key.length + host.length + OVERHEAD;
    if (answer.ttl === 0 || bytes > this.#maxBytes) return;
    this.#entries.set(key, { answer, host, storedAt: now, freshUntil: now + answer.ttl * 1000, bytes, used: false });
    this.#bytes += bytes;
    this.#evict();
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #evict(): void {
    // A Map iterates in order of insertion, and what is set anew goes to the end: a clock's hand for free.
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= this.#maxEntries && this.#bytes <= this.#maxBytes) return;
      this.#entries.delete(key);
      if (entry.used) {
        entry.used = false;
        this.#entries.set(key, entry);
      } else {
        this.#bytes -= entry.bytes;
      }
    }
  }

  #remove(key: string, entry: CacheEntry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
