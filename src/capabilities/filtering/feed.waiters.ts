import type { Db } from '#platform/db.ts';
import { FEED_CHANNEL } from '#platform/school.ts';

/** Gateways that wait for news: one listening connection for all of them, opened when the first one waits. */
export class FeedWaiters {
  readonly #db: Db;
  readonly #waiting = new Map<string, Set<() => void>>();
  #listening: Promise<() => Promise<void>> | undefined;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Begin to listen for a school's news; `news` resolves at the first, or after `ms`. Always call `stop`. */
  async wait(school: string, ms: number): Promise<{ readonly news: Promise<void>; stop(): void }> {
    this.#listening ??= this.#db.listen(
      FEED_CHANNEL,
      (about) => {
        for (const wake of this.#waiting.get(about) ?? []) wake();
      },
      () => this.#wakeAll(),
    );
    await this.#listening.catch((e) => {
      this.#listening = undefined;
      throw e;
    });
    const { promise: news, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const waiting = this.#waiting.get(school) ?? new Set();
    this.#waiting.set(school, waiting.add(resolve));
    return {
      news,
      stop: () => {
        clearTimeout(timer);
        waiting.delete(resolve);
        resolve();
      },
    };
  }

  async close(): Promise<void> {
    this.#wakeAll();
    const stop = await this.#listening?.catch(() => undefined);
    await stop?.();
  }

  #wakeAll(): void {
    for (const waiting of this.#waiting.values()) for (const wake of waiting) wake();
  }
}
