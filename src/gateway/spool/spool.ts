import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '#core/clock.ts';

export interface Batch {
  /** Rises for ever, also over restarts: control takes each number once. */
  readonly number: number;
  /** Complete lines, each ended by a newline. */
  readonly body: Buffer;
  readonly lines: number;
}

const SEGMENT_BYTES = 2 * 1024 * 1024;
const MEMORY_BYTES = 64 * 1024 * 1024;

/**
 * Activity waits here until control has taken it. A segment is a file of lines named by its batch number; the newest
 * one grows until it is asked for or full. Whatever was appended survives a killed process.
 *
 * When the disk refuses (full, read-only), lines wait in memory instead and `failing` says so, since filtering goes on
 * whatever happens here. Only when that is full too are the oldest lines lost, and counted.
 */
export class Spool {
  #folder: string;
  #clock: Clock;
  #write: (fd: number, data: Buffer) => void;
  #closed: number[] = [];
  #open: { number: number; fd: number; bytes: number; lines: number } | null = null;
  #memory: { lines: string; count: number }[] = [];
  #memoryBytes = 0;
  #last = 0;
  /** Segments up to this number are of an earlier run. */
  readonly #leftBehind: number;
  /** Why the disk refused the last write; null when it did not. */
  failing: string | null = null;
  /** Lines that neither disk nor memory could hold. */
  lost = 0;

  constructor(folder: string, clock: Clock, write: (fd: number, data: Buffer) => void = writeAll) {
    this.#folder = folder;
    this.#clock = clock;
    this.#write = write;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.#closed = segmentsIn(folder);
    } catch (e) {
      // No reason not to filter; every append tries again.
      this.failing = codeOf(e);
    }
    this.#last = this.#closed.at(-1) ?? 0;
    this.#leftBehind = this.#last;
  }

  /** Batches that wait, the growing one included. */
  get waiting(): number {
    return this.#closed.length + (this.#open ? 1 : 0) + (this.#memory.length > 0 ? 1 : 0);
  }

  append(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const text = `${lines.join('\n')}\n`;
    try {
      this.#retryMemory();
      this.#toDisk(Buffer.from(text), lines.length);
      this.failing = null;
    } catch (e) {
      this.failing = codeOf(e);
      this.#discardOpen();
      this.#toMemory(text, lines.length);
    }
  }

  /** The oldest batch, or null. It stays until `taken`. Throws where the disk does not give it; ask again later. */
  next(): Batch | null {
    if (this.#closed.length === 0) this.#close();
    const number = this.#closed[0];
    if (number === undefined) return this.#fromMemory();
    const data = this.#read(number);
    const body = number <= this.#leftBehind ? soundLines(data) : data;
    if (body.length === 0) {
      this.taken(number);
      return this.next();
    }
    return { number, body, lines: count(body) };
  }

  /** Control has it: forget it. */
  taken(number: number): void {
    const held = this.#memory[0];
    if (this.#memoryNumber === number && held) {
      this.#memory.shift();
      this.#memoryBytes -= held.lines.length;
      this.#memoryNumber = null;
      return;
    }
    this.#closed = this.#closed.filter((n) => n !== number);
    if (existsSync(this.#path(number))) unlinkSync(this.#path(number));
  }

  /**
   * Control will never take it as it is. It must not hold up everything behind it, so it is kept beside the spool, as
   * `<number>.refused`, for a person to look at.
   */
  setAside(number: number): void {
    if (this.#closed.includes(number)) {
      this.#closed = this.#closed.filter((n) => n !== number);
      renameSync(this.#path(number), join(this.#folder, `${number}.refused`));
    } else {
      this.lost += this.#memory[0]?.count ?? 0;
      this.taken(number);
    }
  }

  /** End the growing segment and bring it to the disk itself. */
  close(): void {
    this.#close();
  }

  #read(number: number): Buffer {
    try {
      return readFileSync(this.#path(number));
    } catch (e) {
      // A segment that somebody took away must not hold up those after it.
      if (codeOf(e) === 'ENOENT') this.#closed.shift();
      throw e;
    }
  }

  #memoryNumber: number | null = null;

  #fromMemory(): Batch | null {
    const held = this.#memory[0];
    if (!held) return null;
    this.#memoryNumber ??= this.#nextNumber();
    return { number: this.#memoryNumber, body: Buffer.from(held.lines), lines: held.count };
  }

  #toDisk(data: Buffer, lines: number): void {
    if (this.#open && this.#open.bytes + data.length > SEGMENT_BYTES) this.#close();
    if (!this.#open) {
      const number = this.#nextNumber();
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      this.#open = { number, fd: openSync(this.#path(number), 'a', 0o600), bytes: 0, lines: 0 };
    }
    this.#write(this.#open.fd, data);
    this.#open.bytes += data.length;
    this.#open.lines += lines;
  }

  #toMemory(lines: string, n: number): void {
    this.#memory.push({ lines, count: n });
    this.#memoryBytes += lines.length;
    while (this.#memoryBytes > MEMORY_BYTES && this.#memory.length > 1) {
      // The first may be on its way to control at this moment; the one after it is the oldest that is not.
      const [dropped] = this.#memory.splice(1, 1);
      this.#memoryBytes -= dropped?.lines.length ?? 0;
      this.lost += dropped?.count ?? 0;
    }
  }

  /** The disk may have room again: what waits in memory goes first, but not what is on its way. */
  #retryMemory(): void {
    const from = this.#memoryNumber === null ? 0 : 1;
    while (this.#memory.length > from) {
      const held = this.#memory[from]!;
      this.#toDisk(Buffer.from(held.lines), held.count);
      this.#memory.splice(from, 1);
      this.#memoryBytes -= held.lines.length;
    }
  }

  #close(): void {
    if (!this.#open) return;
    const { number, fd } = this.#open;
    this.#open = null;
    this.#closed.push(number);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** What of a failed write reached the disk is taken off again: all of it waits in memory and would come twice. */
  #discardOpen(): void {
    if (!this.#open) return;
    const { number, fd, bytes } = this.#open;
    this.#open = null;
    if (bytes > 0) this.#closed.push(number);
    try {
      ftruncateSync(fd, bytes);
      closeSync(fd);
      if (bytes === 0) unlinkSync(this.#path(number));
    } catch {
      // A disk that refuses even this is what `failing` already says.
    }
  }

  /** Time-based, so that a spool folder that was lost and begun anew never reuses a number. */
  #nextNumber(): number {
    this.#last = Math.max(this.#last + 1, this.#clock.now() * 1000);
    return this.#last;
  }

  #path(number: number): string {
    return join(this.#folder, `${number}.ndjson`);
  }
}

function writeAll(fd: number, data: Buffer): void {
  let done = 0;
  while (done < data.length) done += writeSync(fd, data, done);
}

const codeOf = (e: unknown): string => (e instanceof Error && 'code' in e ? String(e.code) : 'unknown');

const segmentsIn = (folder: string): number[] =>
  readdirSync(folder)
    .map((f) => /^(\d+)\.ndjson$/.exec(f)?.[1])
    .filter((n) => n !== undefined)
    .map(Number)
    .sort((a, b) => a - b);

/**
 * A process that was killed in mid-write leaves half a line, and a machine that lost its power may leave anything. Such
 * lines had not yet reached the disk, and control would refuse the whole batch for them.
 */
function soundLines(data: Buffer): Buffer {
  const lines = data.toString('utf8').split('\n').slice(0, -1).filter(isJson);
  return Buffer.from(lines.map((l) => `${l}\n`).join(''));
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function count(body: Buffer): number {
  let n = 0;
  for (let i = body.indexOf(10); i >= 0; i = body.indexOf(10, i + 1)) n++;
  return n;
}
