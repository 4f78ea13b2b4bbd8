import Type from 'typebox';
import { readData } from './data-file.ts';
import { normaliseHost } from './host.ts';
import { HOST_PATTERN, HostPatterns } from './host-patterns.ts';

const Regex = Type.String({ format: 'regex' });
const Wrapper = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    kind: Type.Enum(['translator', 'archive', 'cache', 'redirect', 'reader']),
    hosts: Type.Array(Type.String({ pattern: HOST_PATTERN }), { minItems: 1 }),
    /** The inner host is spelt in the label below the pattern: `www-bbc-co-uk.translate.goog`. */
    subdomain: Type.Optional(Type.Literal(true)),
    /** On these paths only, without the query. */
    paths: Type.Optional(Regex),
    /** The inner address is the value of one of these. */
    parameters: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    /** … of which this group is the address, */
    value: Type.Optional(Regex),
    /** … written in base64. */
    base64: Type.Optional(Type.Literal(true)),
    /** The inner address is this group of path and query. */
    address: Type.Optional(Regex),
  },
  { additionalProperties: false },
);

/** Another site's page, brought by a site that is called by its own name. */
export interface Wrapped {
  /** Normalised. */
  readonly host: string;
  /** Path and query; `undefined` where only the host can be seen. */
  readonly path: string | undefined;
  readonly kind: 'translator' | 'archive' | 'cache' | 'redirect' | 'reader';
}

interface Way {
  readonly kind: Wrapped['kind'];
  readonly read: (host: string, path: string | undefined) => Inner[];
}
type Inner = Omit<Wrapped, 'kind'>;

const ways = load();

/**
 * The addresses inside an address, as far as host and path show them, one layer at a time. Mostly none; more than one
 * where the wrapper could read its address in two ways, since which it takes is its affair.
 */
export function unwrap(host: string, path: string | undefined): readonly Wrapped[] {
  const known = ways.find(host);
  if (known === undefined) return NOTHING;
  const plain = path === undefined ? undefined : withoutNeedlessEscapes(path);
  return known.flatMap(({ kind, read }) => read(host, plain).map((inner) => ({ ...inner, kind })));
}

const SHOWS_OTHERS: readonly Wrapped['kind'][] = ['translator', 'archive', 'reader'];

/**
 * Is it what this host is for to show other sites' pages? A search engine, which leads on to them besides, is not meant:
 * its address says nothing without its path.
 */
export function showsOthers(host: string): boolean {
  const kinds = ways.find(host)?.map((w) => w.kind) ?? [];
  return kinds.some((k) => SHOWS_OTHERS.includes(k)) && !kinds.includes('redirect');
}

/** A request head holds thousands; whoever sends more than this is not reading a page. */
const MOST_VALUES = 64;

const NOTHING: readonly Wrapped[] = [];

/** `/%77eb` is `/web` to every server (RFC 3986 §6.2.2.2). */
const withoutNeedlessEscapes = (path: string): string =>
  path.replace(/%(2[de]|3[0-9]|[46][1-9a-f]|[57][0-9a]|5f|7e)/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );

/** Endings (`.translate.goog`) with which every host wraps another: all that a DNS question or a CONNECT shows of it. */
export const WRAPPING_ENDINGS: readonly string[] = readWrappers()
  .filter((w) => w.subdomain)
  .flatMap((w) => w.hosts.map((h) => h.slice(1)));

function readWrappers() {
  return readData('wrappers.json', Type.Object({ wrappers: Type.Array(Wrapper) }, { additionalProperties: false }))
    .wrappers;
}

function load(): HostPatterns<Way[]> {
  const byPattern = new Map<string, Way[]>();
  for (const { kind, hosts, subdomain, paths, parameters, value, base64, address } of readWrappers()) {
    const reads: Way['read'][] = [];
    if (parameters) reads.push(inParameter(paths, parameters, value, base64 ?? false));
    if (address) reads.push(inAddress(address));
    for (const pattern of hosts) {
      const made = subdomain ? [...reads, inSubdomain(pattern.slice(1))] : reads;
      const known = byPattern.get(pattern) ?? [];
      byPattern.set(pattern, [...known, ...made.map((read) => ({ kind, read }))]);
    }
  }
  return new HostPatterns(byPattern);
}

/**
 * Google's spelling, for translate.goog and AMP caches alike: dots are hyphens, hyphens are doubled, and what would look
 * like punycode stands between `0-` and `-0`.
 */
function inSubdomain(suffix: string): Way['read'] {
  return (whole, path) => {
    const label = whole.slice(0, -suffix.length);
    if (label.includes('.')) return [];
    const spelt = /^0-(.+)-0$/.exec(label)?.[1] ?? label;
    const host = normaliseHost(spelt.replace(/--|-/g, (hyphens) => (hyphens === '--' ? '-' : '.')));
    return host?.includes('.') ? [{ host, path }] : [];
  };
}

function inParameter(
  paths: string | undefined,
  names: readonly string[],
  value: string | undefined,
  base64: boolean,
): Way['read'] {
  const onPaths = paths === undefined ? null : new RegExp(paths);
  const part = value === undefined ? null : new RegExp(value);
  return (_host, whole) => {
    const question = whole?.indexOf('?') ?? -1;
    if (whole === undefined || question < 0 || (onPaths && !onPaths.test(whole.slice(0, question)))) return [];
    const query = new URLSearchParams(whole.slice(question));
    return names
      .flatMap((name) => query.getAll(name))
      .slice(0, MOST_VALUES)
      .map((given) => (part === null ? given : (part.exec(given)?.[1] ?? '')))
      .flatMap((found) => readAddress(base64 ? Buffer.from(found, 'base64url').toString() : found));
  };
}

function inAddress(pattern: string): Way['read'] {
  const part = new RegExp(pattern);
  return (_host, path) => {
    const found = path === undefined ? undefined : part.exec(path)?.[1];
    return found === undefined ? [] : readAddress(found);
  };
}

/** However it is written: with or without its scheme, encoded once or more, with one slash where there should be two. */
function readAddress(text: string): Inner[] {
  const plain = decoded(text);
  const [, , rest = ''] = /^(?:(https?)(?::\/*|\/))?(.*)$/is.exec(plain) ?? [];
  const url = URL.parse(`http://${rest.replace(/^\/+/, '')}`);
  const host = url === null ? null : normaliseHost(url.hostname);
  if (url === null || host === null || !(host.includes('.') || host.includes(':'))) return [];
  return [{ host, path: url.pathname + url.search }];
}

/** An address that came encoded begins so; one that did not must keep its own encoding. */
function decoded(text: string): string {
  let plain = text;
  for (let layer = 0; layer < 3 && /^[a-z0-9.-]*%(?:3a|2f|25)/i.test(plain); layer++) {
    try {
      plain = decodeURIComponent(plain);
    } catch {
      return plain;
    }
  }
  return plain;
}
