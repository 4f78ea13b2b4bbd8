import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { HEADER, sameQuestion, skipName, u16 } from './codec.ts';
import { FrameReader, frame } from './framing.ts';
import { type Reading, readAnswer, type StoredAnswer } from './upstream-answer.ts';

export interface Upstream {
  readonly address: string;
  readonly port: number;
}

/** What came of asking: an answer; `truncated`: ask by TCP; `failed`: it cannot say; `silent`: nothing came. */
export type Reply = StoredAnswer | 'truncated' | 'failed' | 'silent';

/** Two tries fit into the 1.8 s after which a stale answer is better than none (RFC 8767 §5.1). */
const UDP_TIMEOUT = 900;
const TCP_TIMEOUT = 2000;

interface Pending {
  readonly question: Buffer;
  readonly done: (reply: Reply) => void;
}

/**
 * One UDP socket on a random port, connected to one upstream, so that the kernel drops what comes from
 * anywhere else. An answer counts only with a random id that is open and the very question that was asked
 * (RFC 5452 §9.1); whatever else arrives is ignored and the wait goes on.
 */
export class Channel {
  readonly #socket: Socket;
  readonly #connected: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  #retired = false;
  #closed = false;
  asked = 0;
  broken = false;

  constructor({ address, port }: Upstream) {
    const family = isIPv6(address) ? 6 : 4;
    // The address is one already; the default look-up would go through the thread pool.
    this.#socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      lookup: (host, _o, cb) => cb(null, host, family),
    });
    this.#connected = new Promise((resolve) => {
      this.#socket.connect(port, address, (error?: Error) => {
        if (error !== undefined) this.#fail();
        resolve();
      });
    });
    this.#socket.on('message', (packet) => this.#take(packet));
    this.#socket.on('error', () => this.#fail());
  }

  async ask(question: Buffer): Promise<Reply> {
    this.asked++;
    await this.#connected;
    if (this.broken) return 'silent';
    return new Promise((resolve) => {
      let id = randomInt(0x10000);
      while (this.#pending.has(id)) id = randomInt(0x10000);
      const done = (reply: Reply) => {
        clearTimeout(timer);
        this.#pending.delete(id);
        resolve(reply);
        this.#closeWhenIdle();
      };
      const timer = setTimeout(done, UDP_TIMEOUT, 'silent');
      this.#pending.set(id, { question, done });
      const message = Buffer.from(question);
      message.writeUInt16BE(id, 0);
      this.#socket.send(message);
    });
  }

  /** Take no more questions; close when the open ones are answered, or at once. */
  retire(now: boolean): void {
    this.#retired = true;
    if (now) this.#fail();
    else this.#closeWhenIdle();
  }

  #take(packet: Buffer): void {
    const pending = packet.length >= HEADER ? this.#pending.get(u16(packet, 0)) : undefined;
    if (pending === undefined) return;
    const reading = readIfOurs(packet, pending.question);
    if (reading !== null && reading !== 'malformed') pending.done(reading);
  }

  /** The kernel says nobody listens there, or we are closing: nothing more will come. */
  #fail(): void {
    this.broken = true;
    this.#retired = true;
    for (const { done } of [...this.#pending.values()]) done('silent');
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (!this.#retired || this.#closed || this.#pending.size > 0) return;
    this.#closed = true;
    this.broken = true;
    void this.#connected.then(() => this.#socket.close());
  }
}

/** Ask by TCP, on a connection of its own: rare enough that none is kept. */
export function askOverTcp({ address, port }: Upstream, question: Buffer): Promise<Reply> {
  return new Promise((resolve) => {
    const message = Buffer.from(question);
    message.writeUInt16BE(randomInt(0x10000), 0);
    const frames = new FrameReader(0xffff);
    const socket = connect({ host: address, port });
    const done = (reply: Reply) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reply);
    };
    const timer = setTimeout(done, TCP_TIMEOUT, 'silent');
    socket.on('error', () => done('silent'));
    socket.on('close', () => done('silent'));
    socket.on('data', (chunk: Buffer) => {
      const packet = frames.push(chunk)?.[0];
      if (packet === undefined) return;
      const ours = packet.length >= HEADER && packet[0] === message[0] && packet[1] === message[1];
      const reading = ours ? readIfOurs(packet, question) : null;
      done(reading === null || typeof reading === 'string' ? 'failed' : reading);
    });
    socket.write(frame(message));
  });
}

/** Read an answer when it is one, to this question; `null` when it is not ours. */
function readIfOurs(packet: Buffer, question: Buffer): Reading | null {
  if ((packet[2]! & 0xf8) !== 0x80) return null;
  const rcode = packet[3]! & 0x0f;
  // Servers may leave the question out of an error.
  if (u16(packet, 4) === 0) return rcode === 0 || rcode === 3 ? null : 'failed';
  if (u16(packet, 4) !== 1 || !sameQuestion(question, packet, skipName(question, HEADER) + 4)) return null;
  return readAnswer(packet);
}
