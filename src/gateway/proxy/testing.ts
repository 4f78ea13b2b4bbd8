import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { TestClock } from '#core/clock.ts';
import type { Client, Judge, Judgement, Recorder } from '#gateway/judge.ts';
import type { BlockPageContext } from '../block-page/index.ts';
import type { ProxySettings } from './gate.ts';
import { type Address, type ProxyOptions, type RunningProxy, startProxy, type Verify } from './index.ts';

/** A key pair for tests and for nothing else: it stands here for all to read. Good for 127.0.0.1 and localhost. */
export const TEST_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqFmlvBthqlvW/ILA
4fW4LeiqF5PgIn3e3gSTl4EmDJihRANCAAQE97Vj9MzkqpW8Xj9kuhelsERQ2KWU
hRUT67KgMy6VOH8V4YWy3fHveRUcRydkouVY5vwNA4ErwEqkPVOY5Gvn
-----END PRIVATE KEY-----
`;
export const TEST_CERT = `-----BEGIN CERTIFICATE-----
MIIByDCCAW6gAwIBAgIUeue6qZm/tmCvGr6yj+ED5iVeu3MwCgYIKoZIzj0EAwIw
IDEeMBwGA1UEAwwVR2F0ZWhvdXNlIHRlc3Qgb3JpZ2luMCAXDTI2MTEyMjA1MTg0
NFoYDzIxMjYxMDI5MDUxODQ0WjAgMR4wHAYDVQQDDBVHYXRlaG91c2UgdGVzdCBv
cmlnaW4wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQE97Vj9MzkqpW8Xj9kuhel
sERQ2KWUhRUT67KgMy6VOH8V4YWy3fHveRUcRydkouVY5vwNA4ErwEqkPVOY5Gvn
o4GDMIGAMB0GA1UdDgQWBBRZMkhNp1rRGVB3USBWNCTh74YrqzAfBgNVHSMEGDAW
gBRZMkhNp1rRGVB3USBWNCTh74YrqzAPBgNVHRMBAf8EBTADAQH/MC0GA1UdEQQm
MCSCBioudGVzdIIJKi5leGFtcGxlgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZIzj0E
AwIDSAAwRQIhAOFt8TgCk9XaSQKSQiQ+LpZix8/OtLInOsGcGmbbp0qKAiBQ/gyr
km4aZ+vbsBRkrXp59QgY+e7epFUOEBSsvh8/1g==
-----END CERTIFICATE-----
`;

interface Stoppable {
  after(fn: () => unknown): void;
}

const openTo = (text: string): Judgement => ({
  outcome: 'allow',
  because: { rule: 'profile', category: null, clause: null, text, remedy: null },
  categories: [],
});

/** A judge that blocks by host name; knows people by id and addresses by registration. */
export class TestJudge implements Judge {
  readonly blocked = new Map<string, Partial<Judgement['because']>>();
  readonly registered = new Map<string, string>();
  readonly asked: { person: string | null; host: string; path: string | undefined }[] = [];

  identify(address: string, person?: string): Client {
    if (person) return { address, person, device: null, profile: 'staff', how: 'credentials' };
    const known = this.registered.get(address);
    if (known) return { address, person: known, device: null, profile: 'pupil', how: 'registered' };
    return { address, person: null, device: null, profile: 'unidentified', how: 'unidentified' };
  }
  judge(client: Client, host: string, path?: string): Judgement {
    this.asked.push({ person: client.person, host, path });
    const why = this.blocked.get(host);
    if (why === undefined) return openTo('Open to you.');
    const because = {
      rule: 'UAR-20',
      category: 'gambling',
      clause: 'filtering.gambling',
      text: 'Betting sites are not allowed for pupils.',
      remedy: 'ask',
      ...why,
    } as const;
    return { outcome: 'block', because, categories: because.category === null ? [] : [because.category] };
  }
  judgeWire(): Judgement {
    throw new Error('the proxy asks in text');
  }
}

export class TestRecorder implements Recorder {
  readonly events: { person: string | null; via: string; host: string; outcome: string; rule: string }[] = [];
  record(client: Client, via: 'dns' | 'proxy', host: string, { outcome, because }: Judgement): void {
    this.events.push({ person: client.person, via, host, outcome, rule: because.rule });
  }
}

export const PAGE: BlockPageContext = {
  school: 'Meadowbank School',
  pagesUrl: 'https://gatehouse.meadowbank.example',
  clauses: { 'filtering.gambling': { number: '4.3', text: 'Betting is kept from pupils.' } },
  categories: {
    gambling: { name: 'Gambling', nature: 'ordinary' },
    'self-harm': { name: 'Self-harm and suicide', nature: 'ordinary' },
    'child-abuse': { name: 'Child sexual abuse', nature: 'illegal' },
  },
};

export interface Scene {
  readonly proxy: RunningProxy;
  readonly judge: TestJudge;
  readonly recorder: TestRecorder;
  readonly clock: TestClock;
  /** Name → addresses; a name that is not here is 127.0.0.1, `null` fails. */
  readonly names: Map<string, readonly Address[] | null>;
  readonly settings: { -readonly [K in keyof ProxySettings]: ProxySettings[K] };
  verify: Verify;
}

/** The proxy under test on a port of its own, stopped when the test ends. */
export async function scene(t: Stoppable, more: Partial<ProxyOptions> = {}): Promise<Scene> {
  const parts = {
    judge: new TestJudge(),
    recorder: new TestRecorder(),
    clock: new TestClock(1_800_000_000_000),
    names: new Map<string, readonly Address[] | null>(),
    settings: { allowedPrivate: ['127.0.0.0/8'], proxySignIn: 'accept' } as ProxySettings,
    verify: (async () => null) as Verify,
  };
  const proxy = await startProxy({
    listen: { address: '127.0.0.1', port: 0 },
    judge: parts.judge,
    recorder: parts.recorder,
    clock: parts.clock,
    verify: (...credentials) => made.verify(...credentials),
    resolve: async (host) => {
      const found = parts.names.get(host);
      if (found === null) throw new Error('no such name');
      return found ?? [{ address: '127.0.0.1', family: 4 }];
    },
    settings: () => parts.settings,
    page: () => PAGE,
    ...more,
    timeouts: { grace: 100, ...more.timeouts },
  });
  const made: Scene = Object.assign(parts, { proxy });
  t.after(() => proxy.close());
  return made;
}

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

/** A real web site on loopback; answers with its port. */
export async function origin(t: Stoppable, listener: RequestListener): Promise<{ port: number; server: Server }> {
  const server = createHttpServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: portOf(server), server };
}

/** A server that speaks whatever bytes the test wants. */
export async function tcpOrigin(t: Stoppable, onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return portOf(server);
}

/** A TLS server that says which name it was asked for, then echoes. */
export async function tlsOrigin(t: Stoppable, options: TlsOptions = {}): Promise<number> {
  const sockets = new Set<TLSSocket>();
  const server = createTlsServer({ key: TEST_KEY, cert: TEST_CERT, ...options }, (socket) => {
    sockets.add(socket.on('error', () => socket.destroy()));
    socket.write(`name ${socket.servername || 'none'}\n`);
    socket.pipe(socket);
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return portOf(server);
}

/** Sends these very bytes and gives back everything that comes until the other side ends, or until `stop` is seen. */
export function exchangeRaw(port: number, sent: string | readonly (string | Buffer)[], stop?: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    const timer = setTimeout(() => finish(`${received}\n[no end]`), 4000);
    const finish = (text: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    socket.setEncoding('latin1');
    socket.on('error', (error) => (received === '' ? reject(error) : finish(received)));
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (stop?.test(received)) finish(received);
    });
    socket.on('end', () => finish(received));
    for (const part of typeof sent === 'string' ? [sent] : sent) socket.write(part);
  });
}

/** One GET through the proxy on a connection of its own. */
export function get(scene: Scene, url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const lines = Object.entries({ Accept: 'text/html', Connection: 'close', ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const host = /^http:\/\/([^/]*)/.exec(url)?.[1] ?? 'none.example';
  return exchangeRaw(scene.proxy.port, `GET ${url} HTTP/1.1\r\nHost: ${host}\r\n${head}\r\n`);
}

/** Asks for a tunnel; resolves with the socket once the proxy has answered, and with its answer. */
export function askTunnel(port: number, authority: string, headers = ''): Promise<{ socket: Socket; answer: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      socket.off('error', reject);
      socket.on('error', () => socket.destroy());
      resolve({ socket, answer: chunk.toString('latin1') });
    });
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${headers}\r\n`);
  });
}

/** A hello as a real TLS library sends it. */
export function realHello(servername: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (bytes: Buffer) => {
        socket.destroy();
        server.close();
        resolve(bytes);
      });
    }).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      connectTls({ socket: connect(port, '127.0.0.1'), servername, ALPNProtocols: ['h2'] }).on('error', () => {});
    });
  });
}

export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
