import { type ChildProcess, execFile, execFileSync, fork, spawn } from 'node:child_process';
import { chownSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { systemClock } from '#core/clock.ts';
import { buildIndex, loadIndex, loadMapping, loadTaxonomy, openIndex } from '#filter/index.ts';
import { contextOf } from '#gateway/block-page/index.ts';
import { THREAD_LIMITS } from '#gateway/messages.ts';
import { startProxy } from '#gateway/proxy/index.ts';
import { BatchingRecorder } from '#gateway/recorder.ts';
import { Spool } from '#gateway/spool/spool.ts';
import { GatewayState } from '#gateway/state.ts';
import { bareSchool, compilePolicy, type Snapshot, shippedPolicy } from '#policy/index.ts';
import type { Figure } from './run.ts';

const THREADS = 2;
const ROUNDS = 2;
/** Browsers at once, each on a connection that it keeps: enough to keep both threads busy, and few enough to measure one's own wait. */
const BUSY = { clients: 32, seconds: 3 };
const CALM = { clients: 6, seconds: 2 };
type Pressure = typeof BUSY;
const SITES = 100;
const SIZES = [1, 100] as const;
const SELF = fileURLToPath(import.meta.url);
const site = (i: number): string => `www.site${i % SITES}.example`;
const BLOCKED = 'www.blocked.example';

/** A running proxy to measure. */
interface Contender {
  readonly name: string;
  readonly port: number;
  stop(): Promise<void>;
}

interface Load {
  readonly perSecond: number;
  readonly p99: number;
}

/**
 * Plain HTTP through the proxy on loopback, connections kept on both sides, a hundred sites: judged by the shipped
 * policy over a real index and recorded to a real spool, beside squid (one process, no cache, access log on) where
 * it is installed.
 */
export async function run(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-proxy-bench-'));
  const origin = await startOrigin();
  const contenders: Contender[] = [];
  try {
    contenders.push(await gatehouse(folder));
    if (installed('squid')) contenders.push(await squid(folder));
    const figures: Figure[] = [];
    for (const size of SIZES) figures.push(...(await compare(folder, contenders, origin.port, size)));
    const blocked = { host: BLOCKED, port: origin.port, size: 1 };
    const { perSecond } = await load(folder, contenders[0]?.port ?? 0, blocked, BUSY);
    return [...figures, figure('blocked, with the block page', perSecond, '/s')];
  } finally {
    await Promise.all([origin.stop(), ...contenders.map((c) => c.stop())]);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Turn by turn, so that whatever else the machine does meets all alike; the best round counts. */
async function compare(
  folder: string,
  contenders: readonly Contender[],
  port: number,
  size: number,
): Promise<Figure[]> {
  const best = contenders.map(({ name }) => ({ name, perSecond: 0, p99: Number.POSITIVE_INFINITY }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, contender] of contenders.entries()) {
      const asked = { host: null, port, size };
      const mine = best[i];
      if (!mine) continue;
      mine.perSecond = Math.max(mine.perSecond, (await load(folder, contender.port, asked, BUSY)).perSecond);
      mine.p99 = Math.min(mine.p99, (await load(folder, contender.port, asked, CALM)).p99);
    }
  }
  const [ours, peer] = best;
  if (!ours) throw new Error('nothing was measured');
  return [
    figure(`${size} KiB`, ours.perSecond, '/s', peer && { peer: peer.name, value: ours.perSecond / peer.perSecond }),
    figure(`${size} KiB, p99 wait`, ours.p99, 'ms', peer && { peer: peer.name, value: peer.p99 / ours.p99 }),
  ];
}

function figure(name: string, value: number, unit: string, ratio?: Figure['ratio']): Figure {
  const round = (x: number) => (x < 100 ? Number(x.toFixed(2)) : Math.round(x));
  return {
    name: `proxy: ${name}`,
    value: round(value),
    unit,
    ...(ratio && { ratio: { ...ratio, value: round(ratio.value) } }),
  };
}

/** What is asked for: one host, or with `null` a hundred in turn. */
interface Asked {
  readonly host: string | null;
  readonly port: number;
  readonly size: number;
}

/** By wrk, a stranger to us, where it is installed; otherwise by a small load of our own in a process of its own. */
async function load(folder: string, proxy: number, asked: Asked, pressure: Pressure): Promise<Load> {
  return installed('wrk') ? wrk(folder, proxy, asked, pressure) : ownLoad(proxy, asked, pressure);
}

async function wrk(folder: string, proxy: number, { host, port, size }: Asked, { clients, seconds }: Pressure) {
  const script = join(folder, `${host ?? 'sites'}-${size}.lua`);
  const name = host === null ? `"www.site" .. (i % ${SITES}) .. ".example:${port}"` : `"${host}:${port}"`;
  const lua = `local i = 0
request = function()
  i = i + 1
  local site = ${name}
  return wrk.format("GET", "http://" .. site .. "/${size}", { ["Host"] = site, ["Accept"] = "text/html" })
end`;
  await writeFile(script, lua);
  const args = ['-t1', `-c${clients}`, `-d${seconds}s`, '--latency', '-s', script, `http://127.0.0.1:${proxy}`];
  const { stdout } = await promisify(execFile)('wrk', args);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
  const [, p99, unit = 'ms'] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  if (rate === undefined || p99 === undefined) throw new Error(`wrk said nothing to read:\n${stdout}`);
  if (host === null && stdout.includes('Non-2xx')) throw new Error(`not every answer was good:\n${stdout}`);
  return { perSecond: Number(rate), p99: Number(p99) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? 1) };
}

function ownLoad(proxy: number, asked: Asked, pressure: Pressure): Promise<Load> {
  return new Promise((resolve, reject) => {
    const child = fork(SELF, ['load', String(proxy), JSON.stringify(asked), JSON.stringify(pressure)]);
    child.once('message', (measured) => resolve(measured as Load));
    child.once('exit', (code) => reject(new Error(`the load ended with ${code}`)));
  });
}

async function generate(proxy: number, { host, port, size }: Asked, { clients, seconds }: Pressure): Promise<Load> {
  const waits: number[] = [];
  const until = performance.now() + seconds * 1000;
  let next = 0;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(proxy, '127.0.0.1');
      let head = '';
      let missing = -1;
      let began = 0;
      const ask = () => {
        if (performance.now() >= until) return socket.destroy();
        const at = `${host ?? site(next++)}:${port}`;
        began = performance.now();
        socket.write(`GET http://${at}/${size} HTTP/1.1\r\nHost: ${at}\r\nAccept: text/html\r\n\r\n`);
      };
      socket.on('connect', ask);
      socket.on('error', reject);
      socket.on('close', () => resolve());
      socket.on('data', (chunk) => {
        if (missing < 0) {
          head += chunk.toString('latin1');
          const end = head.indexOf('\r\n\r\n');
          if (end < 0) return;
          const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
          missing = length - (head.length - end - 4);
          head = '';
        } else missing -= chunk.length;
        if (missing > 0) return;
        missing = -1;
        waits.push(performance.now() - began);
        ask();
      });
    });
  await Promise.all(Array.from({ length: clients }, one));
  waits.sort((a, b) => a - b);
  return { perSecond: waits.length / seconds, p99: waits[Math.floor(waits.length * 0.99)] ?? Number.POSITIVE_INFINITY };
}

/** Gatehouse as it runs: threads that share port and index, one spool. */
async function gatehouse(folder: string): Promise<Contender> {
  const taxonomy = loadTaxonomy();
  const list = join(folder, 'blocked.txt');
  await writeFile(list, `${BLOCKED}\n`);
  const file = join(folder, 'categories.index');
  const source = { name: 'bench', kind: 'file', path: list, category: 'malware' } as const;
  const { version } = await buildIndex([source], taxonomy, loadMapping(taxonomy), file);
  const snapshot: Snapshot = {
    format: 1,
    school: { id: 'bench', name: 'Bench' },
    number: 1,
    issuedAt: Date.now(),
    pagesUrl: 'https://gatehouse.bench.example',
    policy: compilePolicy(shippedPolicy('secondary-school'), taxonomy.categories, bareSchool('Europe/London')),
    index: version,
    people: {},
    addresses: [{ cidr: '127.0.0.0/8', profile: 'staff', person: null, device: 'bench' }],
    settings: { dnsBlock: 'page', allowedPrivate: ['127.0.0.0/8'], proxySignIn: 'ask' },
  };
  const spool = new Spool(join(folder, 'spool'), systemClock);
  const { shared } = loadIndex(file);
  const port = await freePort();
  const workers: Worker[] = [];
  for (let i = 0; i < THREADS; i++) {
    const workerData = { port, snapshot, shared } satisfies ProxyWork;
    const worker = new Worker(SELF, { workerData, resourceLimits: THREAD_LIMITS });
    worker.on('message', (said: Said) => 'events' in said && spool.append(said.events));
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', () => resolve());
    });
    workers.push(worker);
  }
  const stop = async () => {
    await Promise.all(workers.map((w) => w.terminate()));
    spool.close();
  };
  return { name: 'gatehouse', port, stop };
}

interface ProxyWork {
  readonly port: number;
  readonly snapshot: Snapshot;
  readonly shared: SharedArrayBuffer;
}
type Said = { readonly ready: true } | { readonly events: readonly string[] };

async function serve({ port, snapshot, shared }: ProxyWork): Promise<void> {
  const say = (said: Said) => parentPort?.postMessage(said);
  const judge = new GatewayState(systemClock);
  const index = openIndex(shared);
  judge.use(snapshot, index);
  const recorder = new BatchingRecorder(systemClock, () => ({ snapshot: snapshot.number, list: index.version }));
  setInterval(() => {
    const events = recorder.take();
    if (events.length > 0) say({ events: events.map((e) => JSON.stringify(e)) });
  }, 100);
  await startProxy({
    listen: { address: '127.0.0.1', port },
    judge,
    recorder,
    verify: async () => null,
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    settings: () => snapshot.settings,
    page: () => contextOf(snapshot),
    clock: systemClock,
    reusePort: process.platform === 'linux',
  });
  say({ ready: true });
}

/** Squid on the same terms: the same names, nothing cached, every request logged. */
async function squid(folder: string): Promise<Contender> {
  const port = await freePort();
  const service = `gatehouse${port}`;
  const conf = join(folder, 'squid.conf');
  const hosts = join(folder, 'hosts');
  await writeFile(hosts, Array.from({ length: SITES }, (_, i) => `127.0.0.1 ${site(i)}\n`).join(''));
  const user =
    process.getuid?.() === 0 ? ['proxy', 'squid', 'nobody'].find((name) => userId(name) !== null) : undefined;
  if (user) chownSync(folder, userId(user) ?? 0, -1);
  const lines = [
    `http_port 127.0.0.1:${port}`,
    'http_access allow all',
    'cache deny all',
    `hosts_file ${hosts}`,
    `access_log stdio:${join(folder, 'squid-access.log')}`,
    `cache_log ${join(folder, 'squid-cache.log')}`,
    `coredump_dir ${folder}`,
    'pid_filename none',
    'pinger_enable off',
    'shutdown_lifetime 0 seconds',
    ...(user ? [`cache_effective_user ${user}`] : []),
  ];
  await writeFile(conf, `${lines.join('\n')}\n`);
  const child = spawn('squid', ['-N', '-n', service, '-f', conf], { stdio: 'ignore' });
  const stop = async () => {
    await ended(child);
    // What it shares between its own processes outlives it when it is stopped hard.
    const left = (await readdir('/dev/shm').catch(() => [])).filter((file) => file.startsWith(`${service}-`));
    await Promise.all(left.map((file) => rm(join('/dev/shm', file), { force: true })));
  };
  for (let tries = 0; tries < 100 && child.exitCode === null; tries++) {
    if (await answers(port)) return { name: 'squid', port, stop };
    await wait(50);
  }
  await stop();
  throw new Error('squid is installed but does not answer');
}

/** A site in a process of its own: as many KiB as the path says, and no more work than that. */
async function startOrigin(): Promise<Contender> {
  const child = fork(SELF, ['origin']);
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(message as number));
    child.once('exit', (code) => reject(new Error(`the site ended with ${code}`)));
  });
  return { name: 'origin', port, stop: () => ended(child) };
}

function beOrigin(): void {
  const page = (kib: number): Buffer => {
    const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${kib * 1024}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), Buffer.alloc(kib * 1024, 'a')]);
  };
  const pages = new Map(SIZES.map((size) => [`/${size}`, page(size)]));
  const server = createServer({ noDelay: true }, (socket) => {
    let text = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        socket.write(pages.get(text.split(' ', 2)[1] ?? '') ?? 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
        text = text.slice(end + 4);
      }
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port));
  process.on('disconnect', () => process.exit());
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  const hard = setTimeout(() => child.kill('SIGKILL'), 3000);
  await exit;
  clearTimeout(hard);
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(true));
  });

function installed(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function userId(name: string): number | null {
  try {
    return Number(execFileSync('id', ['-u', name], { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }));
  } catch {
    return null;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const work = workerData as ProxyWork | undefined;
const [role, ...args] = process.argv.slice(2);
if (work?.snapshot) await serve(work);
else if (import.meta.main && role === 'origin') beOrigin();
else if (import.meta.main && role === 'load') {
  const [asked, pressure] = args.slice(1).map((arg) => JSON.parse(arg)) as [Asked, Pressure];
  process.send?.(await generate(Number(args[0]), asked, pressure));
  process.disconnect?.();
} else if (import.meta.main) console.table(await run());
