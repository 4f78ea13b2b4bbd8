import { Transform, type TransformCallback } from 'node:stream';
import type { Pace } from '../fair-use.ts';

/** Lets bytes through at the pace that fair use leaves (UAR-17). */
export class Paced extends Transform {
  readonly #pace: Pace;
  #waiting: NodeJS.Timeout | null = null;

  constructor(pace: Pace) {
    super();
    this.#pace = pace;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const wait = this.#pace(chunk.length);
    if (wait === 0) done(null, chunk);
    else this.#waiting = setTimeout(done, wait, null, chunk);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#waiting) clearTimeout(this.#waiting);
    done(error);
  }
}
