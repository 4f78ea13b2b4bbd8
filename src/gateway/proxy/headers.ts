/** What we call ourselves in Via (RFC 9110 §7.6.3): a pseudonym, so nothing of the school's network is told. */
const VIA = '1.1 gatehouse';

/** For this connection only (RFC 9110 §7.6.1, §11.7), so never forwarded. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Written anew on every request from what was judged or negotiated here. */
const OURS = new Set(['host', 'expect', 'http2-settings']);

/** Never dropped because a Connection header names them: without its length a message could end somewhere else. */
const FRAMING = new Set(['content-length', 'host']);

/** Name, value, name, value …, as Node keeps them: order and repetition survive. */
export type RawHeaders = readonly string[];

/** Every value of one header. */
export function valuesOf(raw: RawHeaders, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    // By length first: most names need not be put into lower case to be told apart.
    if (raw[i]?.length === name.length && raw[i]?.toLowerCase() === name) values.push(raw[i + 1] ?? '');
  }
  return values;
}

/** The headers of a request as the origin shall see them. `host` is the authority that was judged. */
export function requestHeaders(raw: RawHeaders, host: string, more: RawHeaders): string[] {
  return [...endToEnd(raw, ['Host', host], OURS), 'Via', VIA, ...more];
}

/** The headers of an answer as the client shall see them. */
export function responseHeaders(raw: RawHeaders): string[] {
  return [...endToEnd(raw, [], NONE), 'Via', VIA];
}

/** Trailers may not say what only a header may (RFC 9110 §6.5.1). */
export function trailerPairs(raw: RawHeaders): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase()) && !FRAMING.has(name.toLowerCase())) pairs.push([name, raw[i + 1] ?? '']);
  }
  return pairs;
}

const NONE: ReadonlySet<string> = new Set();

function endToEnd(raw: RawHeaders, out: string[], without: ReadonlySet<string>): string[] {
  const named = namedByConnection(raw);
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || without.has(lower) || named.has(lower)) continue;
    out.push(name, raw[i + 1] ?? '');
  }
  return out;
}

function namedByConnection(raw: RawHeaders): ReadonlySet<string> {
  const tokens = valuesOf(raw, 'connection').flatMap((value) => value.toLowerCase().split(','));
  if (tokens.length === 0) return NONE;
  return new Set(tokens.map((token) => token.trim()).filter((name) => !FRAMING.has(name)));
}
