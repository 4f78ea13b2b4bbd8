import { randomInt } from 'node:crypto';

/**
 * The DNS wire format (RFC 1035), as much of it as a forwarder needs. Nothing here trusts a length it was
 * sent: reading beyond the end yields `undefined`, and every walk ends at the end of the packet.
 */
export const HEADER = 12;
/** What no network fragments (DNS flag day 2020); we neither offer nor send more over UDP. */
export const MAX_UDP = 1232;
const PLAIN_UDP = 512;
const MAX_NAME = 255;

export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const;
export const TYPE = {
  A: 1,
  CNAME: 5,
  SOA: 6,
  HINFO: 13,
  AAAA: 28,
  OPT: 41,
  RRSIG: 46,
  SVCB: 64,
  HTTPS: 65,
  ANY: 255,
} as const;
export const CLASS_IN = 1;

/** Bits of `Query.flags`. */
export const DO = 1;
export const CD = 2;

/** A question that is well formed. The packet stays beside it: answers are made from its bytes. */
export interface Query {
  /** Where the question ends: header, name, type and class. */
  readonly end: number;
  readonly type: number;
  readonly class: number;
  /** Did the client speak EDNS? Only then may an answer (RFC 6891 §6.1.1). */
  readonly edns: boolean;
  /** How large a UDP answer this client takes. */
  readonly size: number;
  /** `DO`: the client wants DNSSEC records; `CD`: it checks their signatures itself. Both change the answer. */
  readonly flags: number;
  /** Of the folded name, the type and the flags: what parts one answer from another. */
  readonly hash: number;
}

const FOLD = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));
/** Nobody outside can know which names share a hash. */
const SEED = randomInt(2 ** 32);
const mix = (hash: number, value: number): number => {
  const h = Math.imul(hash ^ value, 0x9e3779b1);
  return h ^ (h >>> 15);
};

/**
 * Read a client's packet. `null`: say nothing (too short, or itself an answer, and answering answers makes
 * loops). A number: refuse with this RCODE.
 */
export function parseQuery(packet: Buffer): Query | number | null {
  if (packet.length < HEADER || (packet[2]! & 0x80) !== 0) return null;
  if ((packet[2]! & 0x78) !== 0) return RCODE.NOTIMP;
  // Exactly one question (RFC 9619), and a question brings no answers.
  if (u16(packet, 4) !== 1 || u16(packet, 6) !== 0 || u16(packet, 8) !== 0) return RCODE.FORMERR;

  let at = HEADER;
  let hash = SEED;
  for (;;) {
    const length = packet[at++];
    // No pointers: a question has nothing before it to point at.
    if (length === undefined || length > 63 || at + length - HEADER > MAX_NAME) return RCODE.FORMERR;
    if (length === 0) break;
    if (at + length > packet.length) return RCODE.FORMERR;
    hash = mix(hash, length);
    for (const stop = at + length; at < stop; at++) hash = mix(hash, FOLD[packet[at]!]!);
  }
  const end = at + 4;
  if (end > packet.length) return RCODE.FORMERR;
  const opt = findOpt(packet, end);
  if (typeof opt === 'number') return opt;

  const flags = (opt?.dnssec ? DO : 0) | ((packet[3]! & 0x10) !== 0 ? CD : 0);
  const type = u16(packet, at);
  return {
    end,
    type,
    class: u16(packet, at + 2),
    edns: opt !== null,
    size: opt === null ? PLAIN_UDP : Math.min(MAX_UDP, Math.max(PLAIN_UDP, opt.size)),
    flags,
    hash: mix(mix(hash, type), flags),
  };
}

/** The EDNS record among the additional ones, `null` without; a number is the RCODE to refuse with. */
function findOpt(packet: Buffer, from: number): { size: number; dnssec: boolean } | number | null {
  let opt: { size: number; dnssec: boolean } | null = null;
  let version = 0;
  let at = from;
  for (let left = u16(packet, 10); left > 0; left--) {
    const record = readRecord(packet, at);
    if (record === null) return RCODE.FORMERR;
    if (record.type === TYPE.OPT) {
      // One only, and its owner is the root (RFC 6891 §6.1.1, §6.1.2).
      if (opt !== null || record.fixed !== at + 1 || !optionsFit(packet, record)) return RCODE.FORMERR;
      version = packet[record.fixed + 5]!;
      opt = { size: u16(packet, record.fixed + 2), dnssec: (packet[record.fixed + 6]! & 0x80) !== 0 };
    }
    at = record.end;
  }
  if (at !== packet.length) return RCODE.FORMERR;
  return version === 0 ? opt : RCODE.BADVERS;
}

function optionsFit(packet: Uint8Array, record: WireRecord): boolean {
  let at = record.data;
  while (at + 4 <= record.end) at += 4 + u16(packet, at + 2);
  return at === record.end;
}

/** Where the parts of a resource record lie. */
export interface WireRecord {
  readonly type: number;
  /** Type, class, TTL (at +4) and length stand here, behind the owner's name. */
  readonly fixed: number;
  readonly data: number;
  readonly end: number;
}

/** Measure the record at `at`; `null` when it does not fit into the packet. */
export function readRecord(packet: Uint8Array, at: number): WireRecord | null {
  const fixed = skipName(packet, at);
  if (fixed < 0 || fixed + 10 > packet.length) return null;
  const data = fixed + 10;
  const end = data + u16(packet, fixed + 8);
  return end > packet.length ? null : { type: u16(packet, fixed), fixed, data, end };
}

/** The offset behind the name at `at`, -1 when it runs out of the packet. */
export function skipName(packet: Uint8Array, at: number): number {
  for (let i = at; ; ) {
    const length = packet[i];
    if (length === undefined) return -1;
    if (length === 0) return i + 1;
    if (length >= 0xc0) return i + 2 <= packet.length ? i + 2 : -1;
    if (length > 63) return -1;
    i += length + 1;
  }
}

/** The name at `at` without compression, folded, in wire form; `null` when it is malformed. */
export function expandName(packet: Uint8Array, at: number): Uint8Array | null {
  const name = new Uint8Array(MAX_NAME);
  let n = 0;
  let i = at;
  // A pointer must point before where the walk began (RFC 1035 §4.1.4), so the walk always ends.
  for (let before = at; ; ) {
    const length = packet[i];
    if (length === undefined) return null;
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (packet[i + 1] ?? 0xff);
      if (target >= before) return null;
      before = target;
      i = target;
      continue;
    }
    if (length > 63 || n + length + 1 > MAX_NAME || i + length >= packet.length) return null;
    name[n++] = length;
    if (length === 0) return name.slice(0, n);
    for (let k = 1; k <= length; k++) name[n++] = FOLD[packet[i + k]!]!;
    i += length + 1;
  }
}

/**
 * A wire name as people write it: folded, dots between labels, none at the end. Bytes that no host name has
 * are escaped as `\DDD` (RFC 1035 §5.1), so a dot inside a label cannot pass for one between two.
 */
export function hostName(wire: Uint8Array, offset: number): string {
  let host = '';
  for (let at = offset; ; ) {
    const length = wire[at++];
    if (length === undefined || length === 0) return host;
    if (at > offset + 1) host += '.';
    for (const stop = at + length; at < stop; at++) host += LETTER[wire[at] ?? 0]!;
  }
}

const LETTER = Array.from({ length: 256 }, (_, byte) => {
  const letter = String.fromCharCode(FOLD[byte]!);
  return /[a-z0-9_-]/.test(letter) ? letter : `\\${String(byte).padStart(3, '0')}`;
});

/** A name of our own data files in wire form. */
export const wireName = (host: string): Uint8Array =>
  Uint8Array.from([...host.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]), 0]);

/** A question of our own. */
export function askingFor(name: Uint8Array, type: number): Buffer {
  const packet = Buffer.alloc(HEADER + name.length + 4);
  packet[2] = 0x01; // RD
  packet[5] = 1;
  packet.set(name, HEADER);
  packet.writeUInt16BE(type, HEADER + name.length);
  packet.writeUInt16BE(CLASS_IN, HEADER + name.length + 2);
  return packet;
}

/** Do two messages ask the same, letters' case aside (RFC 4343)? `end` is where the question of `a` ends. */
export function sameQuestion(a: Uint8Array, b: Uint8Array, end: number): boolean {
  if (b.length < end) return false;
  const name = end - 4;
  for (let i = HEADER; i < name; i++) if (FOLD[a[i]!] !== FOLD[b[i]!]) return false;
  return u16(a, name) === u16(b, name) && u16(a, name + 2) === u16(b, name + 2);
}

export const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
