import type { Client, Judgement } from '../judge.ts';
import { isTest, readStamp, type Stamp, stampOf } from './door.ts';

/** The proxy's places for the credential of a proof and for the stamp on its answer. */
const SCHEME = 'Gatehouse-Proof';
const STAMP = 'Gatehouse-Proof';

export const proxyCredential = (credential: Buffer): string => `${SCHEME} ${credential.toString('base64url')}`;

/** The credential in a Proxy-Authorization header; null where it is of another scheme. */
export function credentialOf(header: string): Uint8Array | null {
  const token = /^gatehouse-proof +([a-z0-9_-]{1,400})$/i.exec(header.trim())?.[1];
  return token === undefined ? null : Buffer.from(token, 'base64url');
}

/** What is added to the answer to a proof, and to no other. */
export function stampHeader(client: Client, decided: Judgement | null): Readonly<Record<string, string>> {
  if (!isTest(client) || decided === null) return {};
  return { [STAMP]: stampOf(decided).toString('base64url') };
}

export function stampIn(headers: NodeJS.Dict<string | string[]>): Stamp | null {
  const value = headers[STAMP.toLowerCase()];
  return typeof value === 'string' ? readStamp(Buffer.from(value, 'base64url')) : null;
}
