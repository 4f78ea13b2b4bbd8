import { createHash, randomBytes } from 'node:crypto';

/** A UUID version 7 (RFC 9562): sorts by the time it was made, so it is kind to indexes. */
export function newId(nowMs: number = Date.now()): string {
  const b = randomBytes(16);
  b.writeUIntBE(nowMs, 0, 6);
  b[6] = (b[6]! & 0x0f) | 0x70;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const h = b.toString('hex');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

/** An unguessable token of `bytes` random bytes, URL-safe. */
export const newToken = (bytes = 32): string => randomBytes(bytes).toString('base64url');

/** Tokens are kept only as digests: a stolen table opens no session. */
export const digestToken = (token: string): Buffer => createHash('sha256').update(token).digest();

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const isUuid = (s: unknown): s is string => typeof s === 'string' && UUID.test(s);
