import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** What is signed says what it is for, so that a signature made for anything else proves nothing here. */
export const signedText = (challenge: string): string => `gatehouse designated computer\n${challenge}`;

/** The public half of an ECDSA key on P-256, as WebCrypto writes it (SPKI); null for anything else. */
export function readKey(spki: Buffer): KeyObject | null {
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : null;
  } catch {
    return null;
  }
}

/** Was this challenge signed with the key whose public half this is? WebCrypto signs in the form of IEEE P1363. */
export function isSigned(spki: Buffer, challenge: string, signature: Buffer): boolean {
  const key = readKey(spki);
  if (key === null || signature.length !== 64) return false;
  return verify('sha256', Buffer.from(signedText(challenge)), { key, dsaEncoding: 'ieee-p1363' }, signature);
}
