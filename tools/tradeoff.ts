import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import {
  buildIndex,
  type CategoryIndex,
  Evidence,
  loadEvidence,
  loadIndex,
  loadMapping,
  loadTaxonomy,
  type Needs,
} from '#filter/index.ts';
import { sourcesOf } from '#main/check.ts';
import {
  bareSchool,
  type CompiledPolicy,
  type CompiledProfile,
  compilePolicy,
  decideByEvidence,
  type EvidenceLevel,
  SHIPPED_POLICIES,
  shippedPolicy,
  UNIDENTIFIED,
} from '#policy/index.ts';
import { readList } from '../src/filter/formats.ts';
import { listFiles } from '../src/filter/sources.ts';
import { ROOT } from './imports.ts';

/**
 * What weighing costs and what it gains: `npm run tradeoff -- FOLDER_OF_SOURCES [chart.svg]`. For lighter and heavier
 * demands than those of lists/trust.json it prints how many sites of the proof sets would be closed to some pupil, without
 * a word of our own lists, beside how much of what the sources call harmful is still caught. Then the same for each profile
 * with the demands as shipped, since a careful profile asks less of the lists and a sure one more.
 */

const [folder, chart] = process.argv.slice(2);
if (folder === undefined) {
  console.error('Say which folder holds the list sources: npm run tradeoff -- FOLDER [chart.svg]');
  process.exit(2);
}

/** Kinds of harm that several sources list, so that one can be held against another. */
const HARM = ['pornography', 'gambling', 'proxy-bypass', 'drugs', 'piracy'];
const FACTORS = [0.4, 0.6, 0.8, 1, 1.2, 1.5, 2];
const DURING_SCHOOL = Date.UTC(2026, 10, 24, 10);

const taxonomy = loadTaxonomy();
const mapping = loadMapping(taxonomy);
const shipped = loadEvidence(taxonomy);
const sources = sourcesOf(folder).filter((s) => !s.own);

interface Asker {
  readonly policy: CompiledPolicy;
  readonly profile: CompiledProfile;
}
/** Everybody who signs in; somebody unknown is kept from every site that no list knows. */
const known = SHIPPED_POLICIES.flatMap((id): Asker[] => {
  const document = shippedPolicy(id, taxonomy.categories);
  const policy = compilePolicy(document, taxonomy.categories, bareSchool('Europe/London'));
  return policy.profiles.filter((p) => p.id !== UNIDENTIFIED).map((profile) => ({ policy, profile }));
});
const pupils = known.filter(({ profile }) => profile.audience === 'pupil');

const closed = (index: CategoryIndex, host: string, askers: readonly Asker[]): boolean =>
  [host, `www.${host}`].some((name) => {
    const by = (level: EvidenceLevel) => index.categoriesOf(index.find(name), level);
    return askers.some(
      ({ policy, profile }) => decideByEvidence(policy, profile.id, by, { at: DURING_SCHOOL }).outcome === 'block',
    );
  });
const lost = (index: CategoryIndex, hosts: readonly string[], askers: readonly Asker[]): number =>
  hosts.filter((h) => closed(index, h, askers)).length / hosts.length;

const setOf = (name: string): string[] =>
  readFileSync(join(ROOT, 'lists/proof', name, 'domains'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
const [education, crisis] = [setOf('education'), setOf('crisis')];

/** Every harmful name with how many sources call it so. */
const harmful = new Map<string, number>();
for (const [bit, source] of sources.entries()) {
  for await (const list of listFiles(source)) {
    const category = HARM.indexOf(mapping.resolve(source.name, list.outside) ?? '');
    if (category < 0) continue;
    const hear = (host: string, path: string) => {
      const key = `${category} ${host}`;
      if (path === '') harmful.set(key, (harmful.get(key) ?? 0) | (1 << bit));
    };
    await readList(list.chunks, hear, () => undefined);
  }
}
const voices = (bits: number): number => Math.min(3, bits.toString(2).replaceAll('0', '').length);

interface Row {
  readonly factor: number;
  readonly education: number;
  readonly crisis: number;
  /** Share of names caught that one, two, three or more sources list. */
  readonly caught: readonly number[];
}

/** What an index catches where the lists must be so sure, by how many sources list a name. */
function caughtBy(index: CategoryIndex, level: EvidenceLevel): number[] {
  const all = [0, 0, 0];
  const caught = [0, 0, 0];
  for (const [key, bits] of harmful) {
    const category = HARM[Number(key[0])] ?? '';
    const n = voices(bits) - 1;
    all[n] = (all[n] ?? 0) + 1;
    if (index.categoriesOf(index.find(key.slice(2)), level).includes(category)) caught[n] = (caught[n] ?? 0) + 1;
  }
  return caught.map((c, n) => c / Math.max(1, all[n] ?? 0));
}

const rows: Row[] = [];
const profileRows: string[][] = [];
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-tradeoff-'));
try {
  for (const factor of FACTORS) {
    const needs = Object.fromEntries(
      Object.entries(shipped.table.needs).map(([c, points]) => [c, timesPoints(points, factor)]),
    );
    const file = join(scratch, 'index');
    await buildIndex(sources, taxonomy, mapping, file, {
      evidence: new Evidence({ ...shipped.table, needs }, taxonomy),
    });
    const index = loadIndex(file);
    rows.push({
      factor,
      education: lost(index, education, pupils),
      crisis: lost(index, crisis, pupils),
      caught: caughtBy(index, 'usual'),
    });
    if (factor !== 1) continue;
    const caught = {
      careful: caughtBy(index, 'careful'),
      usual: caughtBy(index, 'usual'),
      sure: caughtBy(index, 'sure'),
    };
    for (const asker of known) {
      const { name, listEvidence: evidence = 'usual' } = asker.profile;
      const shares = [lost(index, education, [asker]), lost(index, crisis, [asker]), ...caught[evidence]];
      profileRows.push([`${name} (${asker.policy.id})`, evidence, ...shares.map(percent)]);
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

console.log(
  `Sites that a pupil would lose, of ${education.length} for lessons and ${crisis.length} for help, and what is caught`,
);
console.log('| points needed | lessons | help | listed by one source | by two | by three or more |');
console.log('|---|---|---|---|---|---|');
for (const r of rows) {
  const needed = `${Math.round((shipped.table.needs['*']?.usual ?? 0) * r.factor * 10) / 10}${r.factor === 1 ? ' (as shipped)' : ''}`;
  console.log(`| ${[needed, percent(r.education), percent(r.crisis), ...r.caught.map(percent)].join(' | ')} |`);
}
console.log('\nWhat each profile loses, and what is caught for it, as shipped');
console.log('| profile | evidence | lessons | help | listed by one source | by two | by three or more |');
console.log('|---|---|---|---|---|---|---|');
for (const row of profileRows) console.log(`| ${row.join(' | ')} |`);
if (chart) writeFileSync(chart, draw());

function timesPoints({ careful, usual, sure }: Needs, factor: number): Needs {
  return { careful: careful * factor, usual: usual * factor, sure: sure * factor };
}

function draw(): string {
  echarts.use([LineChart, GridComponent, LegendComponent, SVGRenderer]);
  const picture = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 900, height: 420 });
  const names = ['listed by one source', 'by two', 'by three or more'];
  picture.setOption({
    animation: false,
    legend: { top: 0 },
    grid: { left: 70, right: 30, top: 50, bottom: 60 },
    xAxis: { name: 'sites for lessons closed by mistake, %', nameLocation: 'middle', nameGap: 35, type: 'value' },
    yAxis: { name: 'harmful names caught, %', type: 'value', max: 100 },
    series: names.map((name, n) => ({
      name,
      type: 'line',
      data: rows.map((r) => [100 * r.education, 100 * (r.caught[n] ?? 0)]),
    })),
  });
  const svg = picture.renderToSVGString();
  picture.dispose();
  return svg;
}
