import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Endpoint, formatEndpoint } from '#core/endpoint.ts';
import { invalid, Refusal } from '#core/errors.ts';
import { type EvidenceConfig, parseEvidence } from './config.evidence.ts';

export interface Config {
  readonly data: string;
  readonly http: Endpoint;
  readonly dns: Endpoint;
  readonly proxy: Endpoint;
  /** Where names that are blocked lead: an ordinary web port on the gateway. */
  readonly block: Endpoint;
  readonly upstreamDns: readonly Endpoint[];
  /** Folder, archive or URL with category lists, beside the starter lists. */
  readonly lists: string | null;
  /** The largest list that is fetched, in bytes as it is sent. */
  readonly listBytes: number;
  /** The feeds of illegal content (FIL-02), as far as this school has them. */
  readonly slots: Readonly<Record<SlotName, SlotFeed | null>>;
  /** smtp://user:password@host:port, null when mail is set up in the pages instead. */
  readonly smtp: string | null;
  /** Outside PostgreSQL; null means that Gatehouse runs its own. */
  readonly databaseUrl: string | null;
  /** PEM files that make the proxy speak TLS, so that sign-in to it may cross the network. */
  readonly proxyTls: { readonly cert: string; readonly key: string } | null;
  /** How people's browsers reach the pages, when that is not `http`. */
  readonly pagesUrl: string;
  readonly evidence: EvidenceConfig;
}

/** Internet Watch Foundation; Counter-Terrorism Internet Referral Unit. */
export type SlotName = 'iwf' | 'ctiru';
/** A web address, or the path of a file that somebody else keeps fresh. */
export interface SlotFeed {
  readonly location: string;
  /** Of the `authorization` header; never logged, shown or stored. */
  readonly authorization: string | null;
}

/** One row per setting: what it is called, what stands in its place when it is missing, and what it is for. */
export const SETTINGS = [
  ['GATEHOUSE_DATA', './data', 'folder for the database, lists, index and spool'],
  ['GATEHOUSE_HTTP', '127.0.0.1:8080', 'address:port of the pages'],
  ['GATEHOUSE_DNS', '127.0.0.1:5300', 'address:port of the filtering DNS (UDP and TCP)'],
  ['GATEHOUSE_PROXY', '127.0.0.1:3128', 'address:port of the filtering proxy; also serves /proxy.pac'],
  [
    'GATEHOUSE_BLOCK',
    '127.0.0.1:8081',
    'address:port of the block page that blocked names lead to (port 80 in a school)',
  ],
  ['GATEHOUSE_UPSTREAM_DNS', 'the machine’s own', 'address[:port] of the DNS to forward to, several with commas'],
  ['GATEHOUSE_LISTS', '', 'folder, .tar.gz or URL of category lists to load besides the starter lists'],
  ['GATEHOUSE_LIST_SIZE', '200', 'the largest list that is fetched, in MiB as it is sent'],
  ['GATEHOUSE_IWF_URL', '', 'feed or file of the Internet Watch Foundation’s list, for its members'],
  ['GATEHOUSE_IWF_USER', '', 'user name at that feed'],
  ['GATEHOUSE_IWF_PASSWORD', '', 'password at that feed'],
  ['GATEHOUSE_IWF_TOKEN', '', 'or a token, where the feed wants that'],
  ['GATEHOUSE_CTIRU_URL', '', 'feed or file of the police list of unlawful terrorist content'],
  ['GATEHOUSE_CTIRU_USER', '', 'user name at that feed'],
  ['GATEHOUSE_CTIRU_PASSWORD', '', 'password at that feed'],
  ['GATEHOUSE_CTIRU_TOKEN', '', 'or a token, where the feed wants that'],
  ['GATEHOUSE_SMTP', '', 'smtp://user:password@host:port of the mail server'],
  ['GATEHOUSE_PAGES_URL', '', 'how browsers reach the pages, when not http://GATEHOUSE_HTTP'],
  [
    'GATEHOUSE_PROXY_CERT',
    '',
    'PEM file with the proxy’s certificate: the proxy then speaks TLS and sign-in to it may cross the network',
  ],
  ['GATEHOUSE_PROXY_KEY', '', 'PEM file with the key of that certificate'],
  [
    'GATEHOUSE_EVIDENCE_KEY',
    'a key file in the data folder',
    '32 bytes in base64 that wrap the keys of evidence files',
  ],
  ['GATEHOUSE_EVIDENCE_KEY_BEFORE', '', 'the key before that, until "gatehouse evidence rotate" has run'],
  [
    'GATEHOUSE_EVIDENCE_ESCROW',
    '',
    'PEM file with the public RSA key of the outside body that alone can open sealed evidence; without it no file is taken in',
  ],
  ['GATEHOUSE_CLAMD', '', 'host:port or socket of ClamAV’s clamd; without it evidence is marked as not scanned'],
  ['DATABASE_URL', '', 'postgres://owner:password@host/database of your own PostgreSQL 18; empty: Gatehouse runs one'],
] as const;

export type SettingName = (typeof SETTINGS)[number][0];
export type Environment = Partial<Record<string, string>>;

/** Every wrong value is one clear sentence; the first one found is thrown. */
export function readConfig(env: Environment, cwd: string, defaultData = './data'): Config {
  const value = (name: SettingName) => env[name]?.trim() || undefined;
  const listen = (name: SettingName) => {
    const fallback = SETTINGS.find(([n]) => n === name)?.[1] ?? '';
    return parseEndpoint(value(name) ?? fallback, name);
  };
  const http = listen('GATEHOUSE_HTTP');
  const block = listen('GATEHOUSE_BLOCK');
  // Blocked names are answered with this address, so it must be one.
  if (block.address === '0.0.0.0' || block.address === '::') {
    throw invalid(
      'config.block',
      'GATEHOUSE_BLOCK must be one address of this machine that browsers can reach, not all of them.',
    );
  }
  const config: Config = {
    data: resolve(cwd, (value('GATEHOUSE_DATA') ?? defaultData).replace(/^~(?=\/|$)/, homedir())),
    http,
    dns: listen('GATEHOUSE_DNS'),
    proxy: listen('GATEHOUSE_PROXY'),
    block,
    upstreamDns: parseUpstreams(value('GATEHOUSE_UPSTREAM_DNS')),
    lists: value('GATEHOUSE_LISTS') ?? null,
    listBytes: parseSize(value('GATEHOUSE_LIST_SIZE') ?? '200'),
    slots: { iwf: parseSlot('IWF', value, cwd), ctiru: parseSlot('CTIRU', value, cwd) },
    smtp: parseUrl(value('GATEHOUSE_SMTP'), 'GATEHOUSE_SMTP', ['smtp:', 'smtps:']),
    proxyTls: parseTls(value('GATEHOUSE_PROXY_CERT'), value('GATEHOUSE_PROXY_KEY')),
    databaseUrl: parseUrl(value('DATABASE_URL'), 'DATABASE_URL', ['postgres:', 'postgresql:']),
    pagesUrl: (
      parseUrl(value('GATEHOUSE_PAGES_URL'), 'GATEHOUSE_PAGES_URL', ['http:', 'https:']) ??
      `http://${formatEndpoint(http)}`
    ).replace(/\/+$/, ''),
    evidence: parseEvidence(value),
  };
  for (const name of Object.keys(env)) {
    if (name.startsWith('GATEHOUSE_') && !SETTINGS.some(([n]) => n === name)) {
      throw invalid('config.unknown', `${name} is not a setting of Gatehouse. "npm start -- --help" lists them.`);
    }
  }
  return config;
}

function parseSize(text: string): number {
  const mib = Number(text);
  if (!Number.isInteger(mib) || mib < 1 || mib > 4096) {
    throw invalid('config.size', `GATEHOUSE_LIST_SIZE is "${text}", but it must be a number of MiB from 1 to 4096.`);
  }
  return mib * 2 ** 20;
}

function parseSlot(
  slot: 'IWF' | 'CTIRU',
  value: (name: SettingName) => string | undefined,
  cwd: string,
): SlotFeed | null {
  const name = `GATEHOUSE_${slot}_URL` as const;
  const [location, token] = [value(name), value(`GATEHOUSE_${slot}_TOKEN`)];
  const [user, password] = [value(`GATEHOUSE_${slot}_USER`), value(`GATEHOUSE_${slot}_PASSWORD`)];
  if (!location) {
    if (token || user || password) throw invalid('config.slot', `${name} is missing beside what opens that feed.`);
    return null;
  }
  const basic = user || password ? `Basic ${Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64')}` : null;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(location)) return { location: resolve(cwd, location), authorization: null };
  const url = new URL(parseUrl(location, name, ['https:', 'http:']) ?? location);
  if (url.username || url.password) {
    throw invalid(
      'config.slot',
      `Leave user name and password out of ${name}: GATEHOUSE_${slot}_USER and _PASSWORD hold them.`,
    );
  }
  return { location: url.href, authorization: token ? `Bearer ${token}` : basic };
}

export function parseEndpoint(text: string, name: string, defaultPort?: number): Endpoint {
  const m = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? (isIP(text) === 6 ? [text, text] : null);
  const address = m?.[1] ?? m?.[2] ?? '';
  const port = m?.[3] === undefined ? defaultPort : Number(m[3]);
  if (isIP(address) === 0 || port === undefined || port > 65535) {
    const example = defaultPort === undefined ? '127.0.0.1:8080' : '192.0.2.53 or 192.0.2.53:53';
    throw invalid(
      'config.address',
      `${name} is "${text}", but it must be an IP address and a port such as ${example}.`,
    );
  }
  return { address, port };
}

function parseUpstreams(text: string | undefined): Endpoint[] {
  if (text) return text.split(',').map((t) => parseEndpoint(t.trim(), 'GATEHOUSE_UPSTREAM_DNS', 53));
  return systemResolvers();
}

/** The machine's own resolvers; a public pair only where the machine names none. */
function systemResolvers(): Endpoint[] {
  let text = '';
  try {
    text = readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    // No such file (Windows, a bare container): the fall-back below.
  }
  const found = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)]
    .map((m) => m[1] ?? '')
    .filter((a) => isIP(a) !== 0)
    .map((address) => ({ address, port: 53 }));
  return found.length > 0
    ? found
    : [
        { address: '9.9.9.9', port: 53 },
        { address: '1.1.1.1', port: 53 },
      ];
}

function parseUrl(text: string | undefined, name: string, protocols: string[]): string | null {
  if (!text) return null;
  const url = URL.parse(text);
  if (!url || !protocols.includes(url.protocol) || !url.hostname) {
    throw invalid(
      'config.url',
      `${name} must be a URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}.`,
    );
  }
  return text;
}

function parseTls(cert: string | undefined, key: string | undefined): Config['proxyTls'] {
  if (!cert && !key) return null;
  const read = (name: string, path: string | undefined) => {
    try {
      return readFileSync(path ?? '', 'utf8');
    } catch (cause) {
      throw new Refusal(
        'invalid',
        'config.tls',
        `${name} must be a PEM file that can be read; GATEHOUSE_PROXY_CERT and GATEHOUSE_PROXY_KEY go together.`,
        { cause },
      );
    }
  };
  return { cert: read('GATEHOUSE_PROXY_CERT', cert), key: read('GATEHOUSE_PROXY_KEY', key) };
}

/** The text of `--help`. */
export function settingsHelp(): string {
  const width = Math.max(...SETTINGS.map(([n]) => n.length));
  const rows = SETTINGS.map(([n, d, about]) => `  ${n.padEnd(width)}  ${about}${d ? ` (${d})` : ''}`);
  return ['Settings, by environment:', ...rows].join('\n');
}

/** How a gateway on this machine reaches control, whatever address browsers use. */
export function controlUrl({ http }: Config): string {
  const address = { '0.0.0.0': '127.0.0.1', '::': '::1' }[http.address] ?? http.address;
  return `http://${formatEndpoint({ address, port: http.port })}`;
}

/** Paths inside the data folder, in one place. */
export const dataPaths = (data: string) => ({
  lock: join(data, 'lock'),
  postgres: join(data, 'postgres'),
  control: join(data, 'control'),
  lists: join(data, 'control', 'lists'),
  index: join(data, 'control', 'index'),
  seals: join(data, 'seals'),
  gateway: join(data, 'gateway'),
  evidence: join(data, 'evidence'),
});
