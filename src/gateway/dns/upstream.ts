import type { Clock } from '#core/clock.ts';
import { EDE } from './answers.ts';
import { CD, DO, expandName, HEADER, MAX_UDP, type Query, TYPE } from './codec.ts';
import type { DnsEvent } from './events.ts';
import type { StoredAnswer } from './upstream-answer.ts';
import { askOverTcp, Channel, type Reply, type Upstream } from './upstream-channel.ts';

export interface Failed {
  /** Extended DNS error that tells why. */
  readonly failed: number;
}

/** An upstream that was silent is asked last for so long. */
const SET_ASIDE = 5000;
/** A socket's port is guessed once per so many questions at most (RFC 5452 §9.2). */
const CHANNELS = 8;
const QUESTIONS_PER_CHANNEL = 500;

/** The school's upstream resolvers: which one is asked, how long, and what then. */
export class Upstreams {
  readonly #servers: readonly Server[];

  constructor(upstreams: readonly Upstream[], clock: Clock, log: (event: DnsEvent) => void) {
    this.#servers = upstreams.map((u) => new Server(u, clock, log));
  }

  /** Ask until one answers: the silent ones again and last, those that answered "cannot" not again. */
  async ask(packet: Buffer, query: Query, attempts: number): Promise<StoredAnswer | Failed> {
    const question = upstreamQuestion(packet, query);
    const queue = [...this.#servers].sort((a, b) => Number(a.setAside) - Number(b.setAside));
    let failed: number = EDE.NO_REACHABLE_UPSTREAM;
    for (let left = attempts; left > 0; left--) {
      const server = queue.shift();
      if (server === undefined) break;
      const reply = await server.ask(question);
      if (typeof reply === 'object') return reply;
      if (reply === 'silent') queue.push(server);
      else failed = EDE.NETWORK_ERROR;
    }
    return { failed };
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }
}

class Server {
  readonly #upstream: Upstream;
  readonly #clock: Clock;
  readonly #log: (event: DnsEvent) => void;
  readonly #channels: (Channel | undefined)[] = new Array(CHANNELS).fill(undefined);
  #silentUntil = 0;
  #closed = false;

  constructor(upstream: Upstream, clock: Clock, log: (event: DnsEvent) => void) {
    this.#upstream = upstream;
    this.#clock = clock;
    this.#log = log;
  }

  get setAside(): boolean {
    return this.#silentUntil > this.#clock.now();
  }

  async ask(question: Buffer): Promise<Reply> {
    if (this.#closed) return 'failed';
    let reply = await this.#channel().ask(question);
    // Too large for UDP: the same upstream has it over TCP (RFC 7766 §5).
    if (reply === 'truncated') reply = await askOverTcp(this.#upstream, question);
    this.#note(reply !== 'silent');
    return reply;
  }

  close(): void {
    this.#closed = true;
    for (const channel of this.#channels) channel?.retire(true);
  }

  /** Any of a few sockets, each on a random port and replaced before its port is worth guessing. */
  #channel(): Channel {
    const i = Math.floor(Math.random() * CHANNELS);
    let channel = this.#channels[i];
    if (channel === undefined || channel.broken || channel.asked >= QUESTIONS_PER_CHANNEL) {
      channel?.retire(false);
      channel = new Channel(this.#upstream);
      this.#channels[i] = channel;
    }
    return channel;
  }

  #note(answered: boolean): void {
    if (this.#closed) return;
    const was = this.#silentUntil > 0;
    this.#silentUntil = answered ? 0 : this.#clock.now() + SET_ASIDE;
    if (was === answered) {
      const { address, port } = this.#upstream;
      this.#log({ event: answered ? 'dns.upstream-back' : 'dns.upstream-silent', upstream: `${address}:${port}` });
    }
  }
}

/**
 * What upstreams are asked: the bare question, written anew. Nothing of the client's own options goes out
 * (client subnet, cookies): upstreams need not know who asks.
 */
function upstreamQuestion(packet: Buffer, query: Query): Buffer {
  const out = Buffer.alloc(query.end + 11);
  out[2] = 0x01; // RD
  out[3] = (query.flags & CD) !== 0 ? 0x10 : 0;
  out[5] = 1;
  out[11] = 1;
  out.set(packet.subarray(HEADER, query.end), HEADER);
  out.set(expandName(packet, HEADER) ?? [], HEADER);
  out.writeUInt16BE(TYPE.OPT, query.end + 1);
  out.writeUInt16BE(MAX_UDP, query.end + 3);
  out[query.end + 7] = (query.flags & DO) !== 0 ? 0x80 : 0;
  return out;
}
