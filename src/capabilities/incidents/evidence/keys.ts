import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  hkdfSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Refusal } from '#core/errors.ts';
import { newToken } from '#core/ids.ts';
import { type Config, dataPaths } from '#platform/config.ts';

/** The school's keys that wrap files' own keys: the one in use, and any before it that a rotation has not yet emptied. */
export interface KeyRing {
  readonly current: string;
  readonly keys: ReadonlyMap<string, Buffer>;
  /** Whether Gatehouse may change it: a key from the environment is changed by whoever set it. */
  readonly ours: boolean;
}

/** A wrapped key and what it was wrapped by. */
export interface Wrap {
  readonly keyId: string;
  readonly wrapped: Buffer;
}

const keyId = (key: Buffer): string =>
  createHash('sha256').update('gatehouse evidence key').update(key).digest('hex').slice(0, 16);
const ringFile = (config: Config) => join(dataPaths(config.data).evidence, 'keys.json');

/** The ring as it is now. Where no key is set and there is no key file yet, one is made, readable by this user alone. */
export function readRing(config: Config): KeyRing {
  const { key, keyBefore } = config.evidence;
  if (key) {
    const keys = [key, ...(keyBefore ? [keyBefore] : [])];
    return { current: keyId(key), keys: new Map(keys.map((k) => [keyId(k), k])), ours: false };
  }
  const file = ringFile(config);
  try {
    return parseRing(readFileSync(file, 'utf8'));
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(e);
  }
  const first = randomBytes(32);
  // Linked into place: of two processes that start at once, one makes the key and both read it.
  const made = writeAside(file, { current: keyId(first), keys: new Map([[keyId(first), first]]), ours: true });
  try {
    linkSync(made, file);
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'EEXIST') throw e;
  } finally {
    rmSync(made);
  }
  return parseRing(readFileSync(file, 'utf8'));
}

/** Put a new ring in the place of the old one, whole or not at all. */
export function writeRing(config: Config, ring: KeyRing): void {
  renameSync(writeAside(ringFile(config), ring), ringFile(config));
}

/** The ring with a fresh key in use; the others stay until nothing needs them. */
export function withFreshKey(ring: KeyRing): KeyRing {
  const key = randomBytes(32);
  return { ...ring, current: keyId(key), keys: new Map([[keyId(key), key], ...ring.keys]) };
}

function writeAside(file: string, ring: KeyRing): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.${newToken(6)}`;
  const text = JSON.stringify({
    current: ring.current,
    keys: Object.fromEntries([...ring.keys].map(([id, key]) => [id, key.toString('base64')])),
  });
  const fd = openSync(aside, 'wx', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return aside;
}

function parseRing(text: string): KeyRing {
  try {
    const { current, keys } = JSON.parse(text) as { current: string; keys: Record<string, string> };
    const all = new Map(Object.entries(keys).map(([id, k]) => [id, Buffer.from(k, 'base64')]));
    if (!all.has(current) || [...all].some(([id, k]) => keyId(k) !== id)) throw new Error('not a key file');
    return { current, keys: all, ours: true };
  } catch (e) {
    throw unreadable(e);
  }
}

const unreadable = (cause: unknown) =>
  new Refusal('unavailable', 'evidence.keys', 'The key file of the evidence vault cannot be read.', {
    remedy: 'Put back evidence/keys.json of the data folder from its own backup. Nothing in the vault was changed.',
    cause,
  });

const bound = (item: string, id: string): Buffer => Buffer.from(`gatehouse evidence key\0${item}\0${id}`);

/** A file's key, wrapped by the school's key in use; bound to the item, so wraps cannot change places. */
export function wrap(ring: KeyRing, item: string, key: Buffer): Wrap {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', ring.keys.get(ring.current)!, nonce).setAAD(bound(item, ring.current));
  return {
    keyId: ring.current,
    wrapped: Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]),
  };
}

export function unwrap(ring: KeyRing, item: string, { keyId: id, wrapped }: Wrap): Buffer {
  const key = ring.keys.get(id);
  if (!key) {
    throw new Refusal('unavailable', 'evidence.key-missing', 'The key that this file was stored under is not here.', {
      remedy: `It has the number ${id}. Put back the key file or the setting that holds it; the file itself is whole.`,
    });
  }
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, wrapped.subarray(0, 12)).setAAD(bound(item, id));
    decipher.setAuthTag(wrapped.subarray(-16));
    return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()]);
  } catch (cause) {
    throw new Refusal(
      'conflict',
      'evidence.key-changed',
      'The stored key of this file was changed and opens nothing.',
      {
        cause,
      },
    );
  }
}

/** The outside body's key, by the digest of its public half: what `openssl pkey -pubin -outform DER | sha256sum` prints. */
export const escrowId = (pem: string): string =>
  createHash('sha256')
    .update(createPublicKey(pem).export({ type: 'spki', format: 'der' }))
    .digest('hex');

/** A file's key for the outside body alone: RSA-OAEP with SHA-256 (RFC 8017 §7.1), which `openssl pkeyutl` opens. */
export const wrapOutside = (pem: string, key: Buffer): Wrap => ({
  keyId: escrowId(pem),
  wrapped: publicEncrypt({ key: pem, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, key),
});

const nameKey = (key: Buffer) => Buffer.from(hkdfSync('sha256', key, '', 'gatehouse evidence name', 32));

/** A file's name under the file's own key (RFC 5869 parts the two uses). */
export function hideName(key: Buffer, item: string, name: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', nameKey(key), nonce).setAAD(Buffer.from(item));
  return Buffer.concat([nonce, cipher.update(name, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

export function showName(key: Buffer, item: string, hidden: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', nameKey(key), hidden.subarray(0, 12)).setAAD(Buffer.from(item));
  decipher.setAuthTag(hidden.subarray(-16));
  return Buffer.concat([decipher.update(hidden.subarray(12, -16)), decipher.final()]).toString('utf8');
}
