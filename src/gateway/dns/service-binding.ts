import { CLASS_IN, expandName, readRecord, TYPE, u16, type WireRecord } from './codec.ts';

/** Service parameter keys (RFC 9460 §14.3.2, RFC 9848). */
const MANDATORY = 0;
const ECH = 5;

/** Does this record tell browsers how to hide from us which site they open? */
export const hasEch = (packet: Buffer, record: WireRecord): boolean =>
  isBinding(record.type) && parameters(packet, record).some(({ key }) => key === ECH);

/**
 * The same answer without the keys for Encrypted Client Hello (RFC 9849): with them the name of the site would be hidden
 * from the proxy as well, and nothing could be judged. Names are written out, since what they point at may have moved;
 * the authority section is left out. `null` when a name in it cannot be read.
 */
export function withoutEch(packet: Buffer, questionEnd: number): Buffer | null {
  const parts: Uint8Array[] = [Buffer.from(packet.subarray(0, questionEnd))];
  let kept = 0;
  let at = questionEnd;
  for (let left = u16(packet, 6); left > 0; left--) {
    const record = readRecord(packet, at);
    const owner = record === null ? null : expandName(packet, at);
    if (record === null || owner === null) return null;
    at = record.end;
    // A signature over what was changed would only look like an attack.
    if (record.type === TYPE.RRSIG) continue;
    const data = dataOf(packet, record);
    if (data === null) return null;
    if (data === 'drop') continue;
    const fixed = Buffer.alloc(10);
    fixed.set(packet.subarray(record.fixed, record.fixed + 8));
    fixed.writeUInt16BE(data.length, 8);
    parts.push(owner, fixed, data);
    kept++;
  }
  const out = Buffer.concat(parts);
  out.writeUInt16BE(kept, 6);
  out.writeUInt32BE(0, 8);
  return out;
}

const isBinding = (type: number): boolean => type === TYPE.HTTPS || type === TYPE.SVCB;

function dataOf(packet: Buffer, record: WireRecord): Uint8Array | 'drop' | null {
  const whole = packet.subarray(record.data, record.end);
  if (u16(packet, record.fixed + 2) !== CLASS_IN) return 'drop';
  if (record.type === TYPE.CNAME) return expandName(packet, record.data);
  if (!isBinding(record.type)) return whole;
  const all = parameters(packet, record);
  const mandatory = all.find(({ key }) => key === MANDATORY)?.value ?? new Uint8Array();
  for (let i = 0; i + 1 < mandatory.length; i += 2) if (u16(mandatory, i) === ECH) return 'drop';
  const head = packet.subarray(record.data, all[0]?.from ?? record.end);
  return Buffer.concat([head, ...all.filter(({ key }) => key !== ECH).map((p) => packet.subarray(p.from, p.to))]);
}

interface Parameter {
  readonly key: number;
  readonly from: number;
  readonly to: number;
  readonly value: Uint8Array;
}

/** Behind the priority and the target, which is never compressed (RFC 9460 §2.2). */
function parameters(packet: Buffer, record: WireRecord): Parameter[] {
  let at = record.data + 2;
  while (at < record.end && packet[at] !== 0) at += packet[at]! + 1;
  const found: Parameter[] = [];
  for (at++; at + 4 <= record.end; ) {
    const to = at + 4 + u16(packet, at + 2);
    if (to > record.end) break;
    found.push({ key: u16(packet, at), from: at, to, value: packet.subarray(at + 4, to) });
    at = to;
  }
  return found;
}
