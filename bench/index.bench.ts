import { execFileSync } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { buildIndex, type CategoryIndex, loadIndex, loadMapping, loadTaxonomy } from '#filter/index.ts';
import type { Figure } from './run.ts';

/** What one fresh process measured on a table it loaded. */
interface Measured {
  readonly loadMs: number;
  readonly mib: number;
  readonly hostsPerSecond: number;
  readonly packetsPerSecond?: number;
}

const round = (x: number): number => Math.round(x * 10) / 10;

const MILLION = 1_000_000;
const LOOKUPS = 2 * MILLION;
const ROUNDS = 3;
const QUESTIONS = 1 << 18;

/** Category index: build, load, memory and look-ups at 1 and 5 million made-up domains, beside a JavaScript `Set`. */
export async function run(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  try {
    const figures: Figure[] = [];
    for (const millions of [1, 5]) figures.push(...(await measureIndex(folder, millions)));
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureIndex(folder: string, millions: number): Promise<Figure[]> {
  const list = join(folder, `${millions}m.txt`);
  const index = join(folder, `${millions}m.index`);
  await writeDomains(list, millions * MILLION);
  const taxonomy = loadTaxonomy();
  const built = await buildIndex(
    [{ name: 'bench', kind: 'file', path: list, category: 'games' }],
    taxonomy,
    loadMapping(taxonomy),
    index,
    {
      seed: [1, 2],
    },
  );
  const ours = inFreshProcess('index', index, millions * MILLION);
  // Beyond one million a Set takes longer to fill than the whole bench may last.
  const peer = millions === 1 ? inFreshProcess('set', list, MILLION) : undefined;
  const figure = (name: string, value: number, unit: string, better?: number): Figure => ({
    name: `index ${millions}M: ${name}`,
    value,
    unit,
    ...(better !== undefined && { ratio: { peer: 'JavaScript Set', value: better } }),
  });
  return [
    figure('build', built.ms, 'ms'),
    figure('load', round(ours.loadMs), 'ms', peer && round(peer.loadMs / ours.loadMs)),
    figure('memory', round(ours.mib), 'MiB', peer && round(peer.mib / ours.mib)),
    figure('look-ups by host', ours.hostsPerSecond, '/s', peer && round(ours.hostsPerSecond / peer.hostsPerSecond)),
    figure('look-ups by DNS packet', ours.packetsPerSecond ?? 0, '/s'),
  ];
}

/** Domain number `n`: looks like a name, differs for every n, and is the same on every machine. */
function domain(n: number): string {
  const mixed = Math.imul(n ^ 0x5bd1e995, 0x9e3779b1) >>> 0;
  return `${SYLLABLES[mixed & 15]}${mixed.toString(36)}${SYLLABLES[(mixed >>> 4) & 15]}.${TOPS[mixed % TOPS.length]}`;
}
const SYLLABLES = [
  'ba',
  'ke',
  'lo',
  'mi',
  'nu',
  'ra',
  'se',
  'to',
  'vi',
  'za',
  'shop',
  'play',
  'my',
  'net',
  'web',
  'the',
];
const TOPS = ['com', 'net', 'org', 'co.uk', 'info', 'de', 'xyz'];

async function writeDomains(file: string, count: number): Promise<void> {
  const out = createWriteStream(file);
  for (let n = 0; n < count; n += 50_000) {
    const block = Array.from({ length: Math.min(50_000, count - n) }, (_, i) => domain(n + i));
    if (!out.write(`${block.join('\n')}\n`)) await new Promise<void>((resolve) => out.once('drain', resolve));
  }
  out.end();
  await finished(out);
}

/** Memory and load time mean something only in a process that has done nothing before. */
function inFreshProcess(what: 'index' | 'set', file: string, listed: number): Measured {
  const args = ['--expose-gc', fileURLToPath(import.meta.url), what, file, String(listed)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measured;
}

function measure(what: string, file: string, listed: number): Measured {
  const hosts = questions(listed);
  const load = (): CategoryIndex | Set<string> => (what === 'index' ? loadIndex(file) : loadSet(file));
  const before = settledRss();
  let began = performance.now();
  const loaded = load();
  let loadMs = performance.now() - began;
  const mib = (settledRss() - before) / 2 ** 20;
  for (let round = 1; round < ROUNDS; round++) {
    began = performance.now();
    load();
    loadMs = Math.min(loadMs, performance.now() - began);
  }
  if (loaded instanceof Set) return { loadMs, mib, hostsPerSecond: perSecond((i) => findInSet(loaded, hosts[i]!)) };
  const packets = hosts.map(wire);
  return {
    loadMs,
    mib,
    hostsPerSecond: perSecond((i) => loaded.find(hosts[i]!)),
    packetsPerSecond: perSecond((i) => loaded.findWire(packets[i]!, 0)),
  };
}

function settledRss(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

const loadSet = (file: string): Set<string> => new Set(readFileSync(file, 'utf8').split('\n'));

/** What a straightforward filter does: the name, then each parent. */
function findInSet(set: ReadonlySet<string>, host: string): number {
  for (let at = 0; ; ) {
    if (set.has(host.slice(at))) return 1;
    at = host.indexOf('.', at) + 1;
    if (at === 0) return 0;
  }
}

/** Four in ten are listed or lie under a listed name; the rest are not in the table. */
function questions(listed: number): string[] {
  return Array.from({ length: QUESTIONS }, (_, i) => {
    const n = Math.imul(i, 0x2545f491) >>> 0;
    const name = i % 10 < 4 ? domain(n % listed) : domain(listed + (n % MILLION));
    // A copy in one piece, as it comes from a socket; a string still in pieces would be joined at its first look-up.
    return Buffer.from(i % 2 === 0 ? `www.${name}` : name, 'latin1').toString('latin1');
  });
}

const wire = (host: string): Uint8Array =>
  Buffer.concat([
    ...host.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);

/** The best round counts, here as in loading, so that a neighbour on the same machine spoils at most a round. */
function perSecond(look: (i: number) => number): number {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    let hits = 0;
    for (let i = 0; i < LOOKUPS; i++) if (look(i & (QUESTIONS - 1)) !== 0) hits++;
    if (hits < LOOKUPS * 0.35 || hits > LOOKUPS * 0.45) throw new Error(`the bench measured nonsense: ${hits} hits`);
    best = Math.max(best, LOOKUPS / ((performance.now() - began) / 1000));
  }
  return Math.round(best);
}

if (import.meta.main) {
  const [what, file, listed] = process.argv.slice(2);
  if (what && file) console.log(JSON.stringify(measure(what, file, Number(listed))));
  else console.table(await run());
}
