import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIndex, loadIndex, loadMapping, loadTaxonomy } from '#filter/index.ts';
import { sourcesOf } from '#main/check.ts';
import type { Figure } from './run.ts';

/** Real lists are not ours to pass on: whoever measures says where theirs are. */
const FOLDER = process.env.GATEHOUSE_LISTS;
const LOADS = 5;

/** Compile every list source of a folder, with our own beside them, into one index, and load it. */
export async function run(): Promise<Figure[]> {
  if (FOLDER === undefined) {
    console.log('  not measured: GATEHOUSE_LISTS names a folder of list sources');
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-lists-bench-'));
  try {
    const taxonomy = loadTaxonomy();
    const sources = sourcesOf(FOLDER);
    const file = join(folder, 'index');
    const began = performance.now();
    const { domains } = await buildIndex(sources, taxonomy, loadMapping(taxonomy), file);
    const compiled = performance.now() - began;
    const loads = Array.from({ length: LOADS }, () => {
      const from = performance.now();
      loadIndex(file);
      return performance.now() - from;
    });
    const others = sources.filter((s) => !s.own).length;
    return [
      { name: `lists: compile ${others} sources`, value: compiled / 1000, unit: 's' },
      { name: 'lists: domains', value: domains, unit: 'domains' },
      { name: 'lists: load, slowest', value: Math.max(...loads), unit: 'ms' },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
