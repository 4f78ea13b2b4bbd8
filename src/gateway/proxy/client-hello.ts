/**
 * Reads the server name out of a TLS ClientHello (RFC 8446 §4.1.2, RFC 6066 §3) as it arrives, whole or in
 * pieces: over several TCP segments and over several TLS records. Strict: what a server might read in two ways
 * is refused, since the name judged must be the name the server sees.
 */
export type ClientHello =
  | {
      readonly kind: 'hello';
      /** As sent, ASCII; null when the client names no server. */
      readonly serverName: string | null;
      /** Encrypted Client Hello was offered, so the name is the outer one (RFC 9849). Browsers also pretend to (GREASE). */
      readonly ech: boolean;
    }
  /** `need` is how many bytes there must be at least before it is worth looking again. */
  | { readonly kind: 'incomplete'; readonly need: number }
  | { readonly kind: 'refused'; readonly reason: 'not-tls' | 'malformed' | 'too-long' };

/** Post-quantum hellos are about 2 KiB; nothing honest comes near this. */
export const MAX_HELLO = 16 * 1024;

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;
const SERVER_NAME = 0;
const ENCRYPTED_CLIENT_HELLO = 0xfe0d;
const HOST_NAME = 0;

const refused = (reason: 'not-tls' | 'malformed' | 'too-long'): ClientHello => ({ kind: 'refused', reason });

/** Looks at everything received so far. */
export function parseClientHello(bytes: Uint8Array): ClientHello {
  const handshake: number[] = [];
  let wanted = HANDSHAKE_HEADER;
  for (let at = 0; ; ) {
    if (at < bytes.length && bytes[at] !== HANDSHAKE) return refused(at === 0 ? 'not-tls' : 'malformed');
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return refused(at === 0 ? 'not-tls' : 'malformed');
    if (at + RECORD_HEADER > bytes.length) return { kind: 'incomplete', need: at + RECORD_HEADER };
    const length = uint16(bytes, at + 3);
    if (length === 0 || length > 16384) return refused('malformed');
    const end = at + RECORD_HEADER + length;
    if (end > MAX_HELLO) return refused('too-long');
    for (let i = at + RECORD_HEADER; i < Math.min(end, bytes.length); i++) handshake.push(bytes[i] ?? 0);
    if (handshake.length >= HANDSHAKE_HEADER) {
      if (handshake[0] !== CLIENT_HELLO) return refused('malformed');
      wanted = HANDSHAKE_HEADER + ((handshake[1] ?? 0) << 16) + ((handshake[2] ?? 0) << 8) + (handshake[3] ?? 0);
      if (wanted > MAX_HELLO) return refused('too-long');
    }
    if (end > bytes.length) return { kind: 'incomplete', need: end };
    if (handshake.length === wanted) return readBody(Uint8Array.from(handshake).subarray(HANDSHAKE_HEADER));
    // Nothing may follow the hello before the server has answered.
    if (handshake.length > wanted) return refused('malformed');
    at = end;
  }
}

function readBody(body: Uint8Array): ClientHello {
  try {
    const reader = new Reader(body);
    reader.skip(2 + 32); // legacy version, random
    reader.vector(1); // session id
    reader.vector(2); // cipher suites
    reader.vector(1); // compression methods
    return reader.done ? { kind: 'hello', serverName: null, ech: false } : readExtensions(reader);
  } catch (e) {
    if (e instanceof Malformed) return refused('malformed');
    throw e;
  }
}

function readExtensions(reader: Reader): ClientHello {
  const extensions = reader.vector(2);
  reader.mustBeDone();
  const seen = new Map<number, Reader>();
  while (!extensions.done) {
    const type = extensions.uint(2);
    if (seen.has(type)) throw new Malformed(); // RFC 8446 §4.2
    seen.set(type, extensions.vector(2));
  }
  const name = seen.get(SERVER_NAME);
  return { kind: 'hello', serverName: name ? readServerName(name) : null, ech: seen.has(ENCRYPTED_CLIENT_HELLO) };
}

/** A list in form, in truth one host name: with two, judge and server might each take another. */
function readServerName(extension: Reader): string {
  const list = extension.vector(2);
  extension.mustBeDone();
  if (list.uint(1) !== HOST_NAME) throw new Malformed();
  const name = list.vector(2).rest();
  list.mustBeDone();
  if (name.length === 0 || name.some((byte) => byte <= 0x20 || byte >= 0x7f)) throw new Malformed();
  return String.fromCharCode(...name);
}

class Malformed extends Error {}

/** Reads numbers and length-prefixed vectors (RFC 8446 §3.4) and never past the end. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get done(): boolean {
    return this.#at === this.#bytes.length;
  }
  mustBeDone(): void {
    if (!this.done) throw new Malformed();
  }
  skip(length: number): Uint8Array {
    const from = this.#at;
    if (from + length > this.#bytes.length) throw new Malformed();
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }
  uint(size: number): number {
    return this.skip(size).reduce((value, byte) => value * 256 + byte, 0);
  }
  vector(lengthSize: number): Reader {
    return new Reader(this.skip(this.uint(lengthSize)));
  }
  rest(): Uint8Array {
    return this.skip(this.#bytes.length - this.#at);
  }
}

const uint16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
