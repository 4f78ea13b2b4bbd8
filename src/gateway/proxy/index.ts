import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, MINUTE, SECOND } from '#core/clock.ts';
import type { BlockPageContext } from '../block-page/index.ts';
import type { FairUseKeeper } from '../fair-use.ts';
import type { Judge, Recorder } from '../judge.ts';
import type { Proofs } from '../proof/door.ts';
import { proxyStatus, refuseTunnel, sendText } from './answers.ts';
import { forward } from './forward.ts';
import { Gate, type ProxySettings, type Resolve } from './gate.ts';
import { type Listening, listen } from './listen.ts';
import { answerLocally } from './local.ts';
import { SignIn, type Verify } from './sign-in.ts';
import { tunnel } from './tunnel.ts';
import { Upstream } from './upstream.ts';

export type { Listening } from './listen.ts';
export { type BlockPageOptions, startBlockPage } from './local.ts';
export type { Verify } from './sign-in.ts';
export type { Address } from './upstream.ts';

export interface ProxyOptions {
  readonly listen: { readonly address: string; readonly port: number };
  /** With it the proxy itself is spoken to over TLS ("HTTPS" in a PAC file), and passwords may cross the network. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly judge: Judge;
  readonly recorder: Recorder;
  readonly verify: Verify;
  readonly resolve: Resolve;
  /** Read on every request, so a new snapshot counts at once. */
  readonly settings: () => ProxySettings;
  readonly page: () => BlockPageContext;
  readonly clock: Clock;
  readonly proofs?: Proofs;
  readonly fairUse?: FairUseKeeper;
  readonly timeouts?: Partial<ProxyTimeouts>;
  /** Ports that CONNECT may go to. */
  readonly tunnelPorts?: readonly number[];
  /** `name:port` for the PAC file, where clients reach the proxy under another address than it sees. */
  readonly advertise?: string;
  /** Several threads listen on one port, and the system deals connections out to them. */
  readonly reusePort?: boolean;
  /** Facts are codes and counts, never hosts or people. */
  readonly log?: (event: string, facts?: Readonly<Record<string, string | number>>) => void;
}

/** All in milliseconds. */
export interface ProxyTimeouts {
  /** Until a connection to an origin stands. */
  readonly connect: number;
  /** Until a client has sent a whole request head. */
  readonly header: number;
  /** Until a client has sent its ClientHello. */
  readonly hello: number;
  /** How soon a tunnel ends after what allowed it did. */
  readonly recheck: number;
  /** Until the next byte, in either direction. */
  readonly idle: number;
  /** How long a client's connection is kept for its next request. */
  readonly keepAlive: number;
  /** How long a connection to an origin is kept for the next request. */
  readonly pooled: number;
  /** How long requests under way may go on when the proxy stops. */
  readonly grace: number;
}

const TIMEOUTS: ProxyTimeouts = {
  connect: 10 * SECOND,
  header: 20 * SECOND,
  hello: 10 * SECOND,
  recheck: SECOND,
  idle: 5 * MINUTE,
  keepAlive: MINUTE,
  pooled: 15 * SECOND,
  grace: 2 * SECOND,
};
const TUNNEL_PORTS = [443, 8443];
const MAX_REQUEST_HEAD = 32 * 1024;
/** For each thread: beyond it new clients wait in the system's queue rather than memory running out. */
const MAX_CLIENTS = 10_000;

export interface ProxyStats {
  readonly requests: number;
  readonly tunnels: number;
  readonly openTunnels: number;
  readonly faults: number;
}

export interface RunningProxy extends Listening {
  stats(): ProxyStats;
}

/** Starts the forward proxy in this thread. Rejects when the address cannot be listened on. */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const upstream = new Upstream(timeouts);
  const gate = new Gate({ ...options, signIn: new SignIn(options.verify, options.clock) });
  const shared = { gate, upstream, page: options.page, fairUse: options.fairUse ?? null };
  const tunnelParts = { ...shared, ports: options.tunnelPorts ?? TUNNEL_PORTS, timeouts };
  const local = { ...options, proxyPort: () => listening.port };
  const count = { requests: 0, tunnels: 0, faults: 0 };
  const tunnels = new Set<Socket>();

  const onFault = (error: unknown): void => {
    count.faults++;
    options.log?.('proxy.fault', { fault: error instanceof Error ? error.name : typeof error });
  };
  const answer = async (req: IncomingMessage, res: ServerResponse, expects: boolean): Promise<ServerResponse> => {
    // An absolute form names its scheme; anything else is meant for us.
    const target = req.url ?? '';
    if (target.startsWith('/') || !target.includes('://')) return answerLocally(local, req, res);
    return forward(shared, req, res, expects);
  };
  const onRequest = (req: IncomingMessage, res: ServerResponse, expects: boolean): void => {
    count.requests++;
    answer(req, res, expects).catch((error: unknown) => {
      onFault(error);
      if (res.headersSent) res.destroy();
      else sendText(req, res, 500, 'The proxy could not answer this request.', proxyStatus('proxy_internal_error'));
    });
  };

  const server = createServer(options.tls);
  server.on('request', (req, res) => onRequest(req, res, false));
  server.on('checkContinue', (req, res) => onRequest(req, res, true));
  server.on('connect', (req, stream, head) => {
    const socket = stream as Socket; // TCP or TLS: this server listens on nothing else
    count.tunnels++;
    tunnels.add(socket);
    socket.once('close', () => tunnels.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(timeouts.idle, () => socket.destroy());
    tunnel(tunnelParts, req, socket, head).catch((error: unknown) => {
      onFault(error);
      socket.destroy();
    });
  });
  server.on('clientError', (error, socket) => answerUnreadable(error, socket));
  server.headersTimeout = timeouts.header;
  server.requestTimeout = 0; // an upload may take its time; it is the idle limit that ends it
  // Longer than the wait for an origin, so that its silence is told to the client and not only hung up on.
  server.timeout = timeouts.idle + timeouts.connect + SECOND;
  server.keepAliveTimeout = timeouts.keepAlive;
  server.maxConnections = MAX_CLIENTS;

  const listening = await listen(server, options.listen, {
    reusePort: options.reusePort ?? false,
    grace: timeouts.grace,
  });
  return {
    address: listening.address,
    port: listening.port,
    stats: () => ({ ...count, openTunnels: tunnels.size }),
    close: async () => {
      for (const socket of tunnels) socket.destroy();
      await listening.close();
      upstream.close();
    },
  };

  function createServer(tls: ProxyOptions['tls']): Server {
    const http = {
      maxHeaderSize: MAX_REQUEST_HEAD,
      insecureHTTPParser: false, // what two readers could read in two ways is refused (request smuggling)
      noDelay: true,
      optimizeEmptyRequests: true, // what brings no body needs no stream for one
      connectionsCheckingInterval: Math.min(timeouts.header, 5 * SECOND),
    };
    return tls ? createHttpsServer({ ...http, ...tls }) : createHttpServer(http);
  }
}

const UNREADABLE: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The request head is too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request took too long to arrive.'],
};

/** What is no HTTP, or HTTP that could be read in two ways, gets one answer and the connection ends. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, phrase, text] = UNREADABLE[error.code ?? ''] ?? [
    400,
    'Bad Request',
    'This is not a request the proxy can read.',
  ];
  refuseTunnel(socket, status, phrase, text, proxyStatus('http_request_error'));
}
