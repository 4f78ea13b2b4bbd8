/**
 * The hash of the category index: 64 bits in two 32-bit lanes, taken one character at a time from the END of
 * a host. So the state after `example.com` is on the way to the state of `www.example.com`, and one backward
 * pass over a name yields the key of every parent.
 *
 *   for each character c, last to first:   a = laneA(a, b, c);  b = laneB(a, b);
 *
 * Each step can be undone, so no two states ever fall together by the step itself; each lane takes the other's
 * upper half, so 64 bits are worth 64 bits. The first state is the seed: names that collide under one seed do
 * not under the next. It is no keyed digest and need not be: a collision mislabels one site, no more.
 */
export const laneA = (a: number, b: number, c: number): number => Math.imul(a ^ (b >>> 16) ^ c, 0x9e3779b1);
export const laneB = (a: number, b: number): number => Math.imul(b ^ (a >>> 16), 0x85ebca77);

/** The upper bits of lane A are its best; scaling them to the table needs no power of two. `scale` = slots / 2^32. */
export const slotOf = (a: number, scale: number): number => Math.floor((a >>> 0) * scale);

/** (0, 0) marks a free slot, so no name may have it. */
export const keyB = (a: number, b: number): number => ((a | b) === 0 ? 1 : b);

const DOT = 0x2e;

/** Upper-case ASCII to lower case. */
const fold = (c: number): number => (c >= 0x41 && c <= 0x5a ? c | 0x20 : c);

/** A name of at most 253 characters has at most 127 labels. */
const MAX_LABELS = 128;

/** Where an address ends for matching: `/games` is a prefix of `/games/chess` and `/games?id=1`, not of `/gamestop`. */
export const endsSegment = (c: number): boolean => c === 0x2f || c === 0x3f || c === 0x26;

/**
 * The states of one host, from the shortest parent worth asking about (two labels) to the host itself. Reused
 * from call to call so that a look-up allocates nothing.
 */
export class HostStates {
  readonly a: Int32Array = new Int32Array(MAX_LABELS);
  readonly b: Int32Array = new Int32Array(MAX_LABELS);
  /** How many stand in `a` and `b` after a walk. */
  count: number = 0;
  readonly #seedA: number;
  readonly #seedB: number;
  readonly #starts: Uint8Array = new Uint8Array(MAX_LABELS);

  constructor(seed: readonly [number, number]) {
    this.#seedA = seed[0] | 0;
    this.#seedB = seed[1] | 0;
  }

  /** Walk a normalised host. */
  walk(host: string): void {
    const parents = !endsInNumber(host);
    let a = this.#seedA;
    let b = this.#seedB;
    let dots = 0;
    this.count = 0;
    for (let i = host.length - 1; i >= 0; i--) {
      const c = fold(host.charCodeAt(i));
      // No top-level domain is ever listed, so the first dot is not worth a probe.
      if (c === DOT && parents && ++dots > 1) this.#keep(a, b);
      a = laneA(a, b, c);
      b = laneB(a, b);
    }
    if (host.length > 0) this.#keep(a, b);
  }

  /** Walk a name in DNS wire form (RFC 1035, section 3.1). Whatever is not a plain name has no states. */
  walkWire(packet: Uint8Array, offset: number): void {
    const starts = this.#starts;
    this.count = 0;
    let labels = 0;
    let at = offset;
    for (;;) {
      const length = at < packet.length ? packet[at]! : 0xff;
      if (length === 0) break;
      // 0xc0 and above: a compression pointer, which no question has; and the whole is 255 octets at most.
      if (length > 63 || at + length + 2 - offset > 255 || labels === MAX_LABELS) return;
      starts[labels++] = at - offset;
      at += length + 1;
    }
    let a = this.#seedA;
    let b = this.#seedB;
    let parents = false;
    for (let label = labels - 1; label >= 0; label--) {
      const start = offset + starts[label]! + 1;
      for (let i = start + packet[start - 1]! - 1; i >= start; i--) {
        const c = packet[i]!;
        if (label === labels - 1 && !isDigit(c)) parents = true;
        a = laneA(a, b, fold(c));
        b = laneB(a, b);
      }
      if (label === 0 || (parents && label < labels - 1)) this.#keep(a, b);
      a = laneA(a, b, DOT);
      b = laneB(a, b);
    }
  }

  #keep(a: number, b: number): void {
    // Beyond the limit only the longest names are lost; parents, which come first, still match.
    if (this.count === MAX_LABELS) return;
    this.a[this.count] = a;
    this.b[this.count] = b;
    this.count++;
  }
}

/** An IPv4 address: 3.4 is no parent of 1.2.3.4. (IPv6 has no dots, or ends in a number as well.) */
function endsInNumber(host: string): boolean {
  let i = host.length - 1;
  while (i >= 0 && isDigit(host.charCodeAt(i))) i--;
  return i < host.length - 1 && (i < 0 || host.charCodeAt(i) === DOT);
}

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;
