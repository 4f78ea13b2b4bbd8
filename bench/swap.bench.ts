import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { controlOf, gatewayHere } from './gateway.ts';
import { nameServer } from './machine.ts';
import type { Figure } from './run.ts';

const DOMAINS = 1_000_000;
const SWAPS = 8;
/** Questions and pages under way at once. */
const ASKERS = { questions: 32, pages: 8 };
const SELF = fileURLToPath(import.meta.url);
const ELSEWHERE = '127.0.0.2';
const CLOSED = 'blocked7.example';
const MARKER = 'marker.example';

/** What the load saw. */
interface Seen {
  readonly questions: number;
  readonly pages: number;
  readonly failed: number;
  readonly seconds: number;
  readonly p99: number;
}

/**
 * A real gateway, whole, under continuous DNS and proxy load from another process, while its lists of a million names are
 * exchanged again and again: no question and no page may fail or be answered wrongly.
 */
export async function run(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-swap-bench-'));
  const ends: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const upstream = await nameServer(ELSEWHERE);
    ends.push(() => upstream.close());
    const origin = createServer((_q, r) => r.end('a page')).listen(0, ELSEWHERE);
    await new Promise((ready) => origin.once('listening', ready));
    ends.push(() => origin.close());
    const hosts = Array.from({ length: DOMAINS }, (_, i) => `blocked${i}.example`);
    const control = await controlOf(folder, [hosts, [MARKER, ...hosts]]);
    ends.push(() => control.close());
    const gateway = await gatewayHere({ folder, upstreamDns: upstream.address().port });
    ends.push(() => gateway.stop());
    await control.publish(0);
    const probe = await asker(gateway.dns.port);
    ends.push(() => probe.close());
    await until(async () => (await probe.ask(CLOSED)) === 'closed');

    const { port } = origin.address() as AddressInfo;
    const load = fork(SELF, ['load', String(gateway.dns.port), String(gateway.proxy.port), String(port)]);
    ends.push(() => load.kill());
    const seen = new Promise<Seen>((resolve) => load.once('message', (said) => resolve(said as Seen)));
    await sleep(1000);
    const lives: number[] = [];
    for (let swap = 1; swap <= SWAPS; swap++) {
      const began = performance.now();
      await control.publish(swap % 2);
      await until(async () => (await probe.ask(MARKER)) === (swap % 2 ? 'closed' : 'open'));
      lives.push(performance.now() - began);
      await sleep(300);
    }
    load.send('stop');
    const { questions, pages, failed, seconds, p99 } = await seen;
    return [
      { name: `swap: failed or wrong answers in ${SWAPS} swaps`, value: failed, unit: 'answers' },
      { name: 'swap: questions answered meanwhile', value: Math.round(questions / seconds), unit: '/s' },
      { name: 'swap: pages through the proxy meanwhile', value: Math.round(pages / seconds), unit: '/s' },
      { name: 'swap: p99 wait for a question meanwhile', value: Number(p99.toFixed(2)), unit: 'ms' },
      { name: 'swap: slowest new list to be live', value: Math.round(Math.max(...lives)), unit: 'ms' },
    ];
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 2000; i++) {
    if (await done()) return;
    await sleep(10);
  }
  throw new Error('it never came');
}

type Answer = 'open' | 'closed' | 'failed';

/** One who asks for addresses, one question after the other. */
async function asker(port: number) {
  const socket = createSocket({ type: 'udp4', lookup: (host, _o, done) => done(null, host, 4) });
  await new Promise<void>((done) => socket.connect(port, '127.0.0.1', done));
  let id = 0;
  return {
    close: () => socket.close(),
    ask: (name: string): Promise<Answer> => {
      id = (id + 1) & 0xffff;
      const labels = name.split('.').map((label) => `${String.fromCharCode(label.length)}${label}`);
      const packet = Buffer.from(`\0\0\x01\0\0\x01\0\0\0\0\0\0${labels.join('')}\0\0\x01\0\x01`, 'latin1');
      packet.writeUInt16BE(id, 0);
      return new Promise((resolve) => {
        const done = (answer: Answer) => {
          clearTimeout(timer);
          socket.removeListener('message', heard);
          resolve(answer);
        };
        const timer = setTimeout(done, 2000, 'failed');
        const heard = (answer: Buffer) => {
          if (answer.readUInt16BE(0) !== packet.readUInt16BE(0)) return;
          const last = answer.at(-1);
          done((answer[3] ?? 0) % 16 !== 0 ? 'failed' : last === 2 ? 'open' : last === 1 ? 'closed' : 'failed');
        };
        socket.on('message', heard);
        socket.send(packet);
      });
    },
  };
}

/** The load, in a process of its own: it asks until it is told to stop, and says what it saw. */
async function load(dns: number, proxy: number, origin: number): Promise<void> {
  const began = performance.now();
  const waits: number[] = [];
  let [going, failed, pages, n] = [true, 0, 0, 0];
  process.once('message', () => {
    going = false;
  });
  const agent = new Agent({ keepAlive: true, maxSockets: ASKERS.pages });
  const page = (host: string) =>
    new Promise<number>((resolve) => {
      const headers = { host: `${host}:${origin}` };
      const options = { host: '127.0.0.1', port: proxy, agent, headers, path: `http://${host}:${origin}/` };
      get(options, (answer) => answer.resume().on('end', () => resolve(answer.statusCode ?? 0))).on('error', () =>
        resolve(0),
      );
    });
  const questioner = async () => {
    const one = await asker(dns);
    while (going) {
      const closed = n++ % 8 === 0;
      const at = performance.now();
      const answer = await one.ask(closed ? `www.${CLOSED}` : `www.site${n % 1000}.example`);
      waits.push(performance.now() - at);
      if (answer !== (closed ? 'closed' : 'open')) failed++;
    }
    one.close();
  };
  const reader = async () => {
    while (going) {
      const closed = n++ % 8 === 0;
      const status = await page(closed ? CLOSED : `www.page${n % 100}.example`);
      pages++;
      if (status !== (closed ? 403 : 200)) failed++;
    }
  };
  await Promise.all([
    ...Array.from({ length: ASKERS.questions }, questioner),
    ...Array.from({ length: ASKERS.pages }, reader),
  ]);
  waits.sort((a, b) => a - b);
  const seconds = (performance.now() - began) / 1000;
  const p99 = waits[Math.floor(waits.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  process.send?.({ questions: waits.length, pages, failed, seconds, p99 } satisfies Seen, () => process.exit());
}

if (import.meta.main && process.argv[2] === 'load') {
  const [dns, proxy, origin] = process.argv.slice(3).map(Number);
  await load(dns ?? 0, proxy ?? 0, origin ?? 0);
}
