import { execFile, execFileSync, fork, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { systemClock } from '#core/clock.ts';
import { buildIndex, loadIndex, loadMapping, loadTaxonomy, openIndex } from '#filter/index.ts';
import { startDns } from '#gateway/dns/index.ts';
import { THREAD_LIMITS } from '#gateway/messages.ts';
import { BatchingRecorder } from '#gateway/recorder.ts';
import { Spool } from '#gateway/spool/spool.ts';
import { GatewayState } from '#gateway/state.ts';
import { bareSchool, compilePolicy, type Snapshot, shippedPolicy } from '#policy/index.ts';
import type { Figure } from './run.ts';

const THREADS = 2;
const NAMES = 1000;
const ROUNDS = 2;
const SECONDS = 3;
/** Questions under way at once: enough to keep both threads busy, and few enough to measure one's own wait. */
const BUSY = 192;
const CALM = 16;
const SELF = fileURLToPath(import.meta.url);
const open = (i: number) => `www.site${i}.example`;
const blocked = (i: number) => `www.blocked${i}.example`;

/** A running forwarder to measure. */
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
 * DNS over UDP on loopback, names in the cache: judged by the shipped policy over a real index and recorded to a real
 * spool, beside unbound and dnsmasq where they are installed. These judge nothing and, unless it says so, log nothing.
 */
export async function run(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-dns-bench-'));
  const upstream = await startThread({ role: 'upstream' });
  const contenders: Contender[] = [];
  try {
    contenders.push(await gatehouse(folder, upstream.port), ...(await peers(folder, upstream.port)));
    const [ours, ...others] = await measureAll(folder, contenders);
    if (ours === undefined) throw new Error('nothing was measured');
    const blockedRate = await busy(folder, contenders[0]!.port, blocked);
    const beside = (value: (peer: (typeof others)[number]) => number) =>
      others.length === 0 ? [undefined] : others.map((peer) => ({ peer: peer.name, value: value(peer) }));
    return [
      ...beside((p) => ours.perSecond / p.perSecond).map((ratio) =>
        figure('cached questions', ours.perSecond, '/s', ratio),
      ),
      ...beside((p) => p.p99 / ours.p99).map((ratio) => figure('p99 wait', ours.p99, 'ms', ratio)),
      figure('blocked questions', blockedRate, '/s'),
    ];
  } finally {
    await Promise.all([upstream.stop(), ...contenders.map((c) => c.stop())]);
    await rm(folder, { recursive: true, force: true });
  }
}

function figure(name: string, value: number, unit: string, ratio?: Figure['ratio']): Figure {
  const round = (x: number) => (x < 100 ? Number(x.toFixed(2)) : Math.round(x));
  return {
    name: `dns: ${name}`,
    value: round(value),
    unit,
    ...(ratio && { ratio: { ...ratio, value: round(ratio.value) } }),
  };
}

/** Turn by turn, so that whatever else the machine does meets all alike; the best round counts. */
async function measureAll(folder: string, contenders: readonly Contender[]) {
  const best = contenders.map(({ name }) => ({ name, perSecond: 0, p99: Number.POSITIVE_INFINITY }));
  for (const { port } of contenders) await ownLoad(port, 1, BUSY, 'open');
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { port }] of contenders.entries()) {
      const mine = best[i]!;
      mine.perSecond = Math.max(mine.perSecond, await busy(folder, port, open));
      mine.p99 = Math.min(mine.p99, (await ownLoad(port, 1.5, CALM, 'open')).p99);
    }
  }
  return best;
}

/** Questions per second under full load: by dnsperf, a stranger to us, where it is installed. */
async function busy(folder: string, port: number, name: (i: number) => string): Promise<number> {
  if (!installed('dnsperf')) return (await ownLoad(port, SECONDS, BUSY, name === open ? 'open' : 'blocked')).perSecond;
  const questions = join(folder, `${name(0)}.txt`);
  await writeFile(questions, Array.from({ length: NAMES }, (_, i) => `${name(i)} A\n`).join(''));
  const args = [
    '-s',
    '127.0.0.1',
    '-p',
    String(port),
    '-d',
    questions,
    '-l',
    String(SECONDS),
    '-c',
    '32',
    '-q',
    String(BUSY),
  ];
  const { stdout } = await promisify(execFile)('dnsperf', args);
  const rate = /Queries per second:\s+([\d.]+)/.exec(stdout)?.[1];
  if (rate === undefined) throw new Error(`dnsperf said nothing to read:\n${stdout}`);
  return Number(rate);
}

/** Our own load, in a process of its own: `underWay` questions at once, the next as soon as one is answered. */
function ownLoad(port: number, seconds: number, underWay: number, names: 'open' | 'blocked'): Promise<Load> {
  return new Promise((resolve, reject) => {
    const child = fork(SELF, ['load', String(port), String(seconds), String(underWay), names]);
    child.once('message', (load) => resolve(load as Load));
    child.once('exit', (code) => reject(new Error(`the load ended with ${code}`)));
  });
}

async function load(port: number, seconds: number, underWay: number, name: (i: number) => string): Promise<Load> {
  const waits: number[] = [];
  const until = performance.now() + seconds * 1000;
  let next = 0;
  const one = async () => {
    const socket = createSocket({ type: 'udp4', lookup: (host, _o, done) => done(null, host, 4) });
    await new Promise<void>((done) => socket.connect(port, '127.0.0.1', done));
    while (performance.now() < until) {
      const began = performance.now();
      if (await answered(socket, query(name(next++ % NAMES), next & 0xffff))) waits.push(performance.now() - began);
    }
    socket.close();
  };
  await Promise.all(Array.from({ length: underWay }, one));
  waits.sort((a, b) => a - b);
  return { perSecond: waits.length / seconds, p99: waits[Math.floor(waits.length * 0.99)] ?? Number.POSITIVE_INFINITY };
}

function answered(socket: Socket, packet: Buffer, patience = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (yes: boolean) => {
      clearTimeout(timer);
      socket.removeAllListeners('message').removeAllListeners('error');
      resolve(yes);
    };
    const timer = setTimeout(done, patience, false);
    socket.on('message', (answer) => answer[0] === packet[0] && answer[1] === packet[1] && done(true));
    socket.on('error', () => setTimeout(done, 50, false));
    socket.send(packet);
  });
}

function query(name: string, id: number): Buffer {
  const labels = name.split('.').map((label) => `${String.fromCharCode(label.length)}${label}`);
  const packet = Buffer.from(`\0\0\x01\0\0\x01\0\0\0\0\0\0${labels.join('')}\0\0\x01\0\x01`, 'latin1');
  packet.writeUInt16BE(id, 0);
  return packet;
}

/** Gatehouse as it runs: threads that share port and index, one spool. */
async function gatehouse(folder: string, upstream: number): Promise<Contender> {
  const taxonomy = loadTaxonomy();
  const list = join(folder, 'blocked.txt');
  await writeFile(list, Array.from({ length: NAMES }, (_, i) => `blocked${i}.example\n`).join(''));
  const file = join(folder, 'categories.index');
  const source = { name: 'bench', kind: 'file', path: list, category: 'malware' } as const;
  const { version } = await buildIndex([source], taxonomy, loadMapping(taxonomy), file);
  const snapshot: Snapshot = {
    format: 1,
    school: { id: 'bench', name: 'Bench' },
    number: 1,
    issuedAt: Date.now(),
    pagesUrl: 'http://127.0.0.1:8080',
    policy: compilePolicy(shippedPolicy('secondary-school'), taxonomy.categories, bareSchool('Europe/London')),
    index: version,
    people: {},
    addresses: [{ cidr: '127.0.0.0/8', profile: 'staff', person: null, device: 'bench' }],
    settings: { dnsBlock: 'page', allowedPrivate: [], proxySignIn: 'ask' },
  };
  const spool = new Spool(join(folder, 'spool'), systemClock);
  const { shared } = loadIndex(file);
  const threads: Contender[] = [];
  for (let i = 0; i < THREADS; i++) {
    const port = threads[0]?.port ?? 0;
    threads.push(
      await startThread({ role: 'resolver', port, upstream, snapshot, shared }, (events) => spool.append(events)),
    );
  }
  const stop = async () => {
    await Promise.all(threads.map((t) => t.stop()));
    spool.close();
  };
  return { name: 'gatehouse', port: threads[0]?.port ?? 0, stop };
}

async function peers(folder: string, upstream: number): Promise<Contender[]> {
  const started: Contender[] = [];
  for (const logging of installed('unbound') ? [false, true] : []) {
    const port = await freePort();
    const conf = join(folder, `unbound-${port}.conf`);
    await writeFile(conf, unboundConf(folder, port, upstream, logging));
    started.push(
      await startProgram(logging ? 'unbound logging questions' : 'unbound', port, 'unbound', ['-d', '-c', conf]),
    );
  }
  if (installed('dnsmasq')) {
    const port = await freePort();
    const flags = [
      'keep-in-foreground',
      'conf-file=/dev/null',
      'no-resolv',
      'no-hosts',
      'bind-interfaces',
      'pid-file=',
    ];
    flags.push('listen-address=127.0.0.1', `port=${port}`, `server=127.0.0.1#${upstream}`, 'cache-size=10000');
    flags.push('dns-forward-max=1000', `user=${process.env.USER ?? 'root'}`);
    started.push(
      await startProgram(
        'dnsmasq',
        port,
        'dnsmasq',
        flags.map((f) => `--${f}`),
      ),
    );
  }
  return started;
}

const unboundConf = (folder: string, port: number, upstream: number, logging: boolean) => `server:
  interface: 127.0.0.1@${port}
  num-threads: ${THREADS}
  so-reuseport: yes
  so-rcvbuf: 4m
  do-not-query-localhost: no
  module-config: "iterator"
  chroot: ""
  username: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  logfile: "${join(folder, `unbound-${port}.log`)}"
  log-queries: ${logging ? 'yes' : 'no'}
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstream}
remote-control:
  control-enable: no
`;

async function startProgram(name: string, port: number, program: string, args: string[]): Promise<Contender> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.connect(port, '127.0.0.1', done));
  let ready = false;
  for (let tries = 50; !ready && tries > 0; tries--) ready = await answered(socket, query(open(0), tries), 100);
  socket.close();
  const stop = () => {
    child.kill();
    return ended;
  };
  if (ready) return { name, port, stop };
  await stop();
  throw new Error(`${program} is installed but does not answer`);
}

function installed(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  const { port } = socket.address();
  socket.close();
  return port;
}

type Work =
  | { readonly role: 'upstream' }
  | {
      readonly role: 'resolver';
      readonly port: number;
      readonly upstream: number;
      readonly snapshot: Snapshot;
      readonly shared: SharedArrayBuffer;
    };
type Said = { readonly port: number } | { readonly events: readonly string[] };

async function startThread(work: Work, heard: (events: readonly string[]) => void = () => {}): Promise<Contender> {
  const worker = new Worker(SELF, { workerData: work, resourceLimits: THREAD_LIMITS });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (said: Said) => ('port' in said ? resolve(said.port) : heard(said.events)));
  });
  const stop = async () => {
    await worker.terminate();
  };
  return { name: work.role, port, stop };
}

const say = (said: Said) => parentPort?.postMessage(said);

/** A small name server that knows one address for every name. */
function answerEverything(): void {
  const socket = createSocket('udp4');
  const record = Buffer.from('c00c0001000100000e100004c0000201', 'hex');
  socket.on('message', (packet, from) => {
    const end = packet.indexOf(0, 12) + 5;
    const answer = Buffer.concat([packet.subarray(0, end), record]);
    answer.writeUInt16BE(0x8180, 2);
    answer.set([0, 1, 0, 1, 0, 0, 0, 0], 4);
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1', () => say({ port: socket.address().port }));
}

async function resolveAndRecord({
  port,
  upstream,
  snapshot,
  shared,
}: Extract<Work, { role: 'resolver' }>): Promise<void> {
  const judge = new GatewayState(systemClock);
  const index = openIndex(shared);
  judge.use(snapshot, index);
  const recorder = new BatchingRecorder(systemClock, () => ({ snapshot: snapshot.number, list: index.version }));
  setInterval(() => say({ events: recorder.take().map((e) => JSON.stringify(e)) }), 100);
  const dns = await startDns({
    listen: { address: '127.0.0.1', port },
    upstreams: [{ address: '127.0.0.1', port: upstream }],
    judge,
    recorder,
    blockPage: { ipv4: '127.0.0.1', ipv6: null },
    blockMode: () => snapshot.settings.dnsBlock,
    clock: systemClock,
    reusePort: process.platform === 'linux',
  });
  say({ port: dns.port });
}

const work = workerData as Work | undefined;
if (work?.role === 'upstream') answerEverything();
else if (work?.role === 'resolver') await resolveAndRecord(work);
else if (import.meta.main && process.argv[2] === 'load') {
  const [port, seconds, underWay] = process.argv.slice(3).map(Number);
  process.send?.(await load(port ?? 0, seconds ?? 1, underWay ?? 1, process.argv[6] === 'blocked' ? blocked : open));
  process.disconnect?.();
} else if (import.meta.main) console.table(await run());
