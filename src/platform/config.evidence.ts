import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { invalid, Refusal } from '#core/errors.ts';

/** What the evidence vault is told from outside (EVI-07, EVI-09). */
export interface EvidenceConfig {
  /** The key that wraps every file's own key; null: a key file in the data folder holds it. */
  readonly key: Buffer | null;
  /** The key before it, while a rotation is under way. */
  readonly keyBefore: Buffer | null;
  /** PEM of the outside body's public key. Without one no file is taken in. */
  readonly escrow: string | null;
  /** Where clamd listens. */
  readonly clamd: ClamdAddress | null;
}
export type ClamdAddress = { readonly path: string } | { readonly host: string; readonly port: number };

type Name =
  | 'GATEHOUSE_EVIDENCE_KEY'
  | 'GATEHOUSE_EVIDENCE_KEY_BEFORE'
  | 'GATEHOUSE_EVIDENCE_ESCROW'
  | 'GATEHOUSE_CLAMD';

export function parseEvidence(value: (name: Name) => string | undefined): EvidenceConfig {
  const [key, keyBefore] = [
    parseKey('GATEHOUSE_EVIDENCE_KEY', value('GATEHOUSE_EVIDENCE_KEY')),
    parseKey('GATEHOUSE_EVIDENCE_KEY_BEFORE', value('GATEHOUSE_EVIDENCE_KEY_BEFORE')),
  ];
  if (keyBefore && !key) {
    throw invalid('config.evidence', 'GATEHOUSE_EVIDENCE_KEY_BEFORE means nothing without GATEHOUSE_EVIDENCE_KEY.');
  }
  return {
    key,
    keyBefore,
    escrow: parseEscrow(value('GATEHOUSE_EVIDENCE_ESCROW')),
    clamd: parseClamd(value('GATEHOUSE_CLAMD')),
  };
}

function parseKey(name: Name, text: string | undefined): Buffer | null {
  if (!text) return null;
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32 || !/^[A-Za-z0-9+/]{43}=$/.test(text)) {
    throw invalid(
      'config.evidence',
      `${name} must be 32 random bytes in base64: "openssl rand -base64 32" makes them.`,
    );
  }
  return key;
}

/** RSA, because the outside body can then open a wrapped key with `openssl pkeyutl` alone (RFC 8017, OAEP). */
function parseEscrow(path: string | undefined): string | null {
  if (!path) return null;
  try {
    const pem = readFileSync(path, 'utf8');
    const key = createPublicKey(pem);
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    // What holds the private half is not for this machine, not even by mistake.
    if (/PRIVATE KEY/.test(pem) || key.asymmetricKeyType !== 'rsa' || bits < 3072) throw new Error('not such a key');
    return pem;
  } catch (cause) {
    throw new Refusal(
      'invalid',
      'config.evidence',
      'GATEHOUSE_EVIDENCE_ESCROW must be a PEM file with a public RSA key of 3072 bits or more and no private key.',
      { cause },
    );
  }
}

function parseClamd(text: string | undefined): ClamdAddress | null {
  if (!text) return null;
  if (isAbsolute(text)) return { path: text };
  const m = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const [host, port] = [m?.[1] ?? m?.[2], Number(m?.[3])];
  if (!host || !(port >= 1 && port <= 65535)) {
    throw invalid('config.clamd', `GATEHOUSE_CLAMD is "${text}", but it must be host:port or the path of a socket.`);
  }
  return { host, port };
}
