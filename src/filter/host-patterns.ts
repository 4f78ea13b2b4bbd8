/**
 * A host as our own data files write it:
 *
 * - `www.bing.com`     this host;
 * - `*.translate.goog` every host below, not the parent itself;
 * - `www.google.*`     this name under `com`, a country (`fr`) or a country's `co` and `com` (`co.uk`, `com.au`), which
 *                      is how worldwide services are named. Any other ending might belong to anybody.
 */
export class HostPatterns<T> {
  readonly #hosts = new Map<string, T>();
  readonly #below = new Map<string, T>();
  readonly #worldwide = new Map<string, T>();
  /** Hosts come again and again; what was found is kept until there are too many. */
  readonly #found = new Map<string, T | undefined>();

  constructor(rows: Iterable<readonly [pattern: string, value: T]>) {
    for (const [pattern, value] of rows) {
      if (pattern.startsWith('*.')) this.#below.set(pattern.slice(2), value);
      else if (pattern.endsWith('.*')) this.#worldwide.set(pattern.slice(0, -2), value);
      else this.#hosts.set(pattern, value);
    }
  }

  /** What is said of a normalised host; the most exact pattern counts. */
  find(host: string): T | undefined {
    const found = this.#found.get(host);
    if (found !== undefined || this.#found.has(host)) return found;
    if (this.#found.size >= MOST_KEPT) this.#found.clear();
    const looked = this.#look(host);
    this.#found.set(host, looked);
    return looked;
  }

  #look(host: string): T | undefined {
    const exact = this.#hosts.get(host);
    if (exact !== undefined) return exact;
    if (this.#worldwide.size > 0) {
      const ending = ENDING.exec(host);
      const named = ending && this.#worldwide.get(host.slice(0, ending.index));
      if (named) return named;
    }
    if (this.#below.size === 0) return undefined;
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      const below = this.#below.get(host.slice(dot + 1));
      if (below !== undefined) return below;
    }
    return undefined;
  }
}

const MOST_KEPT = 2000;
const ENDING = /\.(?:com|cat|[a-z]{2}|com?\.[a-z]{2})$/;
/** What a pattern may look like, for the loaders of data files. */
export const HOST_PATTERN: RegExp = /^(?:\*\.)?(?:[a-z0-9_-]+\.)+(?:[a-z0-9-]+|\*)$/;
