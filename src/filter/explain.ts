import { domainToUnicode } from 'node:url';
import { parseLine, readBlocks } from './formats.ts';
import { endsSegment } from './hash.ts';
import { normalisePath } from './host.ts';
import type { Mapping } from './mapping.ts';
import { listFiles, type Source } from './sources.ts';
import type { Taxonomy } from './taxonomy.ts';
import { hostAndParents, Trust } from './trust.ts';

/** One line of one list that speaks of an address. */
export interface ListMatch {
  readonly source: string;
  readonly outsideCategory: string;
  /** In Gatehouse's taxonomy; null when the list is ignored on purpose or not mapped. */
  readonly category: string | null;
  /** Not taken, because it contradicts our own lists. */
  readonly contradicts: boolean;
  /** What the list says: the host, one of its parents, or an address the path lies under. */
  readonly listed: string;
}

/**
 * Which lists speak of a host, and by which line. The index holds only hashes, so this reads the lists
 * themselves: a plain text search, and the real parser only on the lines it finds.
 */
export async function explainHost(
  sources: readonly Source[],
  taxonomy: Taxonomy,
  mapping: Mapping,
  host: string,
  path = '',
): Promise<ListMatch[]> {
  const names = [...new Set(hostAndParents(host).flatMap((name) => [name, domainToUnicode(name) || name]))];
  const tail = normalisePath(path);
  const trust = await Trust.of(sources, taxonomy, mapping);
  const matches = new Map<string, ListMatch>();
  for (const source of sources) {
    for await (const list of listFiles(source)) {
      const category = trust.category(source, list.outside) ?? null;
      const mayErr = category !== null && trust.mayErr(source, category);
      for await (const block of readBlocks(list.chunks)) {
        for (const line of linesWith(block.toLowerCase(), names)) {
          parseLine(line, (found, prefix) => {
            if (!names.includes(found) || !liesUnder(tail, prefix)) return;
            const contradicts = mayErr && prefix === '' && trust.contradicts(found, category);
            const match = {
              source: source.name,
              outsideCategory: list.outside,
              category,
              contradicts,
              listed: found + prefix,
            };
            matches.set(`${match.source} ${match.outsideCategory} ${match.listed}`, match);
          });
        }
      }
    }
  }
  return [...matches.values()];
}

const liesUnder = (path: string, prefix: string): boolean =>
  path.startsWith(prefix) &&
  (prefix === '' || path.length === prefix.length || endsSegment(path.charCodeAt(prefix.length)));

function* linesWith(block: string, names: readonly string[]): Generator<string> {
  for (const name of names) {
    for (let at = block.indexOf(name); at >= 0; at = block.indexOf(name, at + name.length)) {
      const next = block[at + name.length];
      if (next !== undefined && /[a-z0-9_-]/.test(next)) continue;
      const end = block.indexOf('\n', at);
      yield block.slice(block.lastIndexOf('\n', at) + 1, end < 0 ? undefined : end);
    }
  }
}
