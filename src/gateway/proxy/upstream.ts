import { Agent, type AgentOptions, type ClientRequest, request } from 'node:http';
import { connect, type LookupFunction, type Socket } from 'node:net';
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
  readonly #agent: PoolingAgent;
  readonly #timeouts: UpstreamTimeouts;

  constructor(timeouts: UpstreamTimeouts) {
    this.#timeouts = timeouts;
    this.#agent = new PoolingAgent(timeouts, { keepAlive: true, maxSockets: MOST_PER_SITE, scheduling: 'lifo' });
  }

  /** An HTTP request on a pooled connection. `headers` go out as they are. */
  request(method: string, target: Target, addresses: readonly Address[], headers: readonly string[]): ClientRequest {
    return request({
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
  }

  /** A connection of its own, for a tunnel. */
  connect(target: Target, addresses: readonly Address[]): Promise<Socket> {
    const socket = connectInTime(
      { host: target.host, port: target.port, allowHalfOpen: true, ...onlyTo(addresses) },
      this.#timeouts,
    );
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(socket);
      });
    });
  }

  close(): void {
    this.#agent.destroy();
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
