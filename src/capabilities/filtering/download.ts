import { createWriteStream, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MINUTE } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';

export interface DownloadLimits {
  readonly bytes: number;
  readonly ms: number;
  readonly redirects: number;
}
export const LIMITS: DownloadLimits = { bytes: 512 * 1024 * 1024, ms: 10 * MINUTE, redirects: 3 };

/**
 * Fetch a list to `file`. It is written beside its place and moved there when `check` found it whole, so whatever goes
 * wrong, the last good copy stays. Throws a refusal that says in one sentence what was wrong.
 */
export async function download(
  url: string,
  file: string,
  check: (draft: string) => Promise<void>,
  limits: DownloadLimits = LIMITS,
): Promise<void> {
  const draft = `${file}.${process.pid}.draft`;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const response = await follow(url, AbortSignal.timeout(limits.ms), limits.redirects);
    if (Number(response.headers.get('content-length') ?? 0) > limits.bytes) throw tooLarge(limits);
    if (!response.body) throw refuse('The server sent an empty answer.');
    await pipeline(Readable.fromWeb(response.body as never), atMost(limits), createWriteStream(draft, { mode: 0o600 }));
    await check(draft);
    renameSync(draft, file);
  } catch (e) {
    throw e instanceof Refusal ? e : refuse(saying(e, limits), e);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Redirects are followed by hand: at most a few, and never away from the web. */
async function follow(url: string, signal: AbortSignal, left: number): Promise<Response> {
  const response = await fetch(url, { signal, redirect: 'manual', headers: { 'user-agent': 'Gatehouse' } });
  const location = response.headers.get('location');
  if (response.status < 300 || response.status > 399 || location === null) {
    if (response.status === 200) return response;
    await response.body?.cancel();
    throw refuse(`The server answered ${response.status}.`);
  }
  await response.body?.cancel();
  if (left === 0) throw refuse('The server sends on from address to address without end.');
  const next = URL.parse(location, url);
  if (next?.protocol !== 'http:' && next?.protocol !== 'https:') throw refuse('The server sends on to no web address.');
  return follow(next.href, signal, left - 1);
}

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
  new Refusal('unavailable', 'lists.download', `${message} The last good copy stays in use.`, { cause });
const tooLarge = ({ bytes }: DownloadLimits) =>
  refuse(`It is larger than ${Math.round(bytes / 1024 / 1024)} MiB, the most that is fetched.`);

function saying(e: unknown, { ms }: DownloadLimits): string {
  if (!(e instanceof Error)) return 'It could not be fetched.';
  if (e.name === 'TimeoutError') return `It did not come within ${Math.round(ms / 1000)} seconds.`;
  const { code } = (e.cause ?? e) as NodeJS.ErrnoException;
  return `It could not be fetched${code ? ` (${code})` : ''}.`;
}
