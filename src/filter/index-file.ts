import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { Refusal } from '#core/errors.ts';

/**
 * The index on disk, one file, little-endian:
 *
 *    0  magic "GHINDEX\n"
 *    8  length of the head (JSON, padded with spaces to a multiple of 8)
 *   12  CRC-32 of everything from byte 16 on
 *   16  head
 *    …  keys:   slots × two 32-bit lanes, (0, 0) = free
 *    …  values: slots × 16-bit number of a category set
 *
 * In memory the same bytes stand in a SharedArrayBuffer, with the file's SHA-256 (its version) behind them.
 */
export interface IndexHead {
  readonly format: 1;
  /** First state of the hash. */
  readonly seed: readonly [number, number];
  readonly slots: number;
  /** Different hosts and addresses listed; more than are stored, because a host like its parent needs no slot. */
  readonly domains: number;
  readonly urls: number;
  readonly categories: readonly string[];
  /** How sure the lists must be, in the order of the planes; an older file has one plane, for everybody. */
  readonly levels?: readonly string[];
  /** Set 1, 2, …: numbers of categories; number + N × (how many categories) is number at level N. */
  readonly sets: readonly (readonly number[])[];
}

export interface IndexTables {
  /** Two lanes a slot. */
  readonly keys: Int32Array;
  readonly values: Uint16Array;
}

export interface OpenedIndex extends IndexTables {
  readonly head: IndexHead;
  /** SHA-256 of the file, hexadecimal. */
  readonly version: string;
}

const MAGIC = Buffer.from('GHINDEX\n', 'latin1');
const FIXED = 16;
const DIGEST = 32;
const SLOT_BYTES = 10;
const READ_BYTES = 1 << 30;

/** Write an index beside its place, then move it there: whoever reads meets the old file or the new, whole. */
export function writeIndexFile(file: string, head: IndexHead, tables: IndexTables): string {
  const json = Buffer.from(JSON.stringify(head));
  const headBytes = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(headBytes);
  const parts = [headBytes, bytesOf(tables.keys), bytesOf(tables.values)];
  const fixed = Buffer.alloc(FIXED);
  MAGIC.copy(fixed);
  fixed.writeUInt32LE(headBytes.length, 8);
  fixed.writeUInt32LE(
    parts.reduce((crc, part) => crc32(part, crc), 0),
    12,
  );
  const hash = createHash('sha256');
  const draft = `${file}.${process.pid}.draft`;
  try {
    const fd = openSync(draft, 'w');
    try {
      for (const part of [fixed, ...parts]) {
        hash.update(part);
        for (let at = 0; at < part.length; ) at += writeSync(fd, part, at);
      }
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, file);
  } catch (e) {
    rmSync(draft, { force: true });
    throw e;
  }
  return hash.digest('hex');
}

/** Read an index file into shared memory and verify every byte of it. */
export function readIndexFile(file: string): SharedArrayBuffer {
  const fd = open(file);
  try {
    const size = fstatSync(fd).size;
    if (size < FIXED) throw damaged(`it has ${size} bytes, fewer than any index`);
    const shared = new SharedArrayBuffer(size + DIGEST);
    const bytes = Buffer.from(shared, 0, size);
    for (let at = 0; at < size; ) {
      const got = readSync(fd, bytes, at, Math.min(size - at, READ_BYTES), at);
      if (got === 0) throw damaged('it was cut short while it was read');
      at += got;
    }
    Buffer.from(shared, size).set(createHash('sha256').update(bytes).digest());
    const { head, ...tables } = openShared(shared);
    if (crc32(bytes.subarray(FIXED)) !== bytes.readUInt32LE(12)) throw damaged('its checksum does not match');
    checkTables(head, tables);
    return shared;
  } finally {
    closeSync(fd);
  }
}

/** Look at an index that is already in shared memory. Checks the frame; the content was verified when it was read. */
export function openShared(shared: SharedArrayBuffer): OpenedIndex {
  const size = shared.byteLength - DIGEST;
  if (size < FIXED) throw damaged('it is shorter than any index');
  const bytes = Buffer.from(shared, 0, size);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged('it does not begin as an index does');
  const headLength = bytes.readUInt32LE(8);
  if (headLength % 8 !== 0 || FIXED + headLength > size) throw damaged('its head is damaged');
  const head = parseHead(bytes.toString('utf8', FIXED, FIXED + headLength));
  const start = FIXED + headLength;
  if (start + head.slots * SLOT_BYTES !== size) throw damaged('its length is wrong; it may have been cut short');
  return {
    head,
    keys: new Int32Array(shared, start, 2 * head.slots),
    values: new Uint16Array(shared, start + 8 * head.slots, head.slots),
    version: Buffer.from(shared, size).toString('hex'),
  };
}

function parseHead(text: string): IndexHead {
  let head: Partial<IndexHead> | null;
  try {
    head = JSON.parse(text) as Partial<IndexHead> | null;
  } catch {
    throw damaged('its head is damaged');
  }
  if (typeof head !== 'object' || head === null) throw damaged('its head is damaged');
  const { format, seed, slots, domains, urls, categories, levels = [''], sets } = head;
  if (format !== 1) throw damaged(`it has format ${String(format)}, and this program knows format 1`);
  const whole = (x: unknown, below = 2 ** 32): x is number =>
    Number.isInteger(x) && (x as number) >= 0 && (x as number) < below;
  const fine =
    Array.isArray(seed) &&
    seed.length === 2 &&
    seed.every((s) => whole(s)) &&
    whole(slots) &&
    slots > 0 &&
    whole(domains) &&
    whole(urls) &&
    Array.isArray(categories) &&
    categories.every((c) => typeof c === 'string') &&
    Array.isArray(levels) &&
    levels.every((level) => typeof level === 'string') &&
    Array.isArray(sets) &&
    sets.every((set) => Array.isArray(set) && set.every((c) => whole(c, categories.length * levels.length)));
  if (!fine) throw damaged('its head is damaged');
  return head as IndexHead;
}

/** A search ends at a free slot, and a value names a set: without either a look-up would never end, or say nothing. */
function checkTables(head: IndexHead, { keys, values }: IndexTables): void {
  let free = 0;
  for (let slot = 0; slot < head.slots; slot++) {
    const value = values[slot]!;
    if ((keys[2 * slot]! | keys[2 * slot + 1]!) === 0) free++;
    else if (value === 0 || value > head.sets.length) throw damaged('an entry points at no category');
  }
  if (free === 0) throw damaged('its table has no free slot');
}

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (e) {
    const missing = (e as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Refusal(
      'unavailable',
      missing ? 'filter.index.missing' : 'filter.index.unreadable',
      `The category index ${file} ${missing ? 'is not there' : 'cannot be opened'}.`,
      {
        remedy: 'Compile the lists again.',
        cause: e,
      },
    );
  }
}

const damaged = (why: string): Refusal =>
  new Refusal('invalid', 'filter.index.damaged', `The category index cannot be used: ${why}.`, {
    remedy: 'Compile the lists again.',
  });

const bytesOf = (array: Int32Array | Uint16Array): Buffer =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength);
