import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

/** RFC 1035, section 2.3.4: 255 octets on the wire are 253 characters of text. */
const MAX_HOST = 253;
const MAX_LABEL = 63;

/** Nothing longer is worth matching; a longer address is still matched by its first part. */
export const MAX_PATH = 2048;

/**
 * One spelling for every host: lower case, no dot at the end, IDNA in punycode; IPv4 as four decimals, IPv6
 * compressed and without brackets (RFC 5952). `null` when it is no host at all.
 */
export function normaliseHost(text: string): string | null {
  if (text.length > 4 * MAX_HOST) return null;
  const address = normaliseAddress(text);
  if (address !== null) return address;
  let host = isAscii(text) ? text.toLowerCase() : domainToASCII(text);
  if (host.endsWith('.')) host = host.slice(0, -1);
  if (isIPv4(host)) return host;
  return isHostName(host) ? host : null;
}

/** An IP address as it is written in an index: matched whole, never by its parts. */
export const isAddress = (host: string): boolean => isIPv4(host) || host.includes(':');

function normaliseAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (!isIPv6(bare) || bare.includes('%')) return null;
  return new URL(`http://[${bare}]/`).hostname.slice(1, -1);
}

/** Underscores are no part of a host name (RFC 952), but real services and real lists use them. */
function isHostName(host: string): boolean {
  if (host.length === 0 || host.length > MAX_HOST) return false;
  const labels = host.split('.');
  if (!labels.every((label) => label.length <= MAX_LABEL && /^[a-z0-9_-]+$/.test(label))) return false;
  // Browsers read a host whose last label is a number as an IPv4 address (WHATWG URL, "ends in a number").
  return !/^\d+$/.test(labels[labels.length - 1] ?? '');
}

const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);

/**
 * One spelling for the rest of an address: lower case, percent-encoding undone where it hides a printable
 * character, `.` and `..` resolved, no double or last slash, no fragment. `''` stands for the whole host.
 */
export function normalisePath(raw: string): string {
  const whole = cutAt(raw, '#')
    .slice(0, 4 * MAX_PATH)
    .toWellFormed();
  const path = cutAt(whole, '?');
  const query = decodePrintable(whole.slice(path.length + 1)).toLowerCase();
  const segments: string[] = [];
  for (const segment of decodePrintable(path).toLowerCase().split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const plain = segments.length > 0 ? `/${segments.join('/')}` : '';
  return (query === '' ? plain : `${plain}?${query}`).slice(0, MAX_PATH);
}

const cutAt = (text: string, mark: string): string => {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
};

/** `%41` and `A` are the same to a server (RFC 3986, section 6.2.2.2). Bytes beyond ASCII stay encoded. */
const decodePrintable = (text: string): string =>
  text
    .replace(/[^\x00-\x7f]+/g, encodeURIComponent)
    .replace(/%(2[1-9a-f]|[3-6][0-9a-f]|7[0-9a-e])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
