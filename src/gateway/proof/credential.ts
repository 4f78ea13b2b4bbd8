import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * What makes a synthetic request a test of one profile: a MAC over profile, snapshot number and nonce. The key is made by
 * the keeper of this very gateway anew for each snapshot and handed to its threads with it: it is on no disk, crosses no
 * network, and control never knows it. Even stolen it opens nothing, since a proof is answered and never forwarded.
 */
const MAGIC = Buffer.from('GHP1');
const NONCE = 8;
const MAC = 16;
const NUMBER = MAGIC.length;
const NONCE_AT = NUMBER + 8;
const MAC_AT = NONCE_AT + NONCE;
const PROFILE_AT = MAC_AT + MAC;
const LONGEST_PROFILE = 120;

/** A key for one snapshot. */
export const newProofKey = (): Uint8Array => randomBytes(32);

/** A credential for one question. */
export function mintCredential(key: Uint8Array, profile: string, snapshot: number): Buffer {
  const name = Buffer.from(profile);
  const out = Buffer.alloc(PROFILE_AT + name.length);
  MAGIC.copy(out);
  out.writeBigUInt64BE(BigInt(snapshot), NUMBER);
  randomBytes(NONCE).copy(out, NONCE_AT);
  name.copy(out, PROFILE_AT);
  macOf(key, out).copy(out, MAC_AT);
  return out;
}

/** Is this meant to be such a credential? Other programs use the same places for things of their own. */
export const isCredential = (bytes: Uint8Array): boolean =>
  bytes.length > PROFILE_AT && MAGIC.every((byte, i) => bytes[i] === byte);

/** The profile it proves under this key and snapshot; null for every other credential. */
export function readCredential(key: Uint8Array, snapshot: number, bytes: Uint8Array): string | null {
  if (!isCredential(bytes) || bytes.length > PROFILE_AT + LONGEST_PROFILE) return null;
  const given = Buffer.from(bytes);
  if (given.readBigUInt64BE(NUMBER) !== BigInt(snapshot)) return null;
  if (!timingSafeEqual(given.subarray(MAC_AT, PROFILE_AT), macOf(key, given))) return null;
  return given.toString('utf8', PROFILE_AT);
}

/** Over everything but the MAC itself. */
const macOf = (key: Uint8Array, bytes: Buffer): Buffer =>
  createHmac('sha256', key)
    .update(bytes.subarray(0, MAC_AT))
    .update(bytes.subarray(PROFILE_AT))
    .digest()
    .subarray(0, MAC);
