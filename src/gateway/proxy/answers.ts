import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type BlockPageContext,
  CONTENT_SECURITY_POLICY,
  isNeutral,
  type Notice,
  renderBlockPage,
  renderLine,
  renderNotice,
} from '../block-page/index.ts';
import type { Client, Judgement } from '../judge.ts';
import { PRIVATE_TARGET } from './refusals.ts';

/** Why the proxy answers in place of the site, in the words of RFC 9209 §2.3. */
export type ProxyError =
  | 'http_request_denied'
  | 'http_request_error'
  | 'destination_ip_prohibited'
  | 'dns_error'
  | 'connection_refused'
  | 'connection_timeout'
  | 'connection_terminated'
  | 'destination_unavailable'
  | 'http_protocol_error'
  | 'proxy_internal_error';

const LINGER = 2000;

type Fields = Readonly<Record<string, string>>;

const SAFE: Fields = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** RFC 9209; the details are a structured-field string (RFC 9651 §4.1.6), so printable ASCII. */
export const proxyStatus = (error: ProxyError, details?: string): Fields => ({
  'Proxy-Status': `gatehouse; error=${error}${details ? `; details="${details.replace(/[^\x20-\x7e]|["\\]/g, '_')}"` : ''}`,
});

/** The one place where an answer of our own is written to a client that speaks HTTP. */
export function send(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  type: string,
  body: string,
  more: Fields = {},
): ServerResponse {
  const bytes = Buffer.from(body);
  res.writeHead(status, STATUS_CODES[status], {
    ...SAFE,
    'Content-Type': type,
    'Content-Length': bytes.length,
    // A body that nobody will read is not read to its end either.
    ...(hasBody(req) && { Connection: 'close' }),
    ...more,
  });
  return res.end(req.method === 'HEAD' ? undefined : bytes);
}

export const sendText = (
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  text: string,
  more: Fields = {},
): ServerResponse => send(req, res, status, 'text/plain; charset=utf-8', `${text.trimEnd()}\n`, more);

/** A short page for a person, a line of text for a program. */
export function sendNotice(
  req: IncomingMessage,
  res: ServerResponse,
  context: BlockPageContext,
  status: number,
  notice: Notice,
  more: Fields = {},
): ServerResponse {
  if (!wantsPage(req)) return sendText(req, res, status, `${notice.title}. ${notice.text}`, more);
  return send(req, res, status, 'text/html; charset=utf-8', renderNotice(context, notice), more);
}

/** The block page where somebody will read it; a line where a picture or a script was expected. */
export function sendBlock(
  req: IncomingMessage,
  res: ServerResponse,
  context: BlockPageContext,
  judgement: Judgement,
  host: string,
  client: Client,
): ServerResponse {
  const more = blockedStatus(judgement, context);
  if (!wantsPage(req)) return sendText(req, res, 403, renderLine(context, judgement), more);
  return send(req, res, 403, 'text/html; charset=utf-8', renderBlockPage(context, judgement, host, client), more);
}

/** Names the rule, except where nothing may be said (FIL-19). */
export function blockedStatus(judgement: Judgement, context: BlockPageContext): Fields {
  if (isNeutral(judgement, context)) return proxyStatus('http_request_denied');
  const { rule } = judgement.because;
  return proxyStatus(rule === PRIVATE_TARGET.because.rule ? 'destination_ip_prohibited' : 'http_request_denied', rule);
}

/** Answers a CONNECT that is not granted, and ends the connection: nothing else can follow on it. */
export function refuseTunnel(socket: Duplex, status: number, phrase: string, text: string, more: Fields = {}): void {
  const body = Buffer.from(`${text.trimEnd()}\n`);
  const fields = {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(body.length),
    'Cache-Control': 'no-store',
    ...more,
    Connection: 'close',
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} ${phrase}\r\n${head.join('')}\r\n`), body]));
  // Read what still comes for a while, so that the answer is not lost to a reset.
  socket.resume();
  const cut = setTimeout(() => socket.destroy(), LINGER);
  socket.once('close', () => clearTimeout(cut));
}

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

const PAGE_DESTINATIONS = new Set(['document', 'iframe', 'frame', 'fencedframe']);

function wantsPage({ headers }: IncomingMessage): boolean {
  const destination = headers['sec-fetch-dest'];
  if (typeof destination === 'string') return PAGE_DESTINATIONS.has(destination);
  return headers.accept === undefined || headers.accept.includes('text/html');
}
