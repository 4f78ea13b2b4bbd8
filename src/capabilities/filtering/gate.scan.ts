import { getPublicSuffix } from 'tldts';
import { invalid } from '#core/errors.ts';
import { readList } from '#filter/formats.ts';
import { loadMapping, loadTaxonomy, type Source } from '#filter/index.ts';
import { listFiles } from '#filter/sources.ts';
import { Trust } from '#filter/trust.ts';
import type { ListMarks } from '#platform/tables/filtering.ts';
import type { Contents } from './gate.rules.ts';
import type { OwnHosts } from './source-own-hosts.ts';
import { mappingWith, type Readings } from './source-readings.ts';
import { STARTER_SOURCE } from './sources.rules.ts';

export interface ScanOrder {
  /** What one row of sources stands for: itself, or the packages in its folder. */
  readonly sources: readonly Source[];
  readonly readings: Readings;
  readonly own: OwnHosts;
  readonly mostUnpacked: number;
  readonly mostNames: number;
}

const MOST_MARKS = 50;
type Mark = NonNullable<ListMarks['names']>[number];

/** Read a version to its end: how many names it holds, and what of it no honest list holds. */
export async function scan({ sources, readings, own, mostUnpacked, mostNames }: ScanOrder): Promise<Contents> {
  const taxonomy = loadTaxonomy();
  const mapping = mappingWith(loadMapping(taxonomy), taxonomy, readings);
  const trust = await Trust.of([STARTER_SOURCE], taxonomy, mapping);
  const [exact, over] = [new Set(own.exact), new Set(own.over)];
  const entries: Record<string, number> = Object.create(null);
  const marks = new Map<string, Mark>();
  let names = 0;
  let known = 0;
  const kindOf = (host: string, forHosting: boolean): Mark['kind'] | null => {
    if (exact.has(host)) return 'own';
    if (over.has(host)) return 'over-own';
    return !forHosting && getPublicSuffix(host) === host ? 'suffix' : null;
  };
  for (const source of sources) {
    for await (const list of listFiles(source, mostUnpacked)) {
      const word = sources.length === 1 ? list.outside : `${source.name}: ${list.outside}`;
      const category = trust.category(source, list.outside) ?? null;
      const nature = category === null ? 'positive' : taxonomy.byId.get(category)?.nature;
      await readList(
        list.chunks,
        (host, path) => {
          entries[word] = (entries[word] ?? 0) + 1;
          if (++names > mostNames) throw tooMany(source.name, mostNames);
          if (path !== '' || nature === 'positive' || category === null) return;
          const kind = kindOf(host, nature === 'technical');
          if (kind !== null && marks.size < MOST_MARKS) marks.set(host, { name: host, word, kind });
          if (trust.contradicts(host, category)) known++;
        },
        () => undefined,
      );
      entries[word] ??= 0;
    }
  }
  return { entries: { ...entries }, marks: { names: [...marks.values()], known } };
}

const tooMany = (name: string, most: number) =>
  invalid(
    'lists.too-many',
    `The list source "${name}" holds more than ${most.toLocaleString('en-GB')} names, the most that is taken of it.`,
  );
