import { type ClientRequest, type IncomingMessage, METHODS, type ServerResponse } from 'node:http';
import type { BlockPageContext } from '../block-page/index.ts';
import type { FairUseKeeper, Pace } from '../fair-use.ts';
import type { Client } from '../judge.ts';
import { stampHeader } from '../proof/header.ts';
import { hasBody, type ProxyError, proxyStatus, sendBlock, sendNotice, sendText } from './answers.ts';
import { FileWatch, refusedByHead } from './file-watch.ts';
import type { Gate } from './gate.ts';
import { requestHeaders, trailerPairs, valuesOf } from './headers.ts';
import { Paced } from './paced.ts';
import { FORBIDDEN_PORT, refusedFile } from './refusals.ts';
import { addTrailers, attempt, Relay } from './relay.ts';
import { parseAbsoluteForm, type Target } from './target.ts';
import type { Address, AnswerHead, Asked, Flow, Sink, Upstream } from './upstream.ts';

export interface ForwardParts {
  readonly gate: Gate;
  readonly upstream: Upstream;
  readonly page: () => BlockPageContext;
  readonly fairUse: FairUseKeeper | null;
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
  UND_ERR_SOCKET: [502, 'connection_terminated'],
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
  const { gate, page } = parts;
  const method = req.method ?? '';
  const parsed = parseAbsoluteForm(req.url ?? '', method);
  if (!parsed.ok) return decline(req, res, 400, parsed.reason);
  const fault = faultIn(req, method);
  if (fault) return decline(req, res, ...fault);
  const { target } = parsed;

  // What is known at once is not waited for: this is the proxy's busiest place.
  const who = gate.identify(req);
  const client = who instanceof Promise ? await who : who;
  if (client === 'ask') return askToSignIn(req, res, page());
  const admitted = isWebPort(target.port)
    ? gate.admit(client, target)
    : gate.refuse(client, target.host, FORBIDDEN_PORT);
  const admission = admitted instanceof Promise ? await admitted : admitted;
  if (req.socket.destroyed) return res;
  const decided = 'judgement' in admission ? admission.judgement : null;
  for (const [name, value] of Object.entries(stampHeader(client, decided))) res.setHeader(name, value);
  if (admission.kind === 'proved') return sendText(req, res, 200, 'A proof of what is open ends here.');
  if (admission.kind === 'blocked') return sendBlock(req, res, page(), admission.judgement, target.host, client);
  if (admission.kind === 'unknown-host') return sendUnreachable(req, res, page(), target, 502, 'dns_error');
  return exchange(parts, { req, res, expects, method, client, target, goal: admission.target }, admission.addresses);
}

const decline = (req: IncomingMessage, res: ServerResponse, status: number, text: string): ServerResponse =>
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
  readonly client: Client;
  /** What was asked for, and where it goes. */
  readonly target: Target;
  readonly goal: Target;
}

/** The request goes up, the answer comes down; both stream, and either side's end is the other's. */
function exchange(parts: ForwardParts, sides: Exchange, addresses: readonly Address[], again = true): ServerResponse {
  const { gate, upstream, page } = parts;
  const { req, res, expects, method, client, target, goal } = sides;
  const body = hasBody(req);
  const pace = parts.fairUse?.paceOf(client, target.host) ?? null;
  let asked: Asked | null = null;
  const abandon = (): void => {
    if (!res.writableFinished) asked?.abort();
  };
  res.once('close', abandon);
  /** From now on the client is answered by us. */
  const leave = (): void => {
    res.off('close', abandon);
    asked?.abort();
  };
  const fail = (status: number, kind: ProxyError): void => {
    leave();
    sendUnreachable(req, res, page(), target, status, kind);
  };
  const refuse = (group: string): void => {
    leave();
    const { judgement } = gate.refuse(
      client,
      target.host,
      refusedFile(group, gate.refusedFiles(client)[group] ?? null),
    );
    if (res.headersSent) res.destroy();
    else sendBlock(req, res, page(), judgement, target.host, client);
  };

  asked = upstream.ask(
    {
      method,
      target: goal,
      addresses,
      headers: requestHeaders(req.rawHeaders, goal.authority, framing(req, expects)),
      body: body ? (up) => stream(req, up, pace) : null,
    },
    {
      news: (status, rawHeaders) => passOn(res, status, rawHeaders),
      head(head: AnswerHead, flow: Flow): Sink {
        // A coding we did not ask for (we forward no TE) and cannot pass on as it came.
        const unfit = (head.headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked';
        const refused = gate.refusedFiles(client);
        const group = unfit ? null : refusedByHead(goal.path, head, refused);
        if (unfit) fail(502, 'http_protocol_error');
        else if (group !== null) refuse(group);
        if (unfit || group !== null) return NOWHERE;
        const watch = carriesBody(method, head) ? new FileWatch(head.headers, refused) : null;
        return new Relay(head, flow, res, {
          expects,
          watch,
          pace,
          unfit: () => fail(502, 'http_protocol_error'),
          refuse,
        });
      },
      failed(error, stale) {
        if (res.headersSent || res.destroyed) return;
        res.off('close', abandon);
        // A pooled connection may have been closed by the origin just as we used it; a new one will tell.
        if (stale && again && !body && REPEATABLE.has(method)) {
          exchange(parts, sides, addresses, false);
          return;
        }
        const [status, kind] = FAILURES[error.code ?? ''] ?? [502, 'http_protocol_error'];
        fail(status, kind);
      },
    },
  );
  return res;
}

const NOWHERE: Sink = { data: () => undefined, end: () => undefined, broken: () => undefined };

/** RFC 9110 §6.4.1. A part from the middle of a file tells nothing of what it is. */
function carriesBody(method: string, { status, headers }: AnswerHead): boolean {
  if (method === 'HEAD' || status === 204 || status === 304) return false;
  return status !== 206 || /^bytes 0-/.test(headers['content-range'] ?? '');
}

function stream(req: IncomingMessage, up: ClientRequest, pace: Pace | null): void {
  req.once('end', () => addTrailers(req.rawTrailers, up));
  req.once('close', () => {
    if (!req.complete) up.destroy();
  });
  if (pace === null) req.pipe(up);
  else req.pipe(new Paced(pace)).pipe(up);
}

/** How the body goes on is our affair, not the client's: exactly one of length and chunks, or neither. */
function framing(req: IncomingMessage, expects: boolean): string[] {
  const headers = expects ? ['Expect', '100-continue'] : [];
  if (req.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
  else if (req.headers['content-length'] === undefined && !REPEATABLE.has(req.method ?? ''))
    headers.push('Content-Length', '0');
  return headers;
}

/** RFC 9110 §15.2: a proxy forwards 1xx answers; 100 has its own way, and 101 can only follow an upgrade. */
function passOn(res: ServerResponse, status: number, rawHeaders: readonly string[]): void {
  if (status === 100) res.writeContinue();
  if (status <= 101 || res.headersSent || res.req.httpVersionMinor === 0) return;
  attempt(() => res.writeInformation(status, trailerPairs(rawHeaders).flat()));
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
