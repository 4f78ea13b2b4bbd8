import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { controlOf, gatewayOnCore } from './gateway.ts';
import {
  ASKING,
  type Contender,
  coreFor,
  ended,
  freeUdpPort,
  installed,
  MEASURED,
  nameServer,
  onCore,
} from './machine.ts';
import type { Figure } from './run.ts';

/** Domains that everybody blocks. */
const DOMAINS = 1_000_000;
/** Names that are asked for again and again: open ones, and blocked ones from all over the million. */
const OPEN = 8000;
const BLOCKED = 2000;
const ROUNDS = 3;
const SECONDS = 3;
/** Questions under way at once: enough to keep a core busy, and few enough to measure one's own wait. */
const BUSY = 192;
const CALM = 16;
/** Where all open names lead. */
const ADDRESS = '192.0.2.1';
const SELF = fileURLToPath(import.meta.url);
const open = (i: number) => `www.site${i % OPEN}.example`;
const listed = (i: number) => `blocked${i}.test`;
const blocked = (i: number) => `www.${listed((i % BLOCKED) * (DOMAINS / BLOCKED))}`;
/** What a school asks: of five names one is blocked. */
const mixed = (i: number) => (i % 5 === 4 ? blocked(i) : open(i));
const LOADS = { mixed, open, blocked } as const;
type LoadName = keyof typeof LOADS;

interface Load {
  readonly perSecond: number;
  readonly p99: number;
}

/**
 * DNS over UDP on loopback, a core each, a million blocked domains each, what is open in the cache: a whole gateway that
 * judges by a person's shipped policy and records each answer, beside unbound and dnsmasq where they are installed. These
 * know nobody and, unless it says so, record nothing.
 */
export async function run(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-dns-bench-'));
  const ends: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const hosts = Array.from({ length: DOMAINS }, (_, i) => listed(i));
    const names = await nameServer(ADDRESS);
    ends.push(() => names.close());
    const { port } = names.address();
    const control = await controlOf(folder, [hosts]);
    ends.push(() => control.close());
    await control.publish(0);
    const contenders = [await gatehouse(folder, port), ...(await peers(folder, port, hosts))];
    ends.push(() => Promise.all(contenders.map((c) => c.stop())));
    const [ours, ...others] = await measureAll(folder, contenders);
    if (ours === undefined) throw new Error('nothing was measured');
    const beside = (value: (peer: (typeof others)[number]) => number) =>
      others.length === 0 ? [undefined] : others.map((peer) => ({ peer: peer.name, value: value(peer) }));
    return [
      ...beside((p) => ours.mixed / p.mixed).map((r) => figure('questions, one in five blocked', ours.mixed, '/s', r)),
      ...beside((p) => ours.open / p.open).map((r) => figure('open names from the cache', ours.open, '/s', r)),
      ...beside((p) => ours.blocked / p.blocked).map((r) => figure('blocked names', ours.blocked, '/s', r)),
      ...beside((p) => p.p99 / ours.p99).map((r) => figure('p99 wait, calm', ours.p99, 'ms', r)),
    ];
  } finally {
    for (const end of ends.reverse()) await end();
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
  const p99 = Number.POSITIVE_INFINITY;
  const best = contenders.map(({ name }) => ({ name, mixed: 0, open: 0, blocked: 0, p99 }));
  for (const { port } of contenders) await ownLoad(port, 2, BUSY, 'open');
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { port }] of contenders.entries()) {
      const mine = best[i]!;
      for (const name of ['mixed', 'open', 'blocked'] as const) {
        mine[name] = Math.max(mine[name], await busy(folder, port, name));
      }
      mine.p99 = Math.min(mine.p99, (await ownLoad(port, 1.5, CALM, 'mixed')).p99);
    }
  }
  return best;
}

/** Questions per second under full load: by dnsperf, a stranger to us, where it is installed. */
async function busy(folder: string, port: number, name: LoadName): Promise<number> {
  if (!installed('dnsperf')) return (await ownLoad(port, SECONDS, BUSY, name)).perSecond;
  const questions = join(folder, `${name}.txt`);
  await writeFile(questions, Array.from({ length: OPEN + BLOCKED }, (_, i) => `${LOADS[name](i)} A\n`).join(''));
  const ask = ['-s', '127.0.0.1', '-p', String(port), '-d', questions, '-l', String(SECONDS)];
  const [program, ...args] = coreFor(ASKING, 'dnsperf', [...ask, '-c', '32', '-q', String(BUSY)]);
  const { stdout } = await promisify(execFile)(program, args);
  const rate = /Queries per second:\s+([\d.]+)/.exec(stdout)?.[1];
  if (rate === undefined) throw new Error(`dnsperf said nothing to read:\n${stdout}`);
  return Number(rate);
}

/** Our own load, in a process of its own: `underWay` questions at once, the next as soon as one is answered. */
function ownLoad(port: number, seconds: number, underWay: number, names: LoadName): Promise<Load> {
  return new Promise((resolve, reject) => {
    const args = [SELF, 'load', String(port), String(seconds), String(underWay), names];
    const child = onCore(ASKING, process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
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
      if (await answered(socket, query(name(next++), next & 0xffff))) waits.push(performance.now() - began);
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

async function gatehouse(folder: string, upstream: number): Promise<Contender> {
  const { dns, stop } = await gatewayOnCore(folder, upstream);
  const contender = { name: 'gatehouse', port: dns, stop };
  if (await blocksAndOpens(dns, 200)) return contender;
  await stop();
  throw new Error('the gateway does not filter');
}

async function peers(folder: string, upstream: number, hosts: readonly string[]): Promise<Contender[]> {
  const started: Contender[] = [];
  const zones = join(folder, 'unbound-zones.conf');
  await writeFile(zones, hosts.map((h) => `local-zone: "${h}." always_nxdomain\n`).join(''));
  for (const logging of installed('unbound') ? [false, true] : []) {
    const port = await freeUdpPort();
    const conf = join(folder, `unbound-${port}.conf`);
    await writeFile(conf, unboundConf(folder, port, upstream, zones, logging));
    const name = logging ? 'unbound that logs' : 'unbound';
    started.push(await startProgram(name, port, 'unbound', ['-d', '-c', conf]));
  }
  const conf = join(folder, 'dnsmasq.conf');
  await writeFile(conf, hosts.map((h) => `address=/${h}/\n`).join(''));
  for (const logging of installed('dnsmasq') ? [false, true] : []) {
    const port = await freeUdpPort();
    const flags = ['keep-in-foreground', `conf-file=${conf}`, 'no-resolv', 'no-hosts', 'bind-interfaces', 'pid-file='];
    flags.push('listen-address=127.0.0.1', `port=${port}`, `server=127.0.0.1#${upstream}`, `cache-size=${2 * OPEN}`);
    flags.push('dns-forward-max=1000', `user=${process.env.USER ?? 'root'}`);
    if (logging) flags.push('log-queries', `log-facility=${join(folder, 'dnsmasq.log')}`);
    const name = logging ? 'dnsmasq that logs' : 'dnsmasq';
    const args = flags.map((f) => `--${f}`);
    started.push(await startProgram(name, port, 'dnsmasq', args));
  }
  return started;
}

const unboundConf = (folder: string, port: number, upstream: number, zones: string, logging: boolean) => `server:
  interface: 127.0.0.1@${port}
  num-threads: 1
  so-rcvbuf: 4m
  so-sndbuf: 4m
  msg-cache-size: 64m
  rrset-cache-size: 128m
  do-not-query-localhost: no
  module-config: "iterator"
  chroot: ""
  username: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  logfile: "${join(folder, `unbound-${port}.log`)}"
  log-queries: ${logging ? 'yes' : 'no'}
  local-zone: "test." nodefault
  local-zone: "example." nodefault
  include: "${zones}"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstream}
remote-control:
  control-enable: no
`;

async function startProgram(name: string, port: number, program: string, args: string[]): Promise<Contender> {
  const child = onCore(MEASURED, program, args, { stdio: 'ignore' });
  // A million domains take them a while to read.
  if (await blocksAndOpens(port, 1200)) return { name, port, stop: () => ended(child) };
  await ended(child);
  throw new Error(`${program} is installed but does not filter`);
}

/** Does it, within so many tenths of a second, answer an open name with its address and a blocked one with none of it? */
async function blocksAndOpens(port: number, tenths: number): Promise<boolean> {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.connect(port, '127.0.0.1', done));
  const address = (name: string, id: number) =>
    new Promise<string | null>((resolve) => {
      const timer = setTimeout(done, 100, null);
      function done(found: string | null) {
        clearTimeout(timer);
        socket.removeAllListeners('message').removeAllListeners('error');
        resolve(found);
      }
      socket.on('message', (m) => m.readUInt16BE(0) === id && done(`${(m[3] ?? 0) % 16} ${m.subarray(-4).join('.')}`));
      socket.on('error', () => undefined);
      socket.send(query(name, id));
    });
  let good = false;
  for (let tries = 1; !good && tries <= tenths; tries++) {
    const answer = await address(open(0), 2 * tries);
    const no = await address(blocked(1), 2 * tries + 1);
    good = answer === `0 ${ADDRESS}` && no !== null && no !== answer;
    if (!good) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  socket.close();
  return good;
}

if (import.meta.main) {
  const [role, ...args] = process.argv.slice(2);
  if (role === 'load') {
    const [port = 0, seconds = 1, underWay = 1] = args.map(Number);
    process.send?.(await load(port, seconds, underWay, LOADS[args[3] as LoadName]));
    process.disconnect?.();
  } else console.table(await run());
}
