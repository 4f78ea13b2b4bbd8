import { HEADER, readRecord, skipName, TYPE, u16 } from '../dns/codec.ts';

/** For local use (RFC 6891 §9). Not 65001: there dnsmasq hands on the addresses of network cards. */
export const PROOF_OPTION = 65_313;
const OPT_LENGTH = 11;

/** The data of one EDNS option in a message, null without it; `end` is where its question ends. */
export function findOption(packet: Uint8Array, end: number, code: number): Uint8Array | null {
  const opt = findOpt(packet, end);
  if (opt === null) return null;
  for (let at = opt.data; at + 4 <= opt.end; ) {
    const next = at + 4 + u16(packet, at + 2);
    if (next > opt.end) return null;
    if (u16(packet, at) === code) return packet.subarray(at + 4, next);
    at = next;
  }
  return null;
}

/** The message with one more option; its OPT record must be the last, as in every answer of ours. */
export function withOption(packet: Buffer, end: number, code: number, data: Uint8Array): Buffer {
  const opt = findOpt(packet, end);
  if (opt === null || opt.end !== packet.length) return packet;
  const head = Buffer.alloc(4);
  head.writeUInt16BE(code, 0);
  head.writeUInt16BE(data.length, 2);
  const out = Buffer.concat([packet, head, data]);
  out.writeUInt16BE(u16(packet, opt.data - 2) + head.length + data.length, opt.data - 2);
  return out;
}

/** A question of our own with one option. */
export function questionWith(question: Buffer, code: number, data: Uint8Array, size: number): Buffer {
  const opt = Buffer.alloc(OPT_LENGTH);
  opt.writeUInt16BE(TYPE.OPT, 1);
  opt.writeUInt16BE(size, 3);
  const packet = Buffer.concat([question, opt]);
  packet.writeUInt16BE(1, 10);
  return withOption(packet, question.length, code, data);
}

/** Where the question of a message with one question ends, -1 when it is none. */
export function questionEnd(packet: Uint8Array): number {
  const name = packet.length > HEADER && u16(packet, 4) === 1 ? skipName(packet, HEADER) : -1;
  return name < 0 || name + 4 > packet.length ? -1 : name + 4;
}

function findOpt(packet: Uint8Array, end: number): { data: number; end: number } | null {
  let at = end;
  for (let left = u16(packet, 6) + u16(packet, 8) + u16(packet, 10); left > 0; left--) {
    const record = readRecord(packet, at);
    if (record === null) return null;
    if (record.type === TYPE.OPT) return record;
    at = record.end;
  }
  return null;
}
