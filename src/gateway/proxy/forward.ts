import { type ClientRequest, type IncomingMessage, METHODS, type ServerResponse, STATUS_CODES } from 'node:http';
import type { BlockPageContext } from '../block-page/index.ts';
import { hasBody, type ProxyError, proxyStatus, sendBlock, sendNotice, sendText } from './answers.ts';
import type { Gate } from './gate.ts';
import { requestHeaders, responseHeaders, trailerPairs, valuesOf } from './headers.ts';
import { FORBIDDEN_PORT } from './refusals.ts';
import { parseAbsoluteForm, type Target } from './target.ts';
import type { Address, Upstream } from './upstream.ts';

export interface ForwardParts {
  readonly gate: Gate;
  readonly upstream: Upstream;
  readonly page: () => BlockPageContext;
}

/** May be sent twice without doing twice (RFC 9110 §9.2.2), as far as they carry no body. */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** TRACE would show a script the headers it must not see; the rest is for tunnels and other servers. */
const FORWARDED = new Set(METHODS.filter((method) => method !== 'TRACE' && method !== 'CONNECT'));

/** What the proxy says when a site cannot be reached, by the error of the connection. */
const FAILURES: Readonly<Record<string, readonly [number, ProxyError]>> = {
  ECONNREFUSED: [502, 'connection_refused'],
  ETIMEDOUT: [504, 'connection_timeout'],
  ECONNRESET: [502, 'connection_terminated'],
  EPIPE: [502, 'connection_terminated'],
  EHOSTUNREACH: [502, 'destination_unavailable'],
  ENETUNREACH: [502, 'destination_unavailable'],
};

/** Forwards one absolute-form request, or says why not. `expects`: the client waits for `100 Continue`. */
export async function forward(
  parts: ForwardParts,
  req: IncomingMessage,
  res: ServerResponse,
  expects: boolean,
): Promise<ServerResponse> {
  const { gate, upstream, page } = parts;
  const method = req.method ?? '';
  const parsed = parseAbsoluteForm(req.url ?? '', method);
  if (!parsed.ok) return refuse(req, res, 400, parsed.reason);
  const fault = faultIn(req, method);
  if (fault) return refuse(req, res, ...fault);
  const { target } = parsed;

  const client = await gate.identify(req);
  if (client === 'ask') return askToSignIn(req, res, page());
  const admission = isWebPort(target.port)
    ? await gate.admit(client, target)
    : gate.refuse(client, target.host, FORBIDDEN_PORT);
  if (req.socket.destroyed) return res;
  if (admission.kind === 'blocked') return sendBlock(req, res, page(), admission.judgement, target.host, client);
  if (admission.kind === 'unknown-host') return sendUnreachable(req, res, page(), target, 502, 'dns_error');
  return exchange(upstream, page, admission.target, admission.addresses, { req, res, expects, method });
}

const refuse = (req: IncomingMessage, res: ServerResponse, status: number, text: string): ServerResponse =>
  sendText(req, res, status, text, proxyStatus('http_request_error'));

function faultIn(req: IncomingMessage, method: string): readonly [number, string] | null {
  if (!FORWARDED.has(method)) return [405, `This proxy does not forward ${method}.`];
  if (valuesOf(req.rawHeaders, 'host').length > 1) return [400, 'The request has more than one Host header.'];
  // Node undoes "chunked" and nothing else; what was under it could not be passed on as it came.
  if ((req.headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked') {
    return [501, 'The only transfer coding this proxy knows is "chunked".'];
  }
  // Browsers open WebSockets through a proxy by CONNECT. Any other upgrade is simply not taken up (RFC 9110 §7.8).
  if (/\bwebsocket\b/i.test(req.headers.upgrade ?? '')) {
    return [501, 'Unencrypted WebSockets are not forwarded. Use wss:// instead.'];
  }
  return null;
}

/** Port 80 and the ports programs may choose: below 1024 live mail, file and log-in services, not web pages. */
const isWebPort = (port: number): boolean => port === 80 || port >= 1024;

interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly expects: boolean;
  readonly method: string;
}

/** The request goes up, the answer comes down; both stream, and either side's end is the other's. */
function exchange(
  upstream: Upstream,
  page: () => BlockPageContext,
  target: Target,
  addresses: readonly Address[],
  sides: Exchange,
): ServerResponse {
  const { req, res, expects, method } = sides;
  const body = hasBody(req);
  const up = upstream.request(
    method,
    target,
    addresses,
    requestHeaders(req.rawHeaders, target.authority, framing(req, expects)),
  );
  const abandon = (): void => {
    if (!res.writableFinished) up.destroy();
  };
  res.once('close', abandon);

  const fail = (status: number, kind: ProxyError): void => {
    res.off('close', abandon);
    up.destroy();
    sendUnreachable(req, res, page(), target, status, kind);
  };

  up.once('response', (answer) => {
    // A coding we did not ask for (we forward no TE) and cannot pass on as it came.
    if ((answer.headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked')
      fail(502, 'http_protocol_error');
    else if (!relay(answer, res, expects)) fail(502, 'http_protocol_error');
  });
  // An upgrade that nobody asked for: we forward no Upgrade.
  up.once('upgrade', () => fail(502, 'http_protocol_error'));
  up.on('continue', () => res.writeContinue());
  up.on('information', ({ statusCode, rawHeaders }) => passOn(res, statusCode, rawHeaders));
  up.on('error', (error: NodeJS.ErrnoException) => {
    // Once the answer has begun, it alone says whether it is whole: an origin may answer before the upload ends.
    if (res.headersSent || res.destroyed) return;
    res.off('close', abandon);
    // A pooled connection may have been closed by the origin just as we used it; a new one will tell.
    if (up.reusedSocket && error.code === 'ECONNRESET' && !body && REPEATABLE.has(method)) {
      exchange(upstream, page, target, addresses, sides);
      return;
    }
    const [status, kind] = FAILURES[error.code ?? ''] ?? [502, 'http_protocol_error'];
    fail(status, kind);
  });
  if (body) stream(req, up);
  else up.end();
  return res;
}

function stream(req: IncomingMessage, up: ClientRequest): void {
  req.once('end', () => addTrailers(req, up));
  req.once('close', () => {
    if (!req.complete) up.destroy();
  });
  req.pipe(up);
}

/** How the body goes on is our affair, not the client's: exactly one of length and chunks, or neither. */
function framing(req: IncomingMessage, expects: boolean): string[] {
  const headers = expects ? ['Expect', '100-continue'] : [];
  if (req.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
  else if (req.headers['content-length'] === undefined && !REPEATABLE.has(req.method ?? ''))
    headers.push('Content-Length', '0');
  return headers;
}

/** Passes the answer on; false when its head is not fit to be passed on. */
function relay(answer: IncomingMessage, res: ServerResponse, expects: boolean): boolean {
  const headers = responseHeaders(answer.rawHeaders);
  // The client may now send the body after all or leave it out: nobody could tell it from a next request.
  if (expects) headers.push('Connection', 'close');
  const status = answer.statusCode ?? 502;
  const written = attempt(() => res.writeHead(status, answer.statusMessage || STATUS_CODES[status], headers));
  if (!written) return false;
  // What pipe() does, without its dozen listeners on every answer: this is the proxy's busiest place.
  answer.on('data', (chunk) => {
    if (res.write(chunk)) return;
    answer.pause();
    res.once('drain', () => answer.resume());
  });
  answer.once('end', () => {
    addTrailers(answer, res);
    res.end();
  });
  answer.once('error', () => res.destroy());
  answer.once('close', () => {
    // Half an answer must not look like a whole one.
    if (!answer.complete) res.destroy();
  });
  setImmediate(() => {
    // An event stream may be silent for long; its head may not wait for the first event.
    if (!answer.readableDidRead && !res.writableEnded) res.flushHeaders();
  });
  return true;
}

function addTrailers({ rawTrailers }: IncomingMessage, out: ServerResponse | ClientRequest): void {
  if (rawTrailers.length > 0) attempt(() => out.addTrailers(trailerPairs(rawTrailers)));
}

/** RFC 9110 §15.2: a proxy forwards 1xx answers; 100 has its own way, and 101 can only follow an upgrade. */
function passOn(res: ServerResponse, status: number, rawHeaders: readonly string[]): void {
  if (status <= 101 || res.headersSent || res.req.httpVersionMinor === 0) return;
  attempt(() => res.writeInformation(status, trailerPairs(rawHeaders).flat()));
}

/** Node refuses to write what no header may hold. An origin that sent it must not bring the thread down. */
function attempt(write: () => unknown): boolean {
  try {
    write();
    return true;
  } catch {
    return false;
  }
}

function askToSignIn(req: IncomingMessage, res: ServerResponse, page: BlockPageContext): ServerResponse {
  const text =
    'The internet at school works once you have signed in. Reload this page and give your school user name and password.';
  return sendNotice(req, res, page, 407, { title: 'Please sign in', text }, SIGN_IN);
}

/** RFC 7617. The realm is what the browser's box shows. */
export const SIGN_IN = { 'Proxy-Authenticate': 'Basic realm="School internet", charset="UTF-8"' };

function sendUnreachable(
  req: IncomingMessage,
  res: ServerResponse,
  page: BlockPageContext,
  target: Target,
  status: number,
  kind: ProxyError,
): ServerResponse {
  const text =
    kind === 'dns_error'
      ? `There is no site named ${target.host}, or its name cannot be looked up just now. Please check the address.`
      : `${target.host} was not blocked, but it does not answer as it should. Please try again in a while.`;
  return sendNotice(req, res, page, status, { title: 'This site does not answer', text }, proxyStatus(kind));
}
