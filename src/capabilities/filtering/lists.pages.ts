import { existsSync } from 'node:fs';
import { notFound } from '#core/errors.ts';
import { loadMapping } from '#filter/index.ts';
import type { Deps } from '#platform/deps.ts';
import { names } from '#rooms/identity/index.ts';
import { taxonomy } from '#rooms/policies/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { DECIDERS, KEEPERS } from './filtering.duties.ts';
import { type Entries, total, whyNever } from './gate.rules.ts';
import { filteringAtAGlance } from './glance.service.ts';
import { approversNow, changesOfSource, listChangesWaiting } from './list-changes.pages.ts';
import type { Words } from './list-changes.rules.ts';
import { downloadsOf } from './lists.service.ts';
import { versionFile } from './sources.rules.ts';
import { type ListVersion, versionsOf } from './versions.service.ts';

/** All sources and what the lists in use hold; `q` finds a category, a source, or a site that was left out. */
export function listsPage(deps: Deps, viewer: Viewer, q = '') {
  const wanted = q.trim().toLowerCase();
  return deps.db.in(contextOf(viewer), async (tx) => {
    const glance = await filteringAtAGlance(tx, deps);
    const { categories, byId } = taxonomy();
    const matches = (...words: string[]) => words.join(' ').toLowerCase().includes(wanted);
    const counts = categories
      .map((c) => ({ id: c.id, name: c.name, names: glance.report?.perCategory[c.id] ?? 0 }))
      .filter((c) => matches(c.id, c.name));
    const kindOf = (category: string) => byId.get(category)?.name ?? category;
    const perSource = glance.report?.perSource ?? [];
    const contradicting = perSource
      .flatMap(({ source, contradicting }) =>
        contradicting.map(({ name, category }) => ({ name, source, kind: kindOf(category) })),
      )
      .filter((c) => matches(c.name, c.source, c.kind));
    const outweighed = perSource
      .flatMap(({ source, outweighed }) =>
        Object.entries(outweighed).map(([category, names]) => ({ source, kind: kindOf(category), names })),
      )
      .filter((o) => matches(o.source, o.kind))
      .sort((a, b) => b.names - a.names);
    const suffixes = perSource
      .flatMap(({ source, suffixes }) => suffixes.map((name) => ({ source, name })))
      .filter((s) => matches(s.source, s.name));
    const changes = await listChangesWaiting(tx, viewer, deps.clock.now());
    return {
      ...glance,
      q,
      counts,
      contradicting,
      outweighed,
      suffixes,
      changes,
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
        never: whyNever(v.marks),
        kept: existsSync(versionFile(downloads, id, v.digest)),
      })),
      words: wordsOf(source, versions[0]?.entries ?? {}),
      changes: await changesOfSource(tx, viewer, deps.clock.now(), id),
      approvers: await approversNow(tx, deps.clock.now()),
      categories: taxonomy().categories.filter((c) => c.nature !== 'help'),
      values: {
        location: source.location,
        mostMib: source.most_bytes === null ? '' : String(Math.round(Number(source.most_bytes) / 2 ** 20)),
        mostNames: source.most_names ?? '',
        leastKept: String(source.least_kept),
        mostGrowth: String(source.most_growth),
        trust: String(source.trust),
        mirrors: source.mirrors.join('\n'),
        everyHours: String(source.every_hours),
        maxAgeHours: String(source.max_age_hours),
        checksum: source.checksum ?? '',
        publicKey: source.public_key ?? '',
      },
      // The starter lists come with the program; nobody changes them here.
      keeper: hasDuty(viewer, ...KEEPERS) && source.origin !== 'starter',
      decider: hasDuty(viewer, ...DECIDERS),
    };
  });
}

/** The form has room for so many. */
export const MOST_WORDS = 200;

/** The source's own words for categories: how they are known, and how this school reads them. */
function wordsOf(
  source: { readonly name: string; readonly words: Words; readonly category: string | null },
  entries: Entries,
) {
  if (source.category !== null) return [];
  const all = taxonomy();
  const shipped = loadMapping(all);
  // A folder of packages counts each package's words under its name.
  const found = Object.keys(entries).map((word) => word.split(': '));
  return found
    .slice(0, MOST_WORDS)
    .map(([first = '', second]) => ({ from: second === undefined ? source.name : first, word: second ?? first }))
    .map(({ from, word }) => {
      const known = shipped.resolve(from, word);
      const choice = Object.hasOwn(source.words, word) ? (source.words[word] ?? 'none') : 'known';
      return {
        word,
        choice,
        known: known ? (all.byId.get(known)?.name ?? known) : known === null ? 'left out' : 'not known',
      };
    })
    .sort((a, b) => (a.word < b.word ? -1 : 1));
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
