import type { IncomingMessage } from 'node:http';
import { brotliDecompressSync, constants, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { groupByBytes, groupByName, isShown, type Refused, TELLING_BYTES } from '#filter/file-types.ts';
import type { AnswerHead } from './upstream.ts';

/** Of a packed answer no more is unpacked than tells what it is. */
const MOST_PACKED = 2048;
const MOST_UNPACKED = 1024 * 1024;

export type Seen =
  /** Nothing against it: let this and all that follows pass. */
  | { readonly kind: 'pass'; readonly bytes: Buffer }
  | { readonly kind: 'more' }
  | { readonly kind: 'refused'; readonly group: string };

/** Looks at how an answer begins, and holds no more of it than that takes. */
export class FileWatch {
  /** May the head go to the client before a byte of the body has come? Event streams are silent for long. */
  readonly headMayGo: boolean;
  readonly #refused: Refused;
  readonly #codings: readonly string[];
  #held: Buffer | null = null;

  constructor(headers: IncomingMessage['headers'], refused: Refused) {
    this.headMayGo = isShown(headers['content-type']);
    this.#refused = refused;
    // What a browser shows is not unpacked to look for programs: that would cost every page, and it would be shown.
    this.#codings = this.headMayGo ? [] : codingsOf(headers['content-encoding']);
  }

  look(chunk: Buffer): Seen {
    const bytes = this.#held === null ? chunk : Buffer.concat([this.#held, chunk]);
    const group = this.#codings.length === 0 ? groupByBytes(bytes, this.#refused) : this.#unpacked(bytes);
    if (group === null) {
      this.#held = null;
      return { kind: 'pass', bytes };
    }
    if (group !== 'more') return { kind: 'refused', group };
    this.#held = bytes;
    return { kind: 'more' };
  }

  /** The answer ended before anybody could tell: too short to be a program. */
  rest(): Buffer | null {
    return this.#held;
  }

  #unpacked(bytes: Buffer): string | 'more' | null {
    const start = unpack(bytes.subarray(0, MOST_PACKED), this.#codings);
    if (start === null) return null;
    // So much out of so little is made to hide something.
    if (start === 'too-large') return Object.keys(this.#refused)[0] ?? null;
    const group = groupByBytes(start, this.#refused);
    const more = group === 'more' || (group === null && start.length < TELLING_BYTES);
    return more ? (bytes.length < MOST_PACKED ? 'more' : null) : group;
  }
}

/** The group of an answer that its head already gives away. */
export const refusedByHead = (path: string, { headers }: AnswerHead, refused: Refused): string | null =>
  groupByName({ path, contentType: headers['content-type'], disposition: headers['content-disposition'] }, refused);

const UNPACK: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_UNPACKED }),
  deflate: (bytes) => inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_UNPACKED }),
  br: (bytes) =>
    brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: MOST_UNPACKED }),
  zstd: (bytes) => zstdDecompressSync(bytes, { finishFlush: constants.ZSTD_e_flush, maxOutputLength: MOST_UNPACKED }),
};

/** The codings that browsers undo, the outermost first (RFC 9110 §8.4). */
const codingsOf = (header = ''): string[] =>
  header
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim().replace(/^x-gzip$/, 'gzip'))
    .filter((coding) => Object.hasOwn(UNPACK, coding))
    .reverse();

/** As much as these bytes give; `null` when they are not packed as they say, and so no browser can unpack them. */
function unpack(bytes: Buffer, codings: readonly string[]): Buffer | 'too-large' | null {
  try {
    return codings.reduce(
      (packed, coding) => (packed.length === 0 ? packed : (UNPACK[coding]?.(packed) ?? packed)),
      bytes,
    );
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : null;
  }
}
