import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HOUR } from '#core/clock.ts';
import { invalid, Refusal } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import { type Config, dataPaths } from '#platform/config.ts';
import type { Scan, ScanResult } from './clamd.ts';
import { ContainerBroken, decrypt, encrypt } from './container.ts';

export const MAX_FILE: number = 250 * 1024 * 1024;

const folderOf = (config: Config, school: string) => join(dataPaths(config.data).evidence, school);
export const fileOf = (config: Config, school: string, item: string): string => join(folderOf(config, school), item);
/** A file that is not yet in a record. */
const PART = '.part';

export interface Written {
  readonly size: number;
  readonly sha256: Buffer;
  readonly scan: ScanResult;
  /** Give it its name; only then does a record of it make sense. */
  keep(): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Take a file in while it streams: hashed, scanned and encrypted piece by piece, never whole in memory and never in the
 * clear on disk. When this returns, it is on the disk for good (fsync), under a name that the sweep may take.
 */
export async function writeFile(
  target: string,
  source: AsyncIterable<Buffer>,
  { key, item, scan, max = MAX_FILE }: { key: Buffer; item: string; scan: Scan; max?: number },
): Promise<Written> {
  const part = `${target}${PART}`;
  const hash = createHash('sha256');
  let size = 0;
  async function* passing() {
    for await (const piece of source) {
      size += piece.length;
      if (size > max) throw tooLarge(max);
      hash.update(piece);
      await scan.write(piece);
      yield piece;
    }
    if (size === 0)
      throw invalid('evidence.empty', 'Choose a file that holds something.', { file: 'This file is empty.' });
  }
  try {
    await writeDurably(part, encrypt(passing(), key, item));
    const result = await scan.result();
    return {
      size,
      sha256: hash.digest(),
      scan: result,
      keep: async () => {
        await rename(part, target);
        await syncFolder(dirname(target));
      },
      discard: () => rm(part, { force: true }),
    };
  } catch (e) {
    scan.abort();
    await rm(part, { force: true }).catch(() => undefined);
    throw diskRefusal(e);
  }
}

/** Write and flush; nothing is taken for written before the disk says so. */
export async function writeDurably(path: string, pieces: AsyncIterable<Buffer>): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'w', 0o600);
    try {
      for await (const piece of pieces) await writeAll(file, piece);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (e) {
    throw diskRefusal(e);
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, piece: Buffer): Promise<void> {
  for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const tooLarge = (max: number) => {
  const says = `Choose a file of ${Math.floor(max / 1024 / 1024)} MB or less.`;
  return invalid('evidence.too-large', says, { file: says });
};

const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** What a full disk means to whoever stands before it; anything else as it came. */
function diskRefusal(e: unknown): unknown {
  if (!(e instanceof Error && 'code' in e && NO_ROOM.has(String(e.code)))) return e;
  return new Refusal(
    'unavailable',
    'evidence.disk-full',
    'There is no room for this file on Gatehouse’s disk, so it was not taken in.',
    {
      remedy:
        'Keep the original where it is, ask whoever runs Gatehouse to make room, and try again. Nothing else was changed.',
      cause: e,
    },
  );
}

export interface Expected {
  readonly size: number;
  readonly sha256: Buffer;
}

/**
 * The file as it was taken in. Every piece is verified before it is given out, and the last one is held back until the
 * whole has the hash and the length of the record: who receives the end has received the file (EVI-09).
 * `stillOpen` is asked as the reading goes on, so that one under way ends when its case is sealed.
 */
export async function* readFile(
  path: string,
  key: Buffer,
  item: string,
  expected: Expected,
  stillOpen: () => Promise<boolean>,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let [size, asked] = [0, 0];
  const goOn = async () => {
    if (!(await stillOpen())) {
      throw new Refusal('conflict', 'evidence.sealed', 'The file was sealed while it was being read.');
    }
  };
  await goOn();
  let held: Buffer | null = null;
  for await (const piece of decrypt(onDisk(path), key, item)) {
    if (held !== null) yield held;
    hash.update(piece);
    size += piece.length;
    held = piece;
    if (size - asked >= ASK_EVERY) {
      asked = size;
      await goOn();
    }
  }
  if (size !== expected.size || !hash.digest().equals(expected.sha256)) {
    throw new ContainerBroken('the file does not have the hash of its record');
  }
  await goOn();
  if (held !== null) yield held;
}
const ASK_EVERY = 4 * 1024 * 1024;

/** The container's bytes; that there is none is one more way of not being as it was written. */
export async function* onDisk(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') throw new ContainerBroken('the file is missing', { cause: e });
    throw e;
  }
}

export const removeFile = (config: Config, school: string, item: string): Promise<void> =>
  rm(fileOf(config, school, item), { force: true });

/**
 * Take away what uploads left that were cut short. Only files that nothing was written to for an hour, and only under their
 * unfinished name: what has its full name is in a record, or was, and no sweep decides about that.
 */
export async function sweepParts(config: Config, school: string, now: number): Promise<number> {
  const folder = folderOf(config, school);
  const names = await readdir(folder).catch(() => []);
  let swept = 0;
  for (const name of names) {
    if (!name.endsWith(PART) || !isUuid(name.slice(0, -PART.length))) continue;
    const { mtimeMs } = await stat(join(folder, name));
    if (now - mtimeMs < HOUR) continue;
    await rm(join(folder, name), { force: true });
    swept++;
  }
  return swept;
}
