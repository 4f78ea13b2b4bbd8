import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  type BuildReport,
  buildIndex,
  type CategoryIndex,
  loadIndex,
  loadMapping,
  loadTaxonomy,
  type Source,
} from './index.ts';

export const taxonomy = loadTaxonomy();
export const mapping = loadMapping(taxonomy);
export const SEED: readonly [number, number] = [0x1234, 0x5678];

/** A folder that goes away after the test. */
export function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-filter-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Write `games/domains` → text into a folder. */
export function writeLists(folder: string, lists: Readonly<Record<string, string | readonly string[]>>): string {
  for (const [name, content] of Object.entries(lists)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : `${content.join('\n')}\n`);
  }
  return folder;
}

/** Build an index of these sources, or of these lists, and load it. */
export async function compile(
  t: TestContext,
  from: readonly Source[] | Readonly<Record<string, string | readonly string[]>>,
): Promise<{ index: CategoryIndex; report: BuildReport; file: string; sources: readonly Source[] }> {
  const folder = tempFolder(t);
  const sources: readonly Source[] = Array.isArray(from)
    ? (from as readonly Source[])
    : [{ name: 'test', kind: 'folder', path: writeLists(join(folder, 'lists'), from as Record<string, string>) }];
  const file = join(folder, 'categories.index');
  const report = await buildIndex(sources, taxonomy, mapping, file, { seed: SEED });
  return { index: loadIndex(file), report, file, sources };
}
