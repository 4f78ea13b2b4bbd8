import { Agent, type AgentOptions, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { Sites } from './sites.ts';
import type { Target } from './target.ts';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

export interface UpstreamTimeouts {
  /** Until a connection stands, over all addresses. */
  readonly connect: number;
  /** Until the next byte in either direction. */
  readonly idle: number;
  /** How long a connection nobody uses is kept for the next request. */
  readonly pooled: number;
}

/** What is asked of an origin. `headers` go out as they are: name, value, name, value … */
export interface Question {
  readonly method: string;
  readonly target: Target;
  /** Checked for this very request: no connection is made to any other. */
  readonly addresses: readonly Address[];
  readonly headers: readonly string[];
  /** Puts the body, where there is one, into the request and ends it. */
  readonly body: ((out: ClientRequest) => void) | null;
}

/** How an answer begins. */
export interface AnswerHead {
  readonly status: number;
  readonly phrase: string;
  /** As they came. */
  readonly rawHeaders: readonly string[];
  /** To look things up in: names in lower case. */
  readonly headers: IncomingMessage['headers'];
}

/** Whoever reads slowly makes the origin send slowly. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/** Where a body goes. */
export interface Sink {
  data(chunk: Buffer): void;
  end(rawTrailers: readonly string[]): void;
  /** It broke off before its end. */
  broken(): void;
}

/** Is told what becomes of a question: news (1xx), a head and its body; or, instead of a head, a failure. */
export interface Hearer {
  news(status: number, rawHeaders: readonly string[]): void;
  head(head: AnswerHead, flow: Flow): Sink;
  /** `again`: the connection had been kept from before, and the origin may have closed it just as it was used. */
  failed(error: NodeJS.ErrnoException, again: boolean): void;
}

/** A question under way. */
export interface Asked {
  /** Nobody wants the answer any more; nothing more is told. */
  abort(): void;
}

/** A slow site must not take every socket of the gateway. */
const MOST_PER_SITE = 512;
/** Happy Eyeballs (RFC 8305 §5): the next address is tried when one has not answered by then. */
const NEXT_ADDRESS_AFTER = 300;
const MAX_ANSWER_HEAD = 64 * 1024;

/**
 * Connections to origins. They are only ever made to addresses that were resolved and checked for this very
 * request (no second look-up that could answer differently: DNS rebinding). A pooled connection was checked in
 * the same way when it was made.
 */
export class Upstream {
  readonly #sites: Sites;
  readonly #agent: PoolingAgent;
  readonly #timeouts: UpstreamTimeouts;

  constructor(timeouts: UpstreamTimeouts) {
    this.#timeouts = timeouts;
    this.#sites = new Sites(
      { pooled: timeouts.pooled, most: MOST_PER_SITE, maxHead: MAX_ANSWER_HEAD },
      (target, addresses) => this.#socketTo(target, addresses),
    );
    this.#agent = new PoolingAgent(timeouts, { keepAlive: true, maxSockets: MOST_PER_SITE, scheduling: 'lifo' });
  }

  /**
   * Ask on a pooled connection. What brings no body, and so nearly everything, goes over undici's pools, at two thirds of
   * the cost of Node's own client (docs/decisions/0013). That in turn knows what undici does not: `Expect: 100-continue`,
   * and the 100 that some origins send unasked.
   */
  ask(question: Question, hearer: Hearer): Asked {
    return question.body === null && question.method === 'GET'
      ? this.#sites.ask(question, hearer)
      : this.#askWithNode(question, hearer);
  }

  #askWithNode({ method, target, addresses, headers, body }: Question, hearer: Hearer): Asked {
    let over = false;
    let begun = false;
    const up = request({
      agent: this.#agent,
      method,
      host: target.host,
      port: target.port,
      path: target.path,
      headers,
      setHost: false,
      maxHeaderSize: MAX_ANSWER_HEAD,
      insecureHTTPParser: false,
      ...onlyTo(addresses),
    });
    const abort = () => {
      over = true;
      up.destroy();
    };
    const fail = (error: NodeJS.ErrnoException) => {
      if (over) return;
      const again = up.reusedSocket && error.code === 'ECONNRESET';
      abort();
      hearer.failed(error, again);
    };
    up.once('response', (answer) => {
      if (over) return;
      begun = true;
      const { statusCode: status = 502, statusMessage: phrase = '', rawHeaders, headers } = answer;
      const sink = hearer.head({ status, phrase, rawHeaders, headers }, answer);
      answer.on('data', (chunk: Buffer) => sink.data(chunk));
      answer.once('end', () => sink.end(answer.rawTrailers));
      answer.once('error', () => sink.broken());
      answer.once('close', () => {
        if (!answer.complete) sink.broken();
      });
    });
    // An upgrade that nobody asked for: we forward no Upgrade.
    up.once('upgrade', () => fail(fault('EPROTO')));
    up.on('continue', () => hearer.news(100, []));
    up.on('information', ({ statusCode, rawHeaders }) => hearer.news(statusCode, rawHeaders));
    // Once the answer has begun, it alone says whether it is whole: an origin may answer before the upload ends.
    up.on('error', (error: NodeJS.ErrnoException) => {
      if (!begun) fail(error);
    });
    if (body === null) up.end();
    else body(up);
    return { abort };
  }

  /** A connection of its own, for a tunnel. */
  connect(target: Target, addresses: readonly Address[]): Promise<Socket> {
    const socket = this.#socketTo(target, addresses, { allowHalfOpen: true });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(socket);
      });
    });
  }

  close(): void {
    this.#sites.close();
    this.#agent.destroy();
  }

  #socketTo(
    { host, port }: Target,
    addresses: readonly Address[],
    more: Pick<Destination, 'allowHalfOpen'> = {},
  ): Socket {
    return connectInTime({ host, port, ...more, ...onlyTo(addresses) }, this.#timeouts);
  }
}

type Destination = Parameters<Agent['createConnection']>[0] & {
  readonly host?: string;
  readonly port?: number;
  readonly allowHalfOpen?: boolean;
};

class PoolingAgent extends Agent {
  readonly #timeouts: UpstreamTimeouts;

  constructor(timeouts: UpstreamTimeouts, options: AgentOptions) {
    super(options);
    this.#timeouts = timeouts;
  }
  override createConnection(options: Destination): Socket {
    return connectInTime(options, this.#timeouts);
  }
  override keepSocketAlive(socket: Socket): boolean {
    const kept = super.keepSocketAlive(socket) as unknown as boolean;
    // The origin may have asked for less (Keep-Alive: timeout); never give it more.
    if (kept) socket.setTimeout(Math.min(socket.timeout || Number.POSITIVE_INFINITY, this.#timeouts.pooled));
    return kept;
  }
  override reuseSocket(socket: Socket, req: ClientRequest): void {
    super.reuseSocket(socket, req);
    socket.setTimeout(this.#timeouts.idle);
  }
}

function connectInTime(options: Destination, { connect: limit, idle }: UpstreamTimeouts): Socket {
  const socket = connect({ ...options, port: options.port ?? 80, noDelay: true });
  const timer = setTimeout(() => socket.destroy(fault('ETIMEDOUT')), limit);
  socket.once('connect', () => clearTimeout(timer));
  socket.once('close', () => clearTimeout(timer));
  socket.setTimeout(idle);
  socket.on('timeout', () => socket.destroy(fault('ETIMEDOUT')));
  return socket;
}

function onlyTo(addresses: readonly Address[]): {
  lookup: LookupFunction;
  autoSelectFamily: true;
  autoSelectFamilyAttemptTimeout: number;
} {
  const lookup: LookupFunction = (_host, options, done) => {
    const first = addresses[0];
    if (first === undefined) done(fault('ENOTFOUND'), '', 4);
    else if (options.all) done(null, [...addresses]);
    else done(null, first.address, first.family);
  };
  return { lookup, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER };
}

const fault = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });
