import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { MINUTE, SECOND } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import type { Reach } from '#core/reach.ts';
import { fetchOutside } from '#platform/outside.ts';
import { signatureFault } from './minisign.ts';

export interface DownloadLimits {
  /** As it is sent. */
  readonly bytes: number;
  readonly ms: number;
  readonly redirects: number;
  /** So long a server may say nothing; from then on it must send so many bytes a second, or it only keeps us waiting. */
  readonly idleMs: number;
  readonly leastRate: number;
}
export const LIMITS: DownloadLimits = {
  bytes: 200 * 2 ** 20,
  ms: 10 * MINUTE,
  redirects: 3,
  idleMs: 30 * SECOND,
  leastRate: 1024,
};
/** What a single packed list may unpack to; archives are bounded where they are read. */
export const MOST_UNPACKED: number = 4 * 2 ** 30;
const MOST_BESIDE = 16 * 1024;

export interface Wanted {
  /** Asked in this order, the next when one fails. */
  readonly urls: readonly string[];
  /** What is here already; its server may answer that it is still the newest. */
  readonly seen?: {
    readonly from: string;
    readonly etag: string | null;
    readonly lastModified: string | null;
  } | null;
  /** A SHA-256, or `beside`: the publisher keeps it at the same address with `.sha256`. */
  readonly checksum?: string | null;
  /** A public key of minisign; the signature stands at the same address with `.minisig`. */
  readonly publicKey?: string | null;
  readonly authorization?: string | null;
  /** How the bytes are written down, when not as they are. */
  readonly write?: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
}

export interface Copy {
  /** SHA-256 of the bytes as they were sent. */
  readonly digest: string;
  readonly bytes: number;
  readonly from: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/**
 * Fetch a list to `draft`, prove it, and have `check` look at it; null when the server says that nothing is new. Of several
 * addresses the first good one is taken. When none is, nothing is left behind, and a refusal says what was wrong.
 */
export async function download(
  wanted: Wanted,
  draft: string,
  check: (draft: string) => Promise<void>,
  reach: Reach,
  limits: DownloadLimits = LIMITS,
): Promise<Copy | null> {
  const faults: Refusal[] = [];
  for (const url of wanted.urls) {
    try {
      return await fetchFrom(url, wanted, draft, check, reach, limits);
    } catch (e) {
      rmSync(draft, { force: true });
      if (!(e instanceof Refusal)) throw e;
      faults.push(e);
    }
  }
  const [only, ...others] = faults;
  if (only && others.length === 0) throw only;
  throw refuse(faults.map((f, i) => `${URL.parse(wanted.urls[i] ?? '')?.host}: ${f.message}`).join(' '));
}

async function fetchFrom(
  url: string,
  wanted: Wanted,
  draft: string,
  check: (draft: string) => Promise<void>,
  reach: Reach,
  limits: DownloadLimits,
): Promise<Copy | null> {
  const pace = new Pace(limits);
  const signal = AbortSignal.any([AbortSignal.timeout(limits.ms), pace.signal]);
  const { seen, authorization } = wanted;
  const ifNew: Record<string, string> = {};
  if (seen?.from === url && seen.etag) ifNew['if-none-match'] = seen.etag;
  if (seen?.from === url && seen.lastModified) ifNew['if-modified-since'] = seen.lastModified;
  const way = { reach, signal, headers: { ...ifNew, ...(authorization && { authorization }) } };
  mkdirSync(dirname(draft), { recursive: true, mode: 0o700 });
  try {
    const response = await fetchOutside(new URL(url), way, limits.redirects);
    if (response.statusCode === 304 && Object.keys(ifNew).length > 0) {
      response.destroy();
      return null;
    }
    const copy = await keep(response, url, wanted, draft, limits, { signal, pace });
    await prove(copy, url, wanted, draft, way);
    // Reading it may take longer; that is our own affair.
    pace.end();
    if (isPacked(url) && !wanted.write) await unpack(draft, signal);
    await check(draft);
    return copy;
  } catch (e) {
    throw e instanceof Refusal ? e : refuse(signal.aborted ? tooSlow(limits, pace) : saying(e), e);
  } finally {
    pace.end();
  }
}

async function keep(
  response: IncomingMessage,
  from: string,
  { write }: Wanted,
  draft: string,
  limits: DownloadLimits,
  { signal, pace }: { signal: AbortSignal; pace: Pace },
): Promise<Copy> {
  refuseUnlessFile(response, limits);
  const { headers } = response;
  const hash = createHash('sha256');
  let bytes = 0;
  const measured = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      if (bytes === 0 && WEB_PAGE.test(chunk.toString('latin1', 0, 200))) {
        throw refuse('The server sent a web page instead of a list.');
      }
      bytes += chunk.length;
      if (bytes > limits.bytes) throw tooLarge(limits);
      pace.heard(bytes);
      hash.update(chunk);
      yield chunk;
    }
    if (bytes === 0) throw refuse('The server sent an empty file.');
    const said = headers['content-length'];
    if (said !== undefined && Number(said) !== bytes) throw refuse('It ended before it was whole.');
  };
  // Opened before anything can fail, or it might come into being after it was cleared away.
  const out = await open(draft, 'w', 0o600);
  const stream = out.createWriteStream();
  // What is proven is what was sent, so it is unpacked afterwards; but nothing of what nobody may read is written unsealed.
  if (!write) await pipeline(response, measured, stream, { signal });
  else if (isPacked(from)) await pipeline(response, measured, createGunzip(), atMost, write, stream, { signal });
  else await pipeline(response, measured, write, stream, { signal });
  return {
    digest: hash.digest('hex'),
    bytes,
    from,
    etag: headers.etag?.slice(0, 200) ?? null,
    lastModified: headers['last-modified']?.slice(0, 60) ?? null,
  };
}

const WEB_PAGE = /^[\s\u00ef\u00bb\u00bf]*<(?:!doctype|html|head|body|\?xml|script)/i;

/** One list, packed by itself; `.tar.gz` holds many and is unpacked where it is read. */
const isPacked = (url: string): boolean => /(?<!\.tar)\.gz$/i.test(new URL(url).pathname);

async function unpack(draft: string, signal: AbortSignal): Promise<void> {
  const unpacked = `${draft}.unpacked`;
  try {
    await pipeline(createReadStream(draft), createGunzip(), atMost, createWriteStream(unpacked, { mode: 0o600 }), {
      signal,
    });
    renameSync(unpacked, draft);
  } finally {
    rmSync(unpacked, { force: true });
  }
}

async function* atMost(chunks: AsyncIterable<Buffer>) {
  let left = MOST_UNPACKED;
  for await (const chunk of chunks) {
    left -= chunk.length;
    if (left < 0) throw refuse('It unpacks to more than any list holds.');
    yield chunk;
  }
}

function refuseUnlessFile(response: IncomingMessage, limits: DownloadLimits): void {
  const { statusCode, headers } = response;
  const encoded = (headers['content-encoding'] ?? 'identity') !== 'identity';
  const fault =
    statusCode !== 200
      ? refuse(`The server answered ${statusCode}.`)
      : encoded
        ? refuse('The server packed it in a way that nobody asked for.')
        : Number(headers['content-length'] ?? 0) > limits.bytes
          ? tooLarge(limits)
          : null;
  if (!fault) return;
  response.destroy();
  throw fault;
}

/** Is it what its publisher says it is? */
async function prove(
  copy: Copy,
  url: string,
  { checksum, publicKey }: Wanted,
  draft: string,
  way: Parameters<typeof fetchOutside>[1],
): Promise<void> {
  if (checksum) {
    const said = checksum === 'beside' ? /[0-9a-f]{64}/i.exec(await beside(url, '.sha256', way))?.[0] : checksum;
    if (said?.toLowerCase() !== copy.digest) throw refuse('Its checksum is not the one that was promised.');
  }
  if (publicKey) {
    const fault = await signatureFault(publicKey, await beside(url, '.minisig', way), draft);
    if (fault) throw refuse(fault);
  }
}

async function beside(url: string, ending: string, way: Parameters<typeof fetchOutside>[1]): Promise<string> {
  const address = new URL(url);
  address.pathname += ending;
  const response = await fetchOutside(address, { ...way, headers: {} }, LIMITS.redirects);
  if (response.statusCode !== 200) {
    response.destroy();
    throw refuse(
      `Nothing that proves it stands beside it: asked for ${ending}, the server answered ${response.statusCode}.`,
    );
  }
  let text = '';
  for await (const chunk of response) {
    text += chunk;
    if (text.length > MOST_BESIDE) throw refuse(`What stands beside it as ${ending} is too long.`);
  }
  return text;
}

const refuse = (message: string, cause?: unknown): Refusal =>
  new Refusal('unavailable', 'lists.download', message, { cause });
const tooLarge = ({ bytes }: DownloadLimits) =>
  refuse(`It is larger than ${Math.round(bytes / 2 ** 20)} MiB, the most that is fetched.`);

const tooSlow = ({ ms }: DownloadLimits, pace: Pace): string =>
  pace.signal.aborted
    ? 'The server sends so slowly that it never ends.'
    : `It did not come within ${Math.round(ms / 1000)} seconds.`;

/** A server that sends a byte now and then would keep all lists waiting. */
class Pace {
  readonly #stop = new AbortController();
  readonly #limits: DownloadLimits;
  readonly #began = performance.now();
  #timer: NodeJS.Timeout;

  constructor(limits: DownloadLimits) {
    this.#limits = limits;
    this.#timer = setTimeout(() => this.#stop.abort(), limits.idleMs);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  heard(bytes: number): void {
    const { idleMs, leastRate } = this.#limits;
    const ms = performance.now() - this.#began;
    if (ms > idleMs && (bytes * 1000) / ms < leastRate) this.#stop.abort();
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

function saying(e: unknown): string {
  const { code } = (e instanceof Error ? e : {}) as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') return 'It ended before it was whole.';
  if (code === 'Z_DATA_ERROR') return 'It is damaged.';
  return `It could not be fetched${code ? ` (${code})` : ''}.`;
}
