import { isIPv4, isIPv6 } from 'node:net';
import type { Judgement } from '#gateway/judge.ts';
import { CLASS_IN, DO, HEADER, MAX_UDP, type Query, RCODE, TYPE } from './codec.ts';
import type { AddressRecord, StoredAnswer } from './upstream-answer.ts';

/** Extended DNS errors (RFC 8914) that we send, and what each tells whoever looks for the reason. */
export const EDE = {
  STALE: 3,
  /** Beside 15 or 16 when an address was put in place of the real one. */
  FORGED: 4,
  /** No valid snapshot: refused because we cannot judge, not because of the name. */
  NOT_READY: 14,
  /** The operator's own policy: the school's. Not 17 (Filtered): that says the client asked to be filtered. */
  BLOCKED: 15,
  /** Required from outside, by law: illegal content. */
  CENSORED: 16,
  STALE_NXDOMAIN: 19,
  NO_REACHABLE_UPSTREAM: 22,
  NETWORK_ERROR: 23,
} as const;

export interface ExtendedError {
  readonly code: number;
  readonly text?: string;
}

/** An answer of our own making. */
export interface Reply {
  readonly rcode: number;
  readonly answers?: readonly Uint8Array[];
  readonly authority?: readonly Uint8Array[];
  readonly errors?: readonly ExtendedError[];
  readonly truncated?: boolean;
}

export interface BlockPageAddress {
  readonly ipv4: string | null;
  readonly ipv6: string | null;
}

/** Short, so that an opened site opens soon (seconds). */
const BLOCK_TTL = 10;
/** RFC 8767 §5.2.3. */
const STALE_TTL = 30;
const LOCAL_TTL = 3600;
/** Keeps a refusal small: never more than the question and about 200 bytes. */
const MAX_TEXT = 120;
const utf8 = new TextEncoder();

/** A record; its owner is a pointer to where the name stands, `HEADER` for the asked name. */
function record(type: number, ttl: number, data: Uint8Array, owner = HEADER): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt16BE(0xc000 | owner, 0);
  bytes.writeUInt16BE(type, 2);
  bytes.writeUInt16BE(CLASS_IN, 4);
  bytes.writeUInt32BE(ttl, 6);
  bytes.writeUInt16BE(data.length, 10);
  bytes.set(data, 12);
  return bytes;
}

/** So that resolvers keep a "no" as briefly as a block (RFC 2308 needs an SOA to keep it at all). Root names, five numbers. */
const soaData = Buffer.alloc(22);
soaData.writeUInt32BE(1, 2);
soaData.writeUInt32BE(BLOCK_TTL, 18);
const BRIEF_SOA = [record(TYPE.SOA, BLOCK_TTL, soaData)];
const HINFO = [record(TYPE.HINFO, LOCAL_TTL, Buffer.from('\x07RFC8482\x00', 'latin1'))];
const LOOPBACK4 = [record(TYPE.A, LOCAL_TTL, addressBytes('127.0.0.1'))];
const LOOPBACK6 = [record(TYPE.AAAA, LOCAL_TTL, addressBytes('::1'))];

export const NXDOMAIN: Reply = { rcode: RCODE.NXDOMAIN, authority: BRIEF_SOA };
export const NODATA: Reply = { rcode: RCODE.NOERROR, authority: BRIEF_SOA };
/** To browsers that would bring a DNS of their own. */
export const OWN_DNS: Reply = {
  ...NXDOMAIN,
  errors: [{ code: EDE.BLOCKED, text: 'Devices use the school’s DNS here.' }],
};
/** RFC 8482: ANY is for amplifiers; one small record answers it. */
export const ANY_REFUSED: Reply = { rcode: RCODE.NOERROR, answers: HINFO };

/** `localhost` (RFC 6761 §6.3). */
export function loopback(type: number): Reply {
  if (type === TYPE.A) return { rcode: RCODE.NOERROR, answers: LOOPBACK4 };
  if (type === TYPE.AAAA) return { rcode: RCODE.NOERROR, answers: LOOPBACK6 };
  return NODATA;
}

const SAFE: readonly ExtendedError[] = [{ code: EDE.FORGED, text: 'Safe search is on here.' }];
/** Short, since the next person at a shared device may have other rules (seconds). */
const SAFE_TTL = 60;

/** The asked name is, here, an alias of the one with safe results: what it stands for, and its addresses. */
export function aliasAnswer(query: Query, alias: Uint8Array, addresses: readonly AddressRecord[]): Reply {
  // Behind the question and the first record's own head.
  const owner = query.end + 12;
  const answers = [record(TYPE.CNAME, SAFE_TTL, alias)];
  for (const { ttl, data } of addresses) answers.push(record(query.type, Math.min(ttl, SAFE_TTL), data, owner));
  return { rcode: RCODE.NOERROR, answers, errors: SAFE };
}

/** No HTTPS or SVCB record: its hints would lead round the alias. */
export const ALIAS_HAS_NONE: Reply = { ...NODATA, errors: SAFE };

/** Nobody could be asked, or nobody knew. */
export const failure = (code: number): Reply => ({ rcode: RCODE.SERVFAIL, errors: [{ code }] });

/** Makes the answers to blocked names, for one block page. */
export function blockedAnswers(
  page: BlockPageAddress,
): (judgement: Judgement, type: number, mode: 'page' | 'nxdomain') => Reply {
  const a = page.ipv4 === null ? null : [record(TYPE.A, BLOCK_TTL, addressBytes(page.ipv4))];
  const aaaa = page.ipv6 === null ? null : [record(TYPE.AAAA, BLOCK_TTL, addressBytes(page.ipv6))];
  return (judgement, type, mode) => {
    const because = reason(judgement);
    if (mode === 'nxdomain' || (a === null && aaaa === null)) return { ...NXDOMAIN, errors: [because] };
    const answers = type === TYPE.A ? a : type === TYPE.AAAA ? aaaa : null;
    // HTTPS and SVCB land here too: with one of those a browser would go round the page's address.
    if (answers === null) return { ...NODATA, errors: [because] };
    return { rcode: RCODE.NOERROR, answers, errors: [because, { code: EDE.FORGED }] };
  };
}

/** FIL-19: the same words as the block page; for illegal content neutral ones that say nothing of the site. */
function reason(judgement: Judgement): ExtendedError {
  const { rule, text } = judgement.because;
  if (rule === 'safety.illegal') return { code: EDE.CENSORED, text: 'This address cannot be opened.' };
  return { code: rule === 'no-policy' ? EDE.NOT_READY : EDE.BLOCKED, text };
}

/** Write an answer of our own: the client's id and question as sent, our records, EDNS when it spoke EDNS. */
export function compose(packet: Buffer, query: Query, reply: Reply): Buffer {
  const answers = reply.answers ?? [];
  const authority = reply.authority ?? [];
  const errors = query.edns ? (reply.errors ?? []) : [];
  let room = query.end + 11 + errors.length * (6 + MAX_TEXT);
  for (const r of answers) room += r.length;
  for (const r of authority) room += r.length;

  const out = Buffer.allocUnsafe(room);
  out.set(packet.subarray(0, query.end));
  writeFlags(out, packet, reply.rcode, reply.truncated ?? false);
  writeCounts(out, answers.length, authority.length, query.edns);
  let at = query.end;
  for (const r of answers) at = append(out, at, r);
  for (const r of authority) at = append(out, at, r);
  if (query.edns) at = writeOpt(out, at, query, 0, errors);
  return out.subarray(0, at);
}

/** Refuse a packet whose question is not worth repeating: never longer than what came. */
export function refuse(packet: Buffer, rcode: number): Buffer {
  const versionOnly = rcode === RCODE.BADVERS;
  const out = Buffer.alloc(versionOnly ? HEADER + 11 : HEADER);
  out.set(packet.subarray(0, 2));
  writeFlags(out, packet, rcode & 0x0f, false);
  out[2] = out[2]! | (packet[2]! & 0x78);
  if (versionOnly) {
    out[11] = 1;
    writeOpt(out, HEADER, { flags: 0 }, rcode >> 4, []);
  }
  return out;
}

/**
 * Give a stored answer to this client: its id, its spelling of the name (0x20), TTLs less the seconds gone by
 * (`stale`: past their end, RFC 8767) and no longer than `longest`, cut to the size it takes.
 */
export function replay(
  stored: StoredAnswer,
  packet: Buffer,
  query: Query,
  limit: number,
  age: number | 'stale',
  longest = Number.POSITIVE_INFINITY,
): Buffer {
  const { message } = stored;
  const rcode = message[3]! & 0x0f;
  const errors: ExtendedError[] =
    age === 'stale' && query.edns ? [{ code: rcode === RCODE.NXDOMAIN ? EDE.STALE_NXDOMAIN : EDE.STALE }] : [];
  const length = message.length + (query.edns ? 11 + errors.length * 6 : 0);
  if (length > limit) return compose(packet, query, { rcode, truncated: true });

  const out = Buffer.allocUnsafe(length);
  out.set(message);
  // Byte by byte: a few bytes are copied sooner than a view of them is made.
  out[0] = packet[0]!;
  out[1] = packet[1]!;
  for (let i = HEADER; i < query.end; i++) out[i] = packet[i]!;
  writeFlags(out, packet, rcode, false);
  out[11] = query.edns ? 1 : 0;
  if (age !== 0 || longest !== Number.POSITIVE_INFINITY) {
    for (const at of stored.ttls) {
      const ttl = age === 'stale' ? STALE_TTL : Math.max(0, out.readUInt32BE(at) - age);
      out.writeUInt32BE(Math.min(ttl, longest), at);
    }
  }
  if (query.edns) writeOpt(out, message.length, query, 0, errors);
  return out;
}

/** QR and RA; RD and CD as asked. Never AA, and never AD: we check no signatures, so we vouch for none. */
function writeFlags(out: Buffer, packet: Buffer, rcode: number, truncated: boolean): void {
  out[2] = 0x80 | (truncated ? 0x02 : 0) | (packet[2]! & 0x01);
  out[3] = 0x80 | (packet[3]! & 0x10) | rcode;
}

function writeCounts(out: Buffer, answers: number, authority: number, edns: boolean): void {
  out.writeUInt16BE(answers, 6);
  out.writeUInt16BE(authority, 8);
  out.writeUInt16BE(edns ? 1 : 0, 10);
}

function append(out: Buffer, at: number, bytes: Uint8Array): number {
  out.set(bytes, at);
  return at + bytes.length;
}

function writeOpt(
  out: Buffer,
  start: number,
  { flags }: Pick<Query, 'flags'>,
  highRcode: number,
  errors: readonly ExtendedError[],
): number {
  out[start] = 0;
  out.writeUInt16BE(TYPE.OPT, start + 1);
  out.writeUInt16BE(MAX_UDP, start + 3);
  out.writeUInt32BE(((highRcode << 24) | ((flags & DO) !== 0 ? 0x8000 : 0)) >>> 0, start + 5);
  let at = start + 11;
  for (const { code, text } of errors) {
    // encodeInto stops before a character that does not fit whole, so the text stays valid UTF-8.
    const written = text ? utf8.encodeInto(text, out.subarray(at + 6, at + 6 + MAX_TEXT)).written : 0;
    out.writeUInt16BE(15, at);
    out.writeUInt16BE(2 + written, at + 2);
    out.writeUInt16BE(code, at + 4);
    at += 6 + written;
  }
  out.writeUInt16BE(at - start - 11, start + 9);
  return at;
}

function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number));
  if (!isIPv6(address) || address.includes('.') || address.includes('%')) {
    throw new Error(`"${address}" is not an IP address that a DNS answer can carry`);
  }
  const [head = '', tail] = address.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((g) => Number.parseInt(g, 16)));
  const left = groups(head);
  const right = groups(tail ?? '');
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Uint8Array.from(all.flatMap((g) => [g >> 8, g & 0xff]));
}
