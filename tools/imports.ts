import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '..');

/** The rooms in their order: a room may use those before it (docs/architecture.md). */
export const ROOMS = [
  'identity',
  'devices',
  'policies',
  'filtering',
  'monitoring',
  'incidents',
  'agreements',
  'learning',
  'publishing',
  'data-protection',
  'governance',
] as const;

/** What each layer may import besides itself, packages and Node's own modules. `capabilities` has rules of its own. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  policy: ['core'],
  filter: ['core', 'policy'],
  platform: ['core', 'policy'],
  gateway: ['core', 'policy', 'filter'],
  web: ['core', 'platform'],
  capabilities: ['core', 'policy', 'filter', 'platform', 'web'],
  testing: ['core', 'policy', 'filter', 'platform', 'web', 'gateway', 'capabilities', 'main'],
  main: ['core', 'policy', 'filter', 'platform', 'web', 'gateway', 'capabilities'],
};

const ALIASES = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { imports: Record<string, string> })
  .imports;
const IMPORT = /(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+|new URL\(\s*)['"]((?:#|\.{1,2}\/)[^'"]+)['"]/g;

/** Tests, and what stands beside them to help them. */
const TEST_SUPPORT = /(\.test|\/testing|\/fixture)\.ts$/;

export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Every import of one file of ours by another, as paths from the root. */
export function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(IMPORT)].map((m) => ({ from: file, to: target(file, m[1] ?? '') }));
}

function target(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return relative(ROOT, resolve(ROOT, dirname(file), specifier));
  const alias = Object.keys(ALIASES).find((a) => specifier.startsWith(a.replace('*', '')));
  if (!alias) throw new Error(`${file}: ${specifier} is no alias of package.json`);
  return relative(ROOT, resolve(ROOT, ALIASES[alias]!.replace('*', specifier.slice(alias.length - 1))));
}

export const sourceFiles = (): string[] => globSync('src/**/*.ts', { cwd: ROOT }).sort();

/** Why this import is not allowed, or null. */
export function fault({ from, to }: Import): string | null {
  const [, layer = '', room = ''] = from.split('/');
  const [top, toLayer = '', toRoom = '', ...rest] = to.split('/');
  if (top !== 'src') return null;
  const test = layer === 'testing' || TEST_SUPPORT.test(from);
  if ((toLayer === 'testing' || TEST_SUPPORT.test(to)) && !test) return `${from} imports ${to}: only tests may`;
  if (toLayer === 'testing') return null;
  const allowed = MAY_IMPORT[layer];
  if (!allowed) return `${from} lies in no known layer`;
  if (layer === 'capabilities' && toLayer === 'capabilities') {
    if (room === toRoom) return null;
    if (rest.join('/') !== 'index.ts') return `${from} imports ${to}: a room is entered by its index.ts`;
    const [here, there] = [ROOMS.indexOf(room as never), ROOMS.indexOf(toRoom as never)];
    if (there < 0 || here < 0) return `${from}: ${here < 0 ? room : toRoom} is not in the list of rooms`;
    return there < here ? null : `${from} imports ${to}: ${toRoom} does not come before ${room}`;
  }
  return layer === toLayer || allowed.includes(toLayer)
    ? null
    : `${from} imports ${to}: ${layer} may not import ${toLayer}`;
}
