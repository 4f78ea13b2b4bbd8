import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { normaliseHost } from '#filter/host.ts';

/**
 * What a request really asks for. It is parsed once, here; the same host is judged, resolved, connected to and
 * written into the forwarded Host header, so no two parts of the way can read it differently.
 */
export interface Target {
  /** Normalised: lower case, no dot at the end, punycode; IPv4 as four decimals, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query, forwarded byte for byte; `*` for a server-wide OPTIONS. */
  readonly path: string;
  /** For the Host header: brackets where needed, port unless it is the default. */
  readonly authority: string;
}

export type Parsed = { readonly ok: true; readonly target: Target } | { readonly ok: false; readonly reason: string };

const HTTP = 'http://';
const HTTP_PORT = 80;
const refuse = (reason: string): Parsed => ({ ok: false, reason });

/** Absolute form (RFC 9112 §3.2.2), as a browser sends it to a proxy: `http://host:port/path?query`. */
export function parseAbsoluteForm(text: string, method = 'GET'): Parsed {
  if (!isVisibleAscii(text)) return refuse('The address holds a character that no address may hold.');
  const start = HTTP.length;
  if (text.slice(0, start).toLowerCase() !== HTTP)
    return refuse('This proxy forwards http:// addresses; https goes by CONNECT.');
  const end = firstOf(text, '/?#', start);
  const path = text.slice(end);
  // A fragment never travels (RFC 9110 §4.2.5), and a backslash is a slash to some servers and not to others.
  if (path.includes('#')) return refuse('The address holds a fragment.');
  if (path.slice(0, firstOf(path, '?', 0)).includes('\\')) return refuse('The address holds a backslash.');
  const authority = text.slice(start, end);
  const known = sites.get(authority);
  if (known !== undefined)
    return {
      ok: true,
      target: { host: known.host, port: known.port, path: originForm(path, method), authority: known.authority },
    };
  const parsed = withAuthority(authority, HTTP_PORT, originForm(path, method));
  if (parsed.ok) {
    if (sites.size >= MOST_SITES) sites.clear();
    sites.set(authority, parsed.target);
  }
  return parsed;
}

/** A page asks one site for a hundred things; what an authority means is found once. */
const sites = new Map<string, Target>();
const MOST_SITES = 2000;

/** Authority form (RFC 9112 §3.2.3), for CONNECT: `host:port`, and the port must be there. */
export function parseAuthorityForm(text: string): Parsed {
  return withAuthority(text, null, '');
}

/** The value of a Host header, of a request that was sent to us as if we were the site. */
export function parseHostHeader(text: string): Parsed {
  return withAuthority(text, HTTP_PORT, '/');
}

/** Host as it stands in an authority: in brackets when it is IPv6 (RFC 3986 §3.2.2). */
export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

function withAuthority(text: string, defaultPort: number | null, path: string): Parsed {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?$/i.exec(text);
  if (!match) return refuse(faultOf(text));
  const host = plainHost(match[1] ?? '');
  if (host === null) return refuse('The address holds no valid host name.');
  const port = match[2] === undefined ? defaultPort : Number(match[2]);
  if (port === null) return refuse('The address must name a port.');
  if (port < 1 || port > 65535) return refuse('The port must be a number from 1 to 65535.');
  const authority = port === HTTP_PORT ? bracketed(host) : `${bracketed(host)}:${port}`;
  return { ok: true, target: { host, port, path, authority } };
}

function faultOf(authority: string): string {
  if (authority === '') return 'The address holds no host name.';
  if (authority.includes('@')) return 'An address with a user name in it is not accepted.';
  if (authority.includes('\\')) return 'The address holds a backslash.';
  return 'The address holds no valid host name and port.';
}

/** Every way of writing a host comes down to one, above all the odd ways of writing an IP address. */
function plainHost(text: string): string | null {
  const host = normaliseHost(endsInNumber(text) ? readAsBrowsersDo(text) : text);
  if (host === null || !host.includes(':')) return host;
  const address = ipaddr.IPv6.parse(host);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : host;
}

/** WHATWG URL, "ends in a number": `127.1`, `0x7f.1`, `0177.0.0.1` and `2130706433` are all 127.0.0.1. */
const endsInNumber = (text: string): boolean => /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/i.test(text);

function readAsBrowsersDo(text: string): string {
  const host = URL.parse(`http://${text}/`)?.hostname ?? '';
  return isIPv4(host) ? host : '';
}

function originForm(path: string, method: string): string {
  if (path === '') return method === 'OPTIONS' ? '*' : '/'; // RFC 9112 §3.2.4
  return path.startsWith('?') ? `/${path}` : path;
}

const isVisibleAscii = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

function firstOf(text: string, marks: string, from: number): number {
  for (let i = from; i < text.length; i++) if (marks.includes(text[i] ?? '')) return i;
  return text.length;
}
