import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MINUTE } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import type { Reach } from '#core/reach.ts';
import { fetchOutside } from '#platform/outside.ts';

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
    const response = await fetchOutside(new URL(url), { reach, signal }, limits.redirects);
    if (response.statusCode !== 200) {
      response.destroy();
      throw refuse(`The server answered ${response.statusCode}.`);
    }
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
