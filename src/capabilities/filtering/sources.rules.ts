import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { invalid } from '#core/errors.ts';
import type { Source } from '#filter/index.ts';

/** The lists that ship with Gatehouse: always the first source, and never switched off, since they hold the help services. */
export const STARTER = 'starter';
const STARTER_FOLDER = fileURLToPath(new URL('../../../lists/starter', import.meta.url));

/** They, as the compiler reads them. */
export const STARTER_SOURCE: Source = { name: STARTER, kind: 'folder', path: STARTER_FOLDER, own: true };

export type SourceKind = 'folder' | 'archive' | 'file' | 'url';

/** A row of `list_source`, as far as finding its lists goes. */
export interface SourceRow {
  readonly name: string;
  readonly location: string;
  readonly kind: SourceKind;
  readonly category: string | null;
  readonly origin: 'starter' | 'environment' | 'people';
  /** Of the version in use, where versions are kept; null until one came. */
  readonly digest: string | null;
  readonly id: string;
}

/** The names of the slots for illegal content, and the compiler's words, are no names for sources of one's own. */
export const RESERVED: readonly string[] = ['iwf', 'ctiru', 'school'];

const ARCHIVE = /\.(tar\.gz|tgz)$/i;

/** What stands at a location that somebody entered; an error says what would be right. */
export function readLocation(typed: string): { location: string; kind: SourceKind } {
  const text = typed.trim();
  if (/^https?:\/\//i.test(text)) {
    const url = URL.parse(text);
    if (!url?.hostname) throw refuse('This is not a web address. Enter one such as https://lists.example/all.tar.gz.');
    if (url.username || url.password) throw refuse('Leave the user name and password out of the web address.');
    return { location: url.href, kind: 'url' };
  }
  if (text === '') throw refuse('Enter a folder, a .tar.gz archive or a file on this server, or a web address.');
  const location = resolve(text);
  if (!existsSync(location)) throw refuse(`There is nothing at ${location} on this server.`);
  const found = statSync(location);
  if (found.isDirectory()) return { location, kind: 'folder' };
  // A device or a pipe may never end.
  if (!found.isFile()) throw refuse(`${location} is neither a folder nor a file.`);
  return { location, kind: ARCHIVE.test(location) ? 'archive' : 'file' };
}

const refuse = (message: string) => invalid('lists.location', message, { location: message });

/** `/srv/UT1_2026.tar.gz` → `ut1-2026`: the name under which lists/mapping.json reads its words. */
export function nameFor(location: string): string {
  const last = basename(URL.parse(location)?.pathname ?? location);
  const name = last
    .replace(ARCHIVE, '')
    .replace(/\.gz$/i, '')
    .replace(/\.[a-z]{1,5}$/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40);
  return name || 'lists';
}

/** Where a version of a list from the web is kept. */
export const versionFile = (downloads: string, source: string, digest: string): string =>
  join(downloads, source, digest);

/**
 * The sources that a row stands for. A folder of `*.tar.gz` packages is as many sources, each under its own name, so
 * that each is read with its own section of the mapping. Empty when a list from the web has not come yet.
 */
export function sourcesOf(row: SourceRow, downloads: string): Source[] {
  if (row.origin === 'starter') return [STARTER_SOURCE];
  // Lists are read from the copy of the version in use, wherever they came from.
  const path = row.digest === null ? null : versionFile(downloads, row.id, row.digest);
  return path !== null && existsSync(path) ? copiesOf(row, path) : [];
}

/** The sources in a copy of what stands at a row's location. */
export function copiesOf(row: Pick<SourceRow, 'name' | 'location' | 'kind' | 'category'>, path: string): Source[] {
  const isArchive = row.kind === 'archive' || (row.kind === 'url' && ARCHIVE.test(new URL(row.location).pathname));
  if (isArchive) return [{ name: row.name, kind: 'archive', path }];
  if (row.kind !== 'folder') return [{ name: row.name, kind: 'file', path, category: row.category ?? row.name }];
  const packages = existsSync(path) ? readdirSync(path).filter((f) => ARCHIVE.test(f)) : [];
  if (packages.length === 0) return [{ name: row.name, kind: 'folder', path }];
  return packages.sort().map((f) => ({ name: nameFor(f), kind: 'archive', path: join(path, f) }));
}

/** The words for categories in a folder of lists; null where they are not known without reading it. */
export function wordsAt({ kind, location }: Pick<SourceRow, 'kind' | 'location'>): string[] | null {
  if (kind !== 'folder' || !existsSync(location)) return null;
  const names = readdirSync(location);
  return names.some((f) => ARCHIVE.test(f)) ? null : deepest(location, names);
}

/** `ut1/games/domains` and `games/domains` both say `games`. */
function deepest(folder: string, names: readonly string[], depth = 2): string[] {
  return names.flatMap((name) => {
    const path = join(folder, name);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
    const inside = readdirSync(path);
    const own = inside.some((f) => f === 'domains' || f === 'urls') ? [name] : [];
    return depth > 1 ? [...own, ...deepest(path, inside, depth - 1)] : own;
  });
}

/** A single list has no category of its own, so somebody must say which it is. */
export const needsCategory = (kind: SourceKind, location: string): boolean =>
  kind === 'file' || (kind === 'url' && !ARCHIVE.test(new URL(location).pathname));
