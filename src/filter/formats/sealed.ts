import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Refusal } from '#core/errors.ts';

/**
 * A list that nobody may read (FIL-02) is on disk only in this form, for the time between its fetching and its compiling:
 * AES-256-GCM under a key that is kept in memory alone. Whoever has the file has nothing (docs/decisions/0010).
 */
const MARK = Buffer.from('gatehouse sealed list 1\n');
const IV = 12;
const TAG = 16;

let key: Buffer | null = null;

/** Tell this process the key; only the process that compiles lists is ever told. */
export function openSealsWith(secret: Uint8Array): void {
  key = Buffer.from(secret);
}

export const newSealKey = (): Buffer => randomBytes(32);

/** The bytes of a list as they may be written down. */
export async function* sealedBytes(chunks: AsyncIterable<Uint8Array>, secret: Uint8Array): AsyncGenerator<Buffer> {
  const iv = randomBytes(IV);
  const cipher = createCipheriv('aes-256-gcm', secret, iv);
  yield Buffer.concat([MARK, iv]);
  for await (const chunk of chunks) yield cipher.update(chunk);
  yield Buffer.concat([cipher.final(), cipher.getAuthTag()]);
}

/** The bytes of any list: a sealed one is opened where the key is known, and refused everywhere else. */
export async function* opened(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Buffer | null = Buffer.alloc(0);
  let seal: Seal | null = null;
  for await (const chunk of chunks) {
    if (seal) {
      yield seal.update(chunk);
      continue;
    }
    if (head === null) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const length = Math.min(head.length, MARK.length);
    if (!head.subarray(0, length).equals(MARK.subarray(0, length))) {
      yield head;
      head = null;
    } else if (head.length >= MARK.length + IV) {
      seal = new Seal(head.subarray(MARK.length, MARK.length + IV));
      yield seal.update(head.subarray(MARK.length + IV));
    }
  }
  if (seal) seal.end();
  else if (head !== null) yield head;
}

class Seal {
  readonly #decipher: ReturnType<typeof createDecipheriv> & { setAuthTag(tag: Buffer): unknown };
  /** The last bytes are the proof that nothing was changed. */
  #tail: Buffer = Buffer.alloc(0);

  constructor(iv: Buffer) {
    if (key === null) throw broken();
    this.#decipher = createDecipheriv('aes-256-gcm', key, iv);
  }

  update(chunk: Uint8Array): Buffer {
    const all = Buffer.concat([this.#tail, chunk]);
    const end = Math.max(0, all.length - TAG);
    this.#tail = Buffer.from(all.subarray(end));
    return this.#decipher.update(all.subarray(0, end));
  }

  end(): void {
    try {
      this.#decipher.setAuthTag(this.#tail);
      this.#decipher.final();
    } catch (cause) {
      throw broken(cause);
    }
  }
}

const broken = (cause?: unknown): Refusal =>
  new Refusal('invalid', 'filter.sealed', 'A sealed list cannot be opened; it must be fetched anew.', { cause });
