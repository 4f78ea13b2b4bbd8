import { existsSync } from 'node:fs';
import { notFound } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { names } from '#rooms/identity/index.ts';
import { taxonomy } from '#rooms/policies/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { DECIDERS, KEEPERS } from './filtering.duties.ts';
import { type Entries, total } from './gate.rules.ts';
import { filteringAtAGlance } from './glance.service.ts';
import { downloadsOf } from './lists.service.ts';
import { versionFile } from './sources.rules.ts';
import { type ListVersion, versionsOf } from './versions.service.ts';

/** All sources and what the lists in use hold; `q` finds a category, or a site that contradicts our own lists. */
export function listsPage(deps: Deps, viewer: Viewer, q = '') {
  const wanted = q.trim().toLowerCase();
  return deps.db.in(contextOf(viewer), async (tx) => {
    const glance = await filteringAtAGlance(tx, deps);
    const { categories, byId } = taxonomy();
    const matches = (...words: string[]) => words.join(' ').toLowerCase().includes(wanted);
    const counts = categories
      .map((c) => ({ id: c.id, name: c.name, names: glance.report?.perCategory[c.id] ?? 0 }))
      .filter((c) => matches(c.id, c.name));
    const contradicting = (glance.report?.perSource ?? [])
      .flatMap(({ source, contradicting }) =>
        contradicting.map(({ name, category }) => ({ name, source, kind: byId.get(category)?.name ?? category })),
      )
      .filter((c) => matches(c.name, c.source, c.kind));
    return {
      ...glance,
      q,
      counts,
      contradicting,
      // No list but ours can name a help service (filter/trust.ts).
      categories: categories.filter((c) => c.nature !== 'help'),
      keeper: hasDuty(viewer, ...KEEPERS),
    };
  });
}

/** One source: how it is fetched, and every version of it that came. */
export function sourcePage(deps: Deps, viewer: Viewer, id: string) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const glance = await filteringAtAGlance(tx, deps);
    const source = glance.sources.find((s) => s.id === id);
    if (!source) throw notFound('this list source');
    const versions = await versionsOf(tx, id);
    const people = await names(
      tx,
      versions.flatMap((v) => v.decided_by ?? []),
    );
    const downloads = downloadsOf(deps, viewer.school.id);
    return {
      source,
      running: glance.running,
      build: glance.build,
      versions: versions.map((v, i) => ({
        ...v,
        size: sizeOf(Number(v.bytes)),
        names: total(v.entries),
        changes: changes(versions[i + 1], v),
        by: people.get(v.decided_by ?? '') ?? null,
        kept: existsSync(versionFile(downloads, id, v.digest)),
      })),
      values: {
        mirrors: source.mirrors.join('\n'),
        everyHours: String(source.every_hours),
        maxAgeHours: String(source.max_age_hours),
        checksum: source.checksum ?? '',
        publicKey: source.public_key ?? '',
      },
      keeper: hasDuty(viewer, ...KEEPERS),
      decider: hasDuty(viewer, ...DECIDERS),
    };
  });
}

const SHOWN = 4;

/** What is different from the version that came before it, the largest difference first. */
function changes(before: ListVersion | undefined, after: ListVersion): string {
  if (!before) return 'the first one';
  const words = new Set([...Object.keys(before.entries), ...Object.keys(after.entries)]);
  const rows = [...words]
    .map((word) => ({ word, by: of(after.entries, word) - of(before.entries, word) }))
    .filter(({ by }) => by !== 0)
    .sort((x, y) => Math.abs(y.by) - Math.abs(x.by));
  if (rows.length === 0) return 'as many as before';
  const shown = rows
    .slice(0, SHOWN)
    .map(({ word, by }) => `${word} ${by > 0 ? '+' : '−'}${Math.abs(by).toLocaleString('en-GB')}`);
  return rows.length > SHOWN ? `${shown.join(', ')} and ${rows.length - SHOWN} more` : shown.join(', ');
}

const of = (entries: Entries, word: string): number => entries[word] ?? 0;

const sizeOf = (bytes: number): string =>
  bytes < 1024
    ? `${bytes} bytes`
    : bytes < 2 ** 20
      ? `${(bytes / 1024).toFixed(1)} KiB`
      : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
