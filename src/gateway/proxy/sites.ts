import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Dispatcher, Pool } from 'undici';
import type { RawHeaders } from './headers.ts';
import { bracketed, type Target } from './target.ts';
import type { Address, Asked, Hearer, Question, Sink } from './upstream.ts';

interface Limits {
  /** Milliseconds that a connection nobody uses is kept. */
  readonly pooled: number;
  /** Connections to one site. */
  readonly most: number;
  /** Bytes of an answer's head. */
  readonly maxHead: number;
}

type SocketTo = (target: Target, addresses: readonly Address[]) => Socket;

interface Site {
  readonly pool: Pool;
  /** As last checked: where its next connection goes. */
  addresses: readonly Address[];
}

/** Connections to origins for what brings no body, in a pool for each that is forgotten with its last connection. */
export class Sites {
  readonly #sites = new Map<string, Site>();
  readonly #limits: Limits;
  readonly #socketTo: SocketTo;

  constructor(limits: Limits, socketTo: SocketTo) {
    this.#limits = limits;
    this.#socketTo = socketTo;
  }

  ask({ method, target, addresses, headers }: Question, hearer: Hearer): Asked {
    const site = this.#siteOf(target);
    site.addresses = addresses;
    const exchange = new Exchange(hearer);
    site.pool.dispatch({ method: method as 'GET', path: target.path, headers: headers as string[] }, exchange);
    return exchange;
  }

  close(): void {
    for (const { pool } of this.#sites.values()) void pool.destroy();
    this.#sites.clear();
  }

  #siteOf(target: Target): Site {
    const known = this.#sites.get(target.authority);
    if (known) return known;
    const { pooled, most, maxHead } = this.#limits;
    const pool: Pool = new Pool(`http://${bracketed(target.host)}:${target.port}`, {
      connections: most,
      // The sockets' own limits, set where they are made, end what is silent.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: pooled,
      keepAliveMaxTimeout: pooled,
      maxHeaderSize: maxHead,
      connect: (_options, done) => {
        const socket = this.#socketTo(target, site.addresses);
        const failed = (error: Error) => done(error, null);
        socket.once('error', failed);
        socket.once('connect', () => {
          socket.off('error', failed);
          done(null, socket);
        });
      },
    });
    const site: Site = { pool, addresses: [] };
    const forget = () => {
      const { connected, size } = pool.stats;
      if (connected > 0 || size > 0 || this.#sites.get(target.authority) !== site) return;
      this.#sites.delete(target.authority);
      void pool.close();
    };
    pool.on('disconnect', forget).on('connectionError', forget);
    this.#sites.set(target.authority, site);
    return site;
  }
}

/** What undici calls on the way of one request, told on to the hearer. */
class Exchange implements Dispatcher.DispatchHandler, Asked {
  readonly #hearer: Hearer;
  #controller: Dispatcher.DispatchController | null = null;
  #sink: Sink | null = null;
  #over = false;

  constructor(hearer: Hearer) {
    this.#hearer = hearer;
  }

  abort(): void {
    this.#over = true;
    this.#controller?.abort(new Error('nobody wants the answer any more'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) this.abort();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingMessage['headers'],
    phrase = '',
  ): void {
    if (this.#over) return;
    const rawHeaders = words(controller.rawHeaders);
    if (status < 200) this.#hearer.news(status, rawHeaders);
    else this.#sink = this.#hearer.head({ status, phrase, rawHeaders, headers: single(headers) }, controller);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#sink?.data(chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (!this.#over) this.#sink?.end(words(controller.rawTrailers));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: NodeJS.ErrnoException): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#sink) this.#sink.broken();
    else this.#hearer.failed(error, mayBeStale(error));
  }
}

/** A connection that had brought an answer before. A reset says nothing of what came before it. */
function mayBeStale(error: NodeJS.ErrnoException & { socket?: { bytesRead?: number } | null }): boolean {
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return true;
  return error.code === 'UND_ERR_SOCKET' && (error.socket?.bytesRead ?? 0) > 0;
}

function words(raw: Dispatcher.DispatchController['rawHeaders']): RawHeaders {
  if (!Array.isArray(raw)) return [];
  return raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')));
}

/** As Node has them: of several types the first counts, other repetitions are a list (RFC 9110 §5.3). */
function single(headers: Readonly<Record<string, string | string[] | undefined>>): IncomingMessage['headers'] {
  const plain: Record<string, string | undefined> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    plain[name] = Array.isArray(value) ? (name === 'content-type' ? value[0] : value.join(', ')) : value;
  }
  return plain;
}
