import { readList } from './formats.ts';
import type { Mapping } from './mapping.ts';
import { listFiles, type Source } from './sources.ts';
import type { Taxonomy } from './taxonomy.ts';

/**
 * Whose word counts. Outside lists err: one calls a search engine pornography, another an archive of free books piracy,
 * and the site would close for every child. So where one of our own lists holds a name in a category that vouches
 * (lists/taxonomy.json), an outside list's word for that name, or for a parent that would drag it along, counts only
 * where it is our word too. What may be new since yesterday always counts: illegal content and the urgent categories.
 * And no outside list can call a site a help service, since those are open whatever other lists say.
 */
export class Trust {
  readonly #taxonomy: Taxonomy;
  readonly #mapping: Mapping;
  /** Every name that our own lists hold, and its parents: the categories they say. */
  readonly #words = new Map<string, Set<string>>();
  readonly #vouched = new Set<string>();

  private constructor(taxonomy: Taxonomy, mapping: Mapping) {
    this.#taxonomy = taxonomy;
    this.#mapping = mapping;
  }

  /** Reads our own lists among these sources. */
  static async of(sources: readonly Source[], taxonomy: Taxonomy, mapping: Mapping): Promise<Trust> {
    const trust = new Trust(taxonomy, mapping);
    for (const source of sources.filter((s) => s.own)) {
      for await (const list of listFiles(source)) {
        const category = trust.category(source, list.outside);
        if (!category) continue;
        const found = (host: string, path: string) => path === '' && trust.#hear(host, category);
        await readList(list.chunks, found, () => undefined);
      }
    }
    return trust;
  }

  #hear(host: string, category: string): void {
    const names = [`www.${host}`, ...hostAndParents(host)];
    for (const name of names) {
      this.#words.set(name, (this.#words.get(name) ?? new Set()).add(category));
      if (this.#taxonomy.vouching.has(category)) this.#vouched.add(name);
    }
  }

  /** The names for which our own lists vouch, and their parents. */
  get vouched(): ReadonlySet<string> {
    return this.#vouched;
  }

  /** What a source's name for a category is here: `null` when left out on purpose, `undefined` when nobody has said. */
  category(source: Source, outside: string): string | null | undefined {
    const category = this.#mapping.resolve(source.name, outside);
    const helps = category ? this.#taxonomy.byId.get(category)?.nature === 'help' : false;
    return helps && !source.own ? null : category;
  }

  /** Can our own lists overrule what this source says in this category at all? A good word contradicts nothing. */
  mayErr(source: Source, category: string): boolean {
    const nature = this.#taxonomy.byId.get(category)?.nature;
    return !source.own && nature !== 'illegal' && nature !== 'positive' && !this.#taxonomy.urgent.has(category);
  }

  /** Do our own lists vouch for this name, or for one below it, and say something else? */
  contradicts(host: string, category: string): boolean {
    return this.#vouched.has(host) && this.#words.get(host)?.has(category) !== true;
  }
}

/** `a.b.example` → itself and `b.example`; an IP address has no parents. */
export function hostAndParents(host: string): string[] {
  if (host.includes(':') || /\.\d+$/.test(host)) return [host];
  const labels = host.split('.');
  return labels.slice(0, Math.max(1, labels.length - 1)).map((_, i) => labels.slice(i).join('.'));
}
