import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HOUR, systemClock } from '#core/clock.ts';
import type { Endpoint } from '#core/endpoint.ts';
import { buildIndex, loadMapping, loadTaxonomy } from '#filter/index.ts';
import { type Gateway, startGateway, writeEnrolment } from '#gateway/gateway.ts';
import { bareSchool, compilePolicy, newSigningKeys, type Snapshot, seal, shippedPolicy } from '#policy/index.ts';
import { ended, MEASURED, onCore } from './machine.ts';

const PERSON = 'bench-person';

/** As much of a control as a gateway needs: it hands out the newest snapshot and its index, and takes activity in. */
export interface Control {
  /** Let gateways obey the lists at this place of those that were given, under a new snapshot. */
  publish(lists: number): Promise<void>;
  close(): void;
}

/** `lists`: hosts that are blocked, for each index that can be published. A gateway in `folder`/gateway is enrolled. */
export async function controlOf(folder: string, lists: readonly (readonly string[])[]): Promise<Control> {
  const keys = newSigningKeys();
  const taxonomy = loadTaxonomy();
  const indexes: { file: string; version: string }[] = [];
  for (const hosts of lists) {
    const list = join(folder, `list${indexes.length}.txt`);
    await writeFile(list, `${hosts.join('\n')}\n`);
    const file = `${list}.index`;
    const source = { name: 'bench', kind: 'file', path: list, category: 'malware' } as const;
    const { version } = await buildIndex([source], taxonomy, loadMapping(taxonomy), file);
    indexes.push({ file, version });
  }
  const policy = compilePolicy(shippedPolicy('secondary-school'), taxonomy.categories, bareSchool('Europe/London'));
  let snapshot: Snapshot | null = null;
  const waiting = new Set<() => void>();
  const server = createServer(async (q, r) => {
    const url = new URL(q.url ?? '/', 'http://control');
    const version = /^\/gateway\/index\/(\w+)/.exec(url.pathname)?.[1];
    if (version) {
      const file = indexes.find((x) => x.version === version)?.file ?? '';
      return void createReadStream(file).pipe(r);
    }
    if (url.pathname !== '/gateway/feed') return void q.resume().on('end', () => r.writeHead(200).end('{}'));
    const isNewer = () => snapshot !== null && snapshot.number > Number(url.searchParams.get('snapshot'));
    if (!isNewer()) await Promise.race([sleep(1000), new Promise<void>((told) => waiting.add(told))]);
    if (!isNewer()) return void r.writeHead(204).end();
    r.writeHead(200, { 'content-type': 'application/json' });
    r.end(JSON.stringify({ snapshot: snapshot && seal(snapshot, keys.privateKey) }));
  }).listen(0, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  const { port } = server.address() as AddressInfo;
  const enrolment = { control: `http://127.0.0.1:${port}`, token: 'bench', publicKey: keys.publicKey };
  writeEnrolment(join(folder, 'gateway'), enrolment);
  return {
    close: () => {
      server.closeAllConnections();
      server.close();
    },
    publish: async (lists) => {
      snapshot = {
        format: 1,
        school: { id: 'bench', name: 'Bench' },
        number: (snapshot?.number ?? 0) + 1,
        issuedAt: Date.now(),
        pagesUrl: 'http://127.0.0.1:9',
        policy,
        index: indexes[lists]?.version ?? null,
        people: { [PERSON]: { profile: 'staff' } },
        addresses: [{ cidr: '127.0.0.0/8', profile: 'staff', person: PERSON, device: 'bench' }],
        settings: { dnsBlock: 'page', allowedPrivate: ['127.0.0.0/8'], proxySignIn: 'accept' },
      };
      for (const told of waiting) told();
      waiting.clear();
    },
  };
}

export interface Running {
  readonly dns: number;
  readonly proxy: number;
  stop(): Promise<void>;
}

interface Wish {
  readonly folder: string;
  /** The port of the name server that it asks. */
  readonly upstreamDns: number;
  readonly threads?: number;
  /** Milliseconds that a new snapshot is in force before the gateway proves itself by it. */
  readonly proveAfter?: number;
}

/** A whole gateway with one thread, in a process and on a core of its own, enrolled with the control of `folder`. */
export async function gatewayOnCore(folder: string, upstreamDns: number): Promise<Running> {
  const wish: Wish = { folder, upstreamDns, threads: 1, proveAfter: HOUR };
  const child = onCore(MEASURED, process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(wish)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ports = await new Promise<{ dns: number; proxy: number }>((resolve, reject) => {
    child.once('message', (said) => resolve(said as { dns: number; proxy: number }));
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)));
  });
  return { ...ports, stop: () => ended(child) };
}

/** A whole gateway in this process. */
export function gatewayHere({ folder, upstreamDns, threads, proveAfter }: Wish): Promise<Gateway> {
  const any: Endpoint = { address: '127.0.0.1', port: 0 };
  return startGateway({
    folder: join(folder, 'gateway'),
    clock: systemClock,
    log: () => undefined,
    dns: any,
    proxy: any,
    block: any,
    upstreamDns: [{ address: '127.0.0.1', port: upstreamDns }],
    proxyTls: null,
    pagesUrl: 'http://127.0.0.1:9',
    ...(threads && { threads }),
    ...(proveAfter && { proof: { times: { settle: proveAfter, apart: proveAfter } } }),
  });
}

if (import.meta.main) {
  const { dns, proxy } = await gatewayHere(JSON.parse(process.argv[2] ?? '') as Wish);
  process.send?.({ dns: dns.port, proxy: proxy.port });
  process.on('disconnect', () => process.exit());
  process.on('SIGINT', () => process.exit());
}
