import { type ChildProcess, execFile, execFileSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { controlOf, gatewayOnCore } from './gateway.ts';
import {
  ASKING,
  type Contender,
  coreFor,
  ended,
  freeTcpPort,
  installed,
  MEASURED,
  nameServer,
  onCore,
} from './machine.ts';
import type { Figure } from './run.ts';

/** Domains that everybody blocks. */
const DOMAINS = 1_000_000;
/** A compiler that works while it runs needs a while to get warm. */
const WARMING = 4;
const ROUNDS = 6;
/** Browsers at once, each on a connection that it keeps: enough to keep a core busy, and few enough to measure one's own wait. */
const BUSY = { clients: 32, seconds: 2 };
const CALM = { clients: 6, seconds: 1 };
type Pressure = typeof BUSY;
const SITES = 100;
const SIZES = [1, 100] as const;
const SELF = fileURLToPath(import.meta.url);
const site = (i: number): string => `www.site${i % SITES}.example`;
const listed = (i: number): string => `blocked${i}.test`;

interface Load {
  readonly perSecond: number;
  readonly p99: number;
}

/**
 * Plain HTTP through the proxy on loopback, connections kept on both sides, a hundred sites, a core each: a whole gateway
 * that judges by a person's shipped policy over a million domains and records each request; beside squid (nothing cached,
 * access log on), which filters nothing, and squid with squidGuard and the same million, where they are installed.
 */
export async function run(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-proxy-bench-'));
  const ends: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const hosts = Array.from({ length: DOMAINS }, (_, i) => listed(i));
    const origin = await startOrigin();
    ends.push(() => origin.stop());
    const names = await nameServer('127.0.0.1');
    ends.push(() => names.close());
    const control = await controlOf(folder, [hosts]);
    ends.push(() => control.close());
    await control.publish(0);
    const contenders = [await gatehouse(folder, names.address().port, origin.port)];
    ends.push(() => Promise.all(contenders.map((c) => c.stop())));
    if (installed('squid')) contenders.push(await squid(folder, 'squid', []));
    if (installed('squid') && installed('squidGuard')) contenders.push(await squidGuard(folder, hosts));
    const figures: Figure[] = [];
    for (const size of SIZES) figures.push(...(await compare(folder, contenders, origin.port, size)));
    const blocked = { host: `www.${listed(7)}`, port: origin.port, size: 1 };
    const { perSecond } = await load(folder, contenders[0]?.port ?? 0, blocked, BUSY);
    return [...figures, figure('blocked, with the block page', perSecond, '/s')];
  } finally {
    for (const end of ends.reverse()) await end();
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
  const asked = { host: null, port, size };
  for (let i = 0; i < WARMING; i++) for (const { port } of contenders) await load(folder, port, asked, BUSY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, contender] of contenders.entries()) {
      const mine = best[i];
      if (!mine) continue;
      mine.perSecond = Math.max(mine.perSecond, (await load(folder, contender.port, asked, BUSY)).perSecond);
      mine.p99 = Math.min(mine.p99, (await load(folder, contender.port, asked, CALM)).p99);
    }
  }
  const [ours, ...peers] = best;
  if (!ours) throw new Error('nothing was measured');
  const beside = (value: (peer: (typeof best)[number]) => number) =>
    peers.length === 0 ? [undefined] : peers.map((peer) => ({ peer: peer.name, value: value(peer) }));
  return [
    ...beside((p) => ours.perSecond / p.perSecond).map((r) => figure(`${size} KiB`, ours.perSecond, '/s', r)),
    ...beside((p) => p.p99 / ours.p99).map((r) => figure(`${size} KiB, p99 wait, calm`, ours.p99, 'ms', r)),
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
  const ask = ['-t1', `-c${clients}`, `-d${seconds}s`, '--latency', '-s', script, `http://127.0.0.1:${proxy}`];
  const [program, ...args] = coreFor(ASKING, 'wrk', ask);
  const { stdout } = await promisify(execFile)(program, args);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
  const [, p99, unit = 'ms'] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  if (rate === undefined || p99 === undefined) throw new Error(`wrk said nothing to read:\n${stdout}`);
  if (host === null && stdout.includes('Non-2xx')) throw new Error(`not every answer was good:\n${stdout}`);
  return { perSecond: Number(rate), p99: Number(p99) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? 1) };
}

function ownLoad(proxy: number, asked: Asked, pressure: Pressure): Promise<Load> {
  return new Promise((resolve, reject) => {
    const args = [SELF, 'load', String(proxy), JSON.stringify(asked), JSON.stringify(pressure)];
    const child = onCore(ASKING, process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
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

async function gatehouse(folder: string, names: number, origin: number): Promise<Contender> {
  const { proxy, stop } = await gatewayOnCore(folder, names);
  const contender = { name: 'gatehouse', port: proxy, stop };
  if (await opens(proxy, origin, 200)) return contender;
  await stop();
  throw new Error('the gateway does not filter');
}

/** Squid: the same names, nothing cached, every request logged. */
async function squid(folder: string, name: string, more: readonly string[]): Promise<Contender> {
  const port = await freeTcpPort();
  const service = `gatehouse${port}`;
  const own = join(folder, service);
  await mkdir(own);
  const hosts = join(own, 'hosts');
  await writeFile(hosts, Array.from({ length: SITES }, (_, i) => `127.0.0.1 ${site(i)}\n`).join(''));
  const user = squidUser();
  if (user) for (const path of [folder, own]) chownSync(path, userId(user) ?? 0, -1);
  const lines = [
    `http_port 127.0.0.1:${port}`,
    'http_access allow all',
    'cache deny all',
    `hosts_file ${hosts}`,
    `access_log stdio:${join(own, 'access.log')}`,
    `cache_log ${join(own, 'cache.log')}`,
    `coredump_dir ${own}`,
    'pid_filename none',
    'pinger_enable off',
    'shutdown_lifetime 0 seconds',
    ...(user ? [`cache_effective_user ${user}`] : []),
    ...more,
  ];
  const conf = join(own, 'squid.conf');
  await writeFile(conf, `${lines.join('\n')}\n`);
  const child = onCore(MEASURED, 'squid', ['-N', '-n', service, '-f', conf], { stdio: 'ignore' });
  const stop = async () => {
    await ended(child);
    // What it shares between its own processes outlives it when it is stopped hard.
    const left = (await readdir('/dev/shm').catch(() => [])).filter((file) => file.startsWith(`${service}-`));
    await Promise.all(left.map((file) => rm(join('/dev/shm', file), { force: true })));
  };
  if (await listens(child, port)) return { name, port, stop };
  await stop();
  throw new Error(`${name} is installed but does not answer`);
}

/** Squid that asks squidGuard about each request, which looks into its own database. */
async function squidGuard(folder: string, hosts: readonly string[]): Promise<Contender> {
  const own = join(folder, 'squidguard');
  await mkdir(join(own, 'blocked'), { recursive: true });
  await writeFile(join(own, 'blocked', 'domains'), `${hosts.join('\n')}\n`);
  const conf = join(own, 'squidGuard.conf');
  await writeFile(
    conf,
    `dbhome ${own}
logdir ${own}
dest blocked {
  domainlist blocked/domains
}
acl {
  default {
    pass !blocked all
    redirect http://127.0.0.1/blocked
  }
}
`,
  );
  execFileSync('squidGuard', ['-c', conf, '-C', 'all'], { stdio: 'ignore' });
  const user = squidUser();
  if (user) execFileSync('chown', ['-R', user, own]);
  const helpers = [
    `url_rewrite_program ${execFileSync('sh', ['-c', 'command -v squidGuard'], { encoding: 'utf8' }).trim()} -c ${conf}`,
  ];
  return squid(folder, 'squidGuard', [...helpers, 'url_rewrite_children 4 startup=4']);
}

const squidUser = () =>
  process.getuid?.() === 0 ? ['proxy', 'squid', 'nobody'].find((name) => userId(name) !== null) : undefined;

async function listens(child: ChildProcess, port: number): Promise<boolean> {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    if (await answers(port)) return true;
    await wait(50);
  }
  return false;
}

/** A site in a process of its own: as many KiB as the path says, and no more work than that. */
async function startOrigin(): Promise<Contender> {
  const child = onCore(ASKING, process.execPath, [SELF, 'origin'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
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

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(true));
  });

/** Does the proxy, within so many tenths of a second, bring a page? */
async function opens(proxy: number, origin: number, tenths: number): Promise<boolean> {
  for (let tries = 0; tries < tenths; tries++) {
    const status = await new Promise<string>((resolve) => {
      const socket = connect(proxy, '127.0.0.1');
      socket.once('connect', () =>
        socket.write(`GET http://${site(0)}:${origin}/1 HTTP/1.1\r\nHost: ${site(0)}\r\n\r\n`),
      );
      socket.once('data', (data) => {
        resolve(data.toString('latin1', 0, 12));
        socket.destroy();
      });
      socket.once('error', () => resolve(''));
    });
    if (status === 'HTTP/1.1 200') return true;
    await wait(100);
  }
  return false;
}

function userId(name: string): number | null {
  try {
    return Number(execFileSync('id', ['-u', name], { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }));
  } catch {
    return null;
  }
}

if (import.meta.main) {
  const [role, ...args] = process.argv.slice(2);
  if (role === 'origin') beOrigin();
  else if (role === 'load') {
    const [asked, pressure] = args.slice(1).map((arg) => JSON.parse(arg)) as [Asked, Pressure];
    process.send?.(await generate(Number(args[0]), asked, pressure));
    process.disconnect?.();
  } else console.table(await run());
}
