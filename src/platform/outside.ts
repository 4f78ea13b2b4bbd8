import { lookup } from 'node:dns';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Refusal } from '#core/errors.ts';
import type { Reach } from '#core/reach.ts';

export interface Way {
  readonly reach: Reach;
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Ask an address that somebody entered, and follow where it sends on: at most so many times, never away from the web, and
 * each address looked at like the first. The answer's body is the caller's to read or to destroy.
 */
export async function fetchOutside(url: URL, way: Way, redirects: number): Promise<IncomingMessage> {
  const response = await get(url, way);
  const { statusCode = 0, headers } = response;
  if (statusCode < 300 || statusCode > 399 || !headers.location) return response;
  response.destroy();
  if (redirects === 0) throw refuse('The server sends on from address to address without end.');
  const next = URL.parse(headers.location, url);
  if (next?.protocol !== 'http:' && next?.protocol !== 'https:') throw refuse('The server sends on to no web address.');
  // What opens one server is not shown to another.
  const { authorization, ...others } = way.headers ?? {};
  const kept = authorization !== undefined && next.origin === url.origin ? { ...others, authorization } : others;
  return fetchOutside(next, { ...way, headers: kept }, redirects - 1);
}

/**
 * Whoever may enter an address must not be able to make this server ask others inside the school's walls, so the very
 * address that is connected to is looked at, whatever its name says (server-side request forgery).
 */
function get(url: URL, { reach, signal, headers: wanted }: Way): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !reach.permits(host)) throw outOfReach();
  const permitted: LookupFunction = (name, options, found) =>
    lookup(name, { ...options, all: true }, (error, addresses = []) => {
      const [first, ...others] = addresses.filter((a) => reach.permits(a.address));
      if (error ?? !first) found(error ?? outOfReach(), []);
      else if (options.all) found(null, [first, ...others]);
      else found(null, first.address, first.family);
    });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  (url.protocol === 'https:' ? https : http)
    .get(url, { agent: false, lookup: permitted, signal, headers: { ...wanted, 'user-agent': 'Gatehouse' } }, resolve)
    .on('error', reject);
  return promise;
}

const outOfReach = () =>
  refuse(
    'The address lies in a private network. Only the internet is asked, and the networks that the settings allow.',
  );

const refuse = (message: string): Refusal => new Refusal('unavailable', 'outside', message);
