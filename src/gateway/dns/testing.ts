import { createSocket, type Socket } from 'node:dgram';
import { connect, createServer, type Server } from 'node:net';
import type { Answer, DecodedPacket, Packet, Question } from 'dns-packet';
import * as peer from 'dns-packet';
import { TestClock } from '#core/clock.ts';
import type { Client, Judge, Judgement, Recorder } from '#gateway/judge.ts';
import { hostName } from './codec.ts';
import { FrameReader, frame } from './framing.ts';
import { type DnsEvent, type DnsOptions, type DnsServer, startDns } from './index.ts';

/** A codec that is not ours; its types forget the RCODE. */
export type Decoded = DecodedPacket & { readonly rcode: string };
export const decode = (packet: Buffer): Decoded => peer.decode(packet) as Decoded;
export const encode = peer.encode;

/** What an upstream of the tests does with a question; `null` leaves it unanswered. */
export type Answering = (question: Question, transport: 'udp' | 'tcp', asked: DecodedPacket) => Partial<Packet> | null;

/** A real name server on loopback that answers as a test says, written with a codec that is not ours. */
export class TestUpstream {
  readonly seen: { name: string; type: string; transport: 'udp' | 'tcp'; port: number; packet: DecodedPacket }[] = [];
  answering: Answering;
  /** Sees each UDP question before it is answered: for forgeries. */
  beforeAnswer: (packet: Buffer, port: number, socket: Socket) => void = () => {};
  readonly #udp: Socket = createSocket('udp4');
  readonly #tcp: Server;

  private constructor(answering: Answering) {
    this.answering = answering;
    this.#udp.on('message', (packet, from) => {
      this.beforeAnswer(packet, from.port, this.#udp);
      const answer = this.#answer(packet, 'udp', from.port);
      if (answer !== null) this.#udp.send(answer, from.port, from.address);
    });
    this.#tcp = createServer((socket) => {
      const frames = new FrameReader(0xffff);
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk: Buffer) => {
        for (const packet of frames.push(chunk) ?? []) {
          const answer = this.#answer(packet, 'tcp', socket.remotePort ?? 0);
          if (answer !== null) socket.write(frame(answer));
        }
      });
    });
  }

  static async start(answering: Answering): Promise<TestUpstream> {
    for (;;) {
      const upstream = new TestUpstream(answering);
      await new Promise<void>((r) => upstream.#udp.bind(0, '127.0.0.1', r));
      const listening = await new Promise<boolean>((resolve) => {
        upstream.#tcp.once('error', () => resolve(false));
        upstream.#tcp.listen(upstream.#udp.address().port, '127.0.0.1', () => resolve(true));
      });
      if (listening) return upstream;
      upstream.#udp.close(); // the port is taken for TCP: try another
    }
  }

  get at(): { address: string; port: number } {
    return { address: '127.0.0.1', port: this.#udp.address().port };
  }

  async stop(): Promise<void> {
    await Promise.all([new Promise<void>((r) => this.#udp.close(r)), new Promise((r) => this.#tcp.close(r))]);
  }

  #answer(packet: Buffer, transport: 'udp' | 'tcp', port: number): Buffer | null {
    const asked = decode(packet);
    const question = asked.questions?.[0];
    if (question === undefined) return null;
    this.seen.push({ name: question.name, type: question.type, transport, port, packet: asked });
    const answer = this.answering(question, transport, asked);
    if (answer === null) return null;
    return encode({
      type: 'response',
      id: asked.id ?? 0,
      questions: [question],
      ...answer,
      flags: 0x180 | (answer.flags ?? 0),
    });
  }
}

export const address = (name: string, data = '192.0.2.1', ttl = 300): Answer => ({ type: 'A', name, ttl, data });
/** An upstream that knows every name. */
export const everyName: Answering = ({ name, type }) => ({
  answers:
    type === 'A' ? [address(name)] : type === 'AAAA' ? [{ type: 'AAAA', name, ttl: 300, data: '2001:db8::1' }] : [],
});

/** A judge that blocks by name: the last label but one says for whom, and why. */
export class TestJudge implements Judge {
  readonly blocked = new Map<string, Partial<Judgement['because']>>();
  /** Blocked only for these addresses. */
  readonly only = new Map<string, string>();
  /** Open only for a time. */
  readonly brief = new Set<string>();

  /** Address → profile; everybody else is unidentified. */
  readonly profiles = new Map<string, string>();

  identify(address: string): Client {
    const profile = this.profiles.get(address) ?? 'unidentified';
    return { address, person: null, device: null, profile, how: 'unidentified' };
  }
  judge(client: Client, host: string): Judgement {
    const why = this.blocked.get(host);
    const only = this.only.get(host);
    if (why === undefined || (only !== undefined && only !== client.address)) {
      return {
        outcome: 'allow',
        because: { rule: 'profile', category: null, clause: null, text: 'Open to you.', remedy: null },
        categories: [],
        ...(this.brief.has(host) && { brief: true }),
      };
    }
    const because = {
      rule: 'UAR-20',
      category: 'gambling',
      clause: 'filtering.gambling',
      text: 'Betting sites are blocked.',
      remedy: 'ask',
      ...why,
    } as const;
    return { outcome: 'block', because, categories: ['gambling'] };
  }
  judgeWire(client: Client, packet: Uint8Array, offset: number): Judgement {
    return this.judge(client, hostName(packet, offset));
  }
}

export class TestRecorder implements Recorder {
  readonly events: { address: string; via: string; host: string; outcome: string; rule: string }[] = [];
  record(client: Client, via: 'dns' | 'proxy', host: string, judgement: Judgement): void {
    this.events.push({ address: client.address, via, host, outcome: judgement.outcome, rule: judgement.because.rule });
  }
}

export interface Scene {
  readonly dns: DnsServer;
  readonly upstream: TestUpstream;
  readonly judge: TestJudge;
  readonly recorder: TestRecorder;
  readonly clock: TestClock;
  readonly events: DnsEvent[];
  mode: 'page' | 'nxdomain';
}

/** The forwarder under test with an upstream, torn down by the test that uses it. */
export async function scene(
  t: { after(fn: () => Promise<void>): void },
  answering: Answering = everyName,
  more: Partial<DnsOptions> = {},
): Promise<Scene> {
  const upstream = await TestUpstream.start(answering);
  const parts = {
    upstream,
    judge: new TestJudge(),
    recorder: new TestRecorder(),
    clock: new TestClock(1_800_000_000_000),
    events: [] as DnsEvent[],
    mode: 'page' as 'page' | 'nxdomain',
  };
  const dns = await startDns({
    listen: { address: '127.0.0.1', port: 0 },
    upstreams: [upstream.at],
    judge: parts.judge,
    recorder: parts.recorder,
    blockPage: { ipv4: '192.0.2.80', ipv6: '2001:db8::80' },
    blockMode: () => made.mode,
    clock: parts.clock,
    log: (event) => parts.events.push(event),
    ...more,
  });
  const made: Scene = Object.assign(parts, { dns });
  t.after(async () => {
    await dns.close();
    await upstream.stop();
  });
  return made;
}

export interface Asking {
  readonly type?: string;
  readonly id?: number;
  /** EDNS with this UDP size; none without. */
  readonly edns?: number;
  readonly dnssec?: boolean;
  /** The address to ask from. */
  readonly from?: string;
}

export function question(name: string, { type = 'A', id = 4321, edns, dnssec = false }: Asking = {}): Buffer {
  const opt = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: edns ?? 1232,
    flags: dnssec ? 0x8000 : 0,
    options: [],
  } as unknown as Answer;
  return encode({
    type: 'query',
    id,
    flags: 0x100,
    questions: [{ type: type as Question['type'], name, class: 'IN' }],
    additionals: edns === undefined && !dnssec ? [] : [opt],
  });
}

/** Send bytes by UDP and wait for one answer; `null` when none comes in time. */
export async function exchange(port: number, packet: Buffer, from = '127.0.0.1', wait = 4500): Promise<Buffer | null> {
  const socket = createSocket('udp4');
  await new Promise<void>((r) => socket.bind(0, from, r));
  try {
    return await new Promise((resolve) => {
      const timer = setTimeout(resolve, wait, null);
      socket.once('message', (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      socket.send(packet, port, '127.0.0.1');
    });
  } finally {
    socket.close();
  }
}

/** Ask by UDP and decode what comes. */
export async function ask(dns: DnsServer, name: string, asking: Asking = {}): Promise<Decoded> {
  const answer = await exchange(dns.port, question(name, asking), asking.from);
  if (answer === null) throw new Error(`no answer for ${name}`);
  return decode(answer);
}

/** Ask several questions on one TCP connection; resolves with as many answers. */
export function askTcp(dns: DnsServer, packets: readonly Buffer[]): Promise<Decoded[]> {
  return new Promise((resolve, reject) => {
    const answers: Decoded[] = [];
    const frames = new FrameReader(0xffff);
    const socket = connect(dns.port, '127.0.0.1');
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      for (const packet of frames.push(chunk) ?? []) answers.push(decode(packet));
      if (answers.length === packets.length) {
        socket.destroy();
        resolve(answers);
      }
    });
    for (const packet of packets) socket.write(frame(packet));
  });
}

/** The Extended DNS Errors of an answer: code and text. */
export function extendedErrors(answer: DecodedPacket): { code: number; text: string }[] {
  const opt = answer.additionals?.find((r) => r.type === 'OPT') as
    | { options?: { code: number; data: Buffer }[] }
    | undefined;
  return (opt?.options ?? [])
    .filter((o) => o.code === 15)
    .map(({ data }) => ({ code: data.readUInt16BE(0), text: data.subarray(2).toString('utf8') }));
}
