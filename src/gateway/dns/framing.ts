/** DNS over TCP: each message behind its length in two bytes (RFC 1035 §4.2.2). */
export class FrameReader {
  readonly #maxLength: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** The messages that are whole now; `null` once one is announced that is larger than we take. */
  push(chunk: Buffer): Buffer[] | null {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: Buffer[] = [];
    while (this.#rest.length >= 2) {
      const length = this.#rest.readUInt16BE(0);
      if (length > this.#maxLength) return null;
      if (this.#rest.length < 2 + length) break;
      messages.push(this.#rest.subarray(2, 2 + length));
      this.#rest = this.#rest.subarray(2 + length);
    }
    return messages;
  }
}

/** A message behind its length, in one piece so that it leaves in one segment (RFC 7766 §8). */
export function frame(message: Buffer): Buffer {
  const out = Buffer.allocUnsafe(2 + message.length);
  out.writeUInt16BE(message.length, 0);
  out.set(message, 2);
  return out;
}
