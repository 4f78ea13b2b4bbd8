import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, isIPv6, type Socket } from 'node:net';
import { refuse } from './answers.ts';
import { HEADER, RCODE } from './codec.ts';
import type { DnsEvent } from './events.ts';
import { FrameReader, frame } from './framing.ts';
import { openBatchSocket } from './udp-batch.ts';

export interface ListenOptions {
  readonly address: string;
  readonly port: number;
  readonly reusePort: boolean;
  readonly idle: number;
  readonly handle: (
    packet: Buffer,
    address: string,
    transport: 'udp' | 'tcp',
  ) => Buffer | null | Promise<Buffer | null>;
  readonly log: (event: DnsEvent) => void;
}

/** Bursts wait in the kernel rather than being lost; it gives less where its own limit is lower. */
const UDP_BUFFER = 4 * 1024 * 1024;
const MAX_CONNECTIONS = 512;
const MAX_CONNECTIONS_PER_CLIENT = 32;
/** No question is longer; more would only be held in memory for nothing. */
const MAX_QUESTION = 4096;
/** Answers in the making for one connection; beyond, it is read no further until some are done. */
const MAX_OPEN = 64;
/** A client that asks and does not read is cut off. */
const MAX_UNREAD = 256 * 1024;

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** Answer over UDP, in batches where the system has them. Resolves once bound. */
export async function listenUdp({ address, port, reusePort, handle, log }: ListenOptions): Promise<Listener> {
  const batches = await openBatchSocket(address, port, reusePort);
  const family = isIPv6(address) ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    reusePort,
    // Answers go to addresses, never names; the default look-up would cost a trip through the thread pool each.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  let open = true;
  const close = () => {
    open = false;
    return new Promise<void>((done) => socket.close(done));
  };
  const send = (answer: Buffer | null, address: string, port: number) => {
    if (answer !== null && open) socket.send(answer, port, address);
  };
  /** The answer, where it is known at once; otherwise it is sent when it is. */
  const answer = (packet: Buffer, address: string, port: number): Buffer | null => {
    const known = guarded(handle, packet, clientAddress(address), 'udp', log);
    if (!(known instanceof Promise)) return known;
    void known.then((late) => send(late, address, port));
    return null;
  };
  socket.on('message', (packet, from) => {
    if (from.port === 0) return; // forged: nobody can be answered there
    send(answer(packet, from.address, from.port), from.address, from.port);
    // Where one has come more may wait.
    if (open) batches?.exchange(answer, send);
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(batches ? { fd: batches.fd } : { address, port }, () => {
      socket.off('error', reject);
      socket.on('error', (e) => log({ event: 'dns.socket-error', message: e.message }));
      widenBuffers(socket);
      resolve({ port: socket.address().port, close });
    });
  });
}

function widenBuffers(socket: UdpSocket): void {
  try {
    socket.setRecvBufferSize(UDP_BUFFER);
    socket.setSendBufferSize(UDP_BUFFER);
  } catch {
    // Some systems refuse instead of giving what they have; the default serves, with less room for bursts.
  }
}

/** Answer over TCP: many questions per connection, answered as they are ready (RFC 7766 §6.2.1.1). */
export function listenTcp(options: ListenOptions): Promise<Listener> {
  const perClient = new Map<string, number>();
  const connections = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const client = clientAddress(socket.remoteAddress ?? '');
    const mine = perClient.get(client) ?? 0;
    if (client === '' || mine >= MAX_CONNECTIONS_PER_CLIENT) {
      socket.destroy();
      return;
    }
    perClient.set(client, mine + 1);
    connections.add(socket);
    socket.once('close', () => {
      connections.delete(socket);
      const left = (perClient.get(client) ?? 1) - 1;
      if (left === 0) perClient.delete(client);
      else perClient.set(client, left);
    });
    serve(socket, client, options);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const close = () => {
    for (const socket of connections) socket.destroy();
    return new Promise<void>((done) => server.close(() => done()));
  };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.address, port: options.port, reusePort: options.reusePort }, () => {
      server.off('error', reject);
      server.on('error', (e) => options.log({ event: 'dns.socket-error', message: e.message }));
      resolve({ port: options.port, close });
    });
  });
}

function serve(socket: Socket, client: string, { handle, idle, log }: ListenOptions): void {
  const frames = new FrameReader(MAX_QUESTION);
  let open = 0;
  let ended = false;
  const timer = setTimeout(() => socket.destroy(), idle);
  const finish = (answer: Buffer | null) => {
    open--;
    if (socket.destroyed) return;
    if (answer === null || socket.writableLength > MAX_UNREAD) {
      socket.destroy();
      return;
    }
    socket.write(frame(answer));
    if (ended && open === 0) socket.end();
    if (open < MAX_OPEN) socket.resume();
  };
  socket.on('data', (chunk: Buffer) => {
    const messages = frames.push(chunk);
    if (messages === null) {
      socket.destroy();
      return;
    }
    if (messages.length > 0) timer.refresh();
    for (const message of messages) {
      open++;
      const answer = guarded(handle, message, client, 'tcp', log);
      if (answer instanceof Promise) void answer.then(finish);
      else finish(answer);
    }
    if (open >= MAX_OPEN) socket.pause();
  });
  socket.on('end', () => {
    ended = true;
    if (open === 0) socket.end();
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearTimeout(timer));
}

/** A fault of ours must end neither the thread nor in an open filter: it answers SERVFAIL. */
function guarded(
  handle: ListenOptions['handle'],
  packet: Buffer,
  address: string,
  transport: 'udp' | 'tcp',
  log: ListenOptions['log'],
): ReturnType<ListenOptions['handle']> {
  const fault = (e: unknown) => {
    log({ event: 'dns.fault', message: e instanceof Error ? (e.stack ?? e.message) : String(e) });
    return packet.length < HEADER ? null : refuse(packet, RCODE.SERVFAIL);
  };
  try {
    const answer = handle(packet, address, transport);
    return answer instanceof Promise ? answer.catch(fault) : answer;
  } catch (e) {
    return fault(e);
  }
}

/** An IPv4 client of an IPv6 socket is still an IPv4 client. */
const clientAddress = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);
