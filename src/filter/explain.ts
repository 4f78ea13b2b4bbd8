import { domainToUnicode } from 'node:url';
import { parseLine, readBlocks } from './formats.ts';
import { endsSegment } from './hash.ts';
import { normalisePath } from './host.ts';
import type { Mapping } from './mapping.ts';
import { listFiles, type Source } from './sources.ts';

/** One line of one list that speaks of an address. */
export interface ListMatch {
  readonly source: string;
  readonly outsideCategory: string;
  /** In Gatehouse's taxonomy; null when the list is ignored on purpose or not mapped. */
  readonly category: string | null;
  /** What the list says: the host, one of its parents, or an address the path lies under. */
  readonly listed: string;
}

/**
 * Which lists speak of a host, and by which line. The index holds only hashes, so this reads the lists
 * themselves: a plain text search, and the real parser only on the lines it finds.
 */
export async function explainHost(
  sources: readonly Source[],
  mapping: Mapping,
  host: string,
  path = '',
): Promise<ListMatch[]> {
  const names = [...new Set(hostAndParents(host).flatMap((name) => [name, domainToUnicode(name) || name]))];
  const tail = normalisePath(path);
  const matches = new Map<string, ListMatch>();
  for (const source of sources) {
    for await (const list of listFiles(source)) {
      const category = mapping.resolve(source.name, list.outside) ?? null;
      for await (const block of readBlocks(list.chunks)) {
        for (const line of linesWith(block.toLowerCase(), names)) {
          parseLine(line, (found, prefix) => {
            if (!names.includes(found) || !liesUnder(tail, prefix)) return;
            const match = { source: source.name, outsideCategory: list.outside, category, listed: found + prefix };
            matches.set(`${match.source} ${match.outsideCategory} ${match.listed}`, match);
          });
        }
      }
    }
  }
  return [...matches.values()];
}

/** `a.b.example` → itself and `b.example`; an IP address has no parents. */
function hostAndParents(host: string): string[] {
  if (host.includes(':') || /\.\d+$/.test(host)) return [host];
  const labels = host.split('.');
  return labels.slice(0, Math.max(1, labels.length - 1)).map((_, i) => labels.slice(i).join('.'));
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
