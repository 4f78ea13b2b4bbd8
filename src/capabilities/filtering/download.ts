import { lookup } from 'node:dns';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MINUTE } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import type { Reach } from '#core/reach.ts';

export interface DownloadLimits {
  readonly bytes: number;
  readonly ms: number;
  readonly redirects: number;
}
const LIMITS: DownloadLimits = { bytes: 512 * 1024 * 1024, ms: 10 * MINUTE, redirects: 3 };

/**
 * Fetch a list to `file`. It is written beside its place and moved there when `check` found it whole, so whatever goes
 * wrong, the last good copy stays. Throws a refusal that says in one sentence what was wrong.
 */
export async function download(
  url: string,
  file: string,
  check: (draft: string) => Promise<void>,
  reach: Reach,
  limits: DownloadLimits = LIMITS,
): Promise<void> {
  const draft = `${file}.${process.pid}.draft`;
  const signal = AbortSignal.timeout(limits.ms);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const response = await follow(new URL(url), { reach, signal }, limits.redirects);
    if (Number(response.headers['content-length'] ?? 0) > limits.bytes) throw tooLarge(limits);
    // Opened before anything can fail, or it might come into being after it was cleared away.
    const out = await open(draft, 'w', 0o600);
    await pipeline(response, atMost(limits), out.createWriteStream(), { signal });
    await check(draft);
    renameSync(draft, file);
  } catch (e) {
    throw e instanceof Refusal ? e : refuse(signal.aborted ? tooSlow(limits) : saying(e), e);
  } finally {
    rmSync(draft, { force: true });
  }
}

interface Way {
  readonly reach: Reach;
  readonly signal: AbortSignal;
}

/** Redirects are followed by hand: at most a few, never away from the web, and each looked at like the first address. */
async function follow(url: URL, way: Way, left: number): Promise<IncomingMessage> {
  const response = await get(url, way);
  const { statusCode = 0, headers } = response;
  if (statusCode === 200) return response;
  response.destroy();
  if (statusCode < 300 || statusCode > 399 || !headers.location) throw refuse(`The server answered ${statusCode}.`);
  if (left === 0) throw refuse('The server sends on from address to address without end.');
  const next = URL.parse(headers.location, url);
  if (next?.protocol !== 'http:' && next?.protocol !== 'https:') throw refuse('The server sends on to no web address.');
  return follow(next, way, left - 1);
}

/**
 * Whoever may enter a list source must not be able to make this server ask others inside the school's walls, so the very
 * address that is connected to is looked at, whatever its name says (server-side request forgery).
 */
function get(url: URL, { reach, signal }: Way): Promise<IncomingMessage> {
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
    .get(url, { agent: false, lookup: permitted, signal, headers: { 'user-agent': 'Gatehouse' } }, resolve)
    .on('error', reject);
  return promise;
}

const outOfReach = () =>
  refuse(
    'The address lies in a private network. Lists are fetched from the internet, and from networks that the settings allow.',
  );

const atMost = (limits: DownloadLimits) =>
  async function* (chunks: AsyncIterable<Buffer>) {
    let total = 0;
    for await (const chunk of chunks) {
      total += chunk.length;
      if (total > limits.bytes) throw tooLarge(limits);
      yield chunk;
    }
    if (total === 0) throw refuse('The server sent an empty file.');
  };

const refuse = (message: string, cause?: unknown): Refusal =>
  new Refusal('unavailable', 'lists.download', message, { cause });
const tooLarge = ({ bytes }: DownloadLimits) =>
  refuse(`It is larger than ${Math.round(bytes / 1024 / 1024)} MiB, the most that is fetched.`);

const tooSlow = ({ ms }: DownloadLimits): string => `It did not come within ${Math.round(ms / 1000)} seconds.`;

function saying(e: unknown): string {
  const { code } = (e instanceof Error ? e : {}) as NodeJS.ErrnoException;
  return `It could not be fetched${code ? ` (${code})` : ''}.`;
}
