import { CLASS_IN, expandName, HEADER, RCODE, readRecord, skipName, TYPE, u16, type WireRecord } from './codec.ts';
import { hasEch, withoutEch } from './service-binding.ts';

/** An upstream's answer, checked and made ready to be given to any client (and judged for each). */
export interface StoredAnswer {
  /** Header, question, answer and authority records. Additional ones are dropped: they are optional and large. */
  readonly message: Buffer;
  /** Where the TTLs stand in `message`. */
  readonly ttls: readonly number[];
  /** Seconds it may be kept; 0 for "use it once". */
  readonly ttl: number;
  /** Names the asked name is an alias of (CNAME, and the targets of HTTPS and SVCB), in wire form. */
  readonly targets: readonly Uint8Array[];
}

/** RFC 8767 §4 lets a cache cap TTLs; a day keeps mistakes of others short. */
const MAX_TTL = 86_400;
/** RFC 2308 §5: "no such name" is kept for hours at most. */
const MAX_NEGATIVE_TTL = 3600;

/** Most answers have none: one list for all of them stays in the processor's cache. */
const NO_TARGETS: readonly Uint8Array[] = [];

export type Reading = StoredAnswer | 'truncated' | 'failed' | 'malformed';

/** Read an answer whose id and question were already found to be ours. `failed`: this upstream could not say. */
export function readAnswer(packet: Buffer): Reading {
  const rcode = packet[3]! & 0x0f;
  if ((packet[2]! & 0x02) !== 0) return 'truncated';
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return 'failed';
  const answers = u16(packet, 6);
  const authorities = u16(packet, 8);
  const questionEnd = skipName(packet, HEADER) + 4;
  const askedType = u16(packet, questionEnd - 4);

  const ttls: number[] = [];
  const targets: Uint8Array[] = [];
  let found = false;
  let ech = false;
  let soa: WireRecord | null = null;
  let ttl = MAX_TTL;
  let at = questionEnd;
  for (let i = 0; i < answers + authorities; i++) {
    const record = readRecord(packet, at);
    if (record === null) return 'malformed';
    at = record.end;
    ttls.push(record.fixed + 4);
    clampTtl(packet, record);
    if (i >= answers) {
      if (record.type === TYPE.SOA) soa = record;
      continue;
    }
    ttl = Math.min(ttl, packet.readUInt32BE(record.fixed + 4));
    if (record.type === askedType) found = true;
    if (hasEch(packet, record)) ech = true;
    const nameAt = targetOffset(record);
    if (nameAt === null) continue;
    const target = nameAt < record.end ? expandName(packet, nameAt) : null;
    // A target we cannot read is a target we cannot judge.
    if (target === null) return 'malformed';
    if (target.length > 1) targets.push(target);
  }
  if (ech) {
    const plain = withoutEch(packet, questionEnd);
    return plain === null ? 'malformed' : readAnswer(plain);
  }
  if (rcode === RCODE.NXDOMAIN || !found) ttl = Math.min(ttl, negativeTtl(packet, soa));

  const message = Buffer.from(packet.subarray(0, at));
  message.writeUInt16BE(0, 10);
  return { message, ttls, ttl, targets: targets.length === 0 ? NO_TARGETS : targets };
}

export interface AddressRecord {
  readonly ttl: number;
  readonly data: Uint8Array;
}

/** The addresses of this type in a stored answer, whatever names led to them. */
export function addressesIn({ message }: StoredAnswer, type: number): AddressRecord[] {
  const found: AddressRecord[] = [];
  let at = skipName(message, HEADER) + 4;
  for (let left = u16(message, 6); left > 0; left--) {
    const record = readRecord(message, at);
    if (record === null) break;
    at = record.end;
    if (record.type !== type) continue;
    found.push({ ttl: message.readUInt32BE(record.fixed + 4), data: message.subarray(record.data, record.end) });
  }
  return found;
}

/** Where a record names the host that really answers; `null` when it names none. */
function targetOffset(record: WireRecord): number | null {
  if (record.type === TYPE.CNAME) return record.data;
  if (record.type === TYPE.HTTPS || record.type === TYPE.SVCB) return record.data + 2;
  return null;
}

/** A TTL with its top bit set means 0 (RFC 2181 §8). */
function clampTtl(packet: Buffer, record: WireRecord): void {
  const ttl = packet.readUInt32BE(record.fixed + 4);
  if (ttl > MAX_TTL) packet.writeUInt32BE(ttl > 0x7fffffff ? 0 : MAX_TTL, record.fixed + 4);
}

/** RFC 2308 §5: the lesser of the SOA's TTL and its last field; without an SOA a "no" is not kept at all. */
function negativeTtl(packet: Buffer, soa: WireRecord | null): number {
  if (soa === null || soa.end - soa.data < 22 || u16(packet, soa.fixed + 2) !== CLASS_IN) return 0;
  const ttl = Math.min(packet.readUInt32BE(soa.fixed + 4), packet.readUInt32BE(soa.end - 4), MAX_NEGATIVE_TTL);
  packet.writeUInt32BE(ttl, soa.fixed + 4);
  return ttl;
}
