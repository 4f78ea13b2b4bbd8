import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { BlockPageContext } from '../block-page/index.ts';
import type { Judge } from '../judge.ts';
import { send, sendBlock, sendNotice, sendText } from './answers.ts';
import { clientAddress } from './gate.ts';
import { valuesOf } from './headers.ts';
import { type Listening, listen } from './listen.ts';
import { PAC_TYPE, pacScript } from './pac.ts';
import { bracketed, parseHostHeader } from './target.ts';

export interface LocalParts {
  readonly judge: Judge;
  readonly page: () => BlockPageContext;
  /** Where the proxy itself listens, for the PAC file; the address is the one the client found us at. */
  readonly proxyPort: () => number;
  /** `name:port` to put into the PAC file instead, where clients reach the proxy under another address. */
  readonly advertise?: string;
}

const PAC_PATHS = new Set(['/proxy.pac', '/wpad.dat']);

/**
 * Answers a request that was sent to us as if we were the site: a browser whose look-up was answered with our
 * address, or one that asks how to use the proxy. Nothing is recorded here: the decision that led somebody here
 * was recorded where it was made (DNS), and counting it twice would raise alerts twice (MON-07).
 */
export function answerLocally(
  { judge, page, proxyPort, advertise }: LocalParts,
  req: IncomingMessage,
  res: ServerResponse,
): ServerResponse {
  const context = page();
  const path = (req.url ?? '').split('?', 1)[0] ?? '';
  if (PAC_PATHS.has(path) && (req.method === 'GET' || req.method === 'HEAD')) {
    const socket = req.socket as TLSSocket;
    const here = (socket.localAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    // Never the Host header: a script that could be made to name another proxy would be a gift.
    const address = advertise ?? `${bracketed(here)}:${proxyPort()}`;
    return send(req, res, 200, PAC_TYPE, pacScript({ address, tls: socket.encrypted === true }, context.pagesUrl));
  }
  const hosts = valuesOf(req.rawHeaders, 'host');
  const parsed = parseHostHeader(hosts[0] ?? '');
  if (hosts.length > 1 || (hosts.length === 1 && !parsed.ok)) {
    return sendText(req, res, 400, 'The request names no site, or more than one.');
  }
  if (!parsed.ok || !isSite(parsed.target.host)) return sendSignpost(req, res, context);

  const { host } = parsed.target;
  const client = judge.identify(clientAddress(req));
  const judgement = judge.judge(client, host, req.url);
  if (judgement.outcome === 'block') return sendBlock(req, res, context, judgement, host, client);
  const notice = {
    title: 'This site is open to you now',
    text: `Your device still remembers the old answer for ${host}. Please try again in a minute.`,
    link: { href: `http://${bracketed(host)}/`, text: 'Try again' },
  };
  return sendNotice(req, res, context, 503, notice, { 'Retry-After': '60' });
}

/** Our own address or a plain name of ours is no site that somebody was kept from. */
const isSite = (host: string): boolean => isIP(host) === 0 && host.includes('.') && !host.startsWith('wpad.');

function sendSignpost(req: IncomingMessage, res: ServerResponse, context: BlockPageContext): ServerResponse {
  return sendNotice(req, res, context, 404, {
    title: 'This is the school’s internet filter',
    text: 'There is nothing to see at this address.',
    ...(context.pagesUrl !== null && { link: { href: context.pagesUrl, text: 'Go to the online-safety pages' } }),
  });
}

export interface BlockPageOptions extends Omit<LocalParts, 'proxyPort'> {
  readonly listen: { readonly address: string; readonly port: number };
  readonly proxyPort: number;
  readonly reusePort?: boolean;
}

/** A listener of its own (port 80, say) for blocked names that lead here, and for WPAD. */
export function startBlockPage(options: BlockPageOptions): Promise<Listening> {
  const parts = { ...options, proxyPort: () => options.proxyPort };
  const server = createServer({ maxHeaderSize: 32 * 1024 }, (req, res) => answerLocally(parts, req, res));
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  return listen(server, options.listen, { reusePort: options.reusePort ?? false, grace: 1000 });
}
