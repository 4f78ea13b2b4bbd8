import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { invalid } from '#core/errors.ts';

/** What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410). */
const ED25519_DER = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_ID = 8;
const SIGNATURE = 64;

interface Key {
  readonly id: Buffer;
  readonly key: KeyObject;
}

/** A public key as `minisign -G` prints it: the last line of its file. */
export function readPublicKey(text: string): Key {
  const bytes = Buffer.from(text.trim().split('\n').at(-1)?.trim() ?? '', 'base64');
  if (bytes.length !== 2 + KEY_ID + 32 || bytes.toString('latin1', 0, 2) !== 'Ed') {
    const message = 'This is no public key of minisign. It is one line that begins with RW.';
    throw invalid('lists.key', message, { publicKey: message });
  }
  const der = Buffer.concat([ED25519_DER, bytes.subarray(2 + KEY_ID)]);
  return { id: bytes.subarray(2, 2 + KEY_ID), key: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
}

/**
 * What is wrong with a signature of minisign (https://jedisct1.github.io/minisign/#signature-format); null when nothing is.
 * `Ed` signs the file itself, `ED` its BLAKE2b-512; the trusted comment is signed together with the signature.
 */
export async function signatureFault(publicKey: string, signature: string, file: string): Promise<string | null> {
  const { id, key } = readPublicKey(publicKey);
  const [, first = '', comment = '', second = ''] = signature.split('\n').map((line) => line.replace(/\r$/, ''));
  const [bytes, whole] = [Buffer.from(first, 'base64'), Buffer.from(second, 'base64')];
  const kind = bytes.toString('latin1', 0, 2);
  const prefix = 'trusted comment: ';
  if (bytes.length !== 2 + KEY_ID + SIGNATURE || whole.length !== SIGNATURE || !comment.startsWith(prefix)) {
    return 'The signature beside it is none of minisign.';
  }
  if (!bytes.subarray(2, 2 + KEY_ID).equals(id)) return 'It is signed with another key.';
  const own = bytes.subarray(2 + KEY_ID);
  if (kind !== 'Ed' && kind !== 'ED') return 'The signature beside it is of a kind that is not known.';
  const signed = kind === 'ED' ? await blake2b(file) : await readFile(file);
  const told = Buffer.concat([own, Buffer.from(comment.slice(prefix.length))]);
  return verify(null, signed, key, own) && verify(null, told, key, whole) ? null : 'Its signature is not right.';
}

async function blake2b(file: string): Promise<Buffer> {
  const hash = createHash('blake2b512');
  await pipeline(createReadStream(file), hash);
  return hash.digest();
}
