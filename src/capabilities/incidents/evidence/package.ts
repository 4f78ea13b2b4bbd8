import { createHash, createPrivateKey, sign } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';

/** A file of a package: its text, or what streams, with what is known of it beforehand. */
export type PackageFile =
  | { readonly path: string; readonly text: string | Buffer }
  | { readonly path: string; readonly size: number; readonly sha256: Buffer; readonly content: AsyncIterable<Buffer> };

export interface Signer {
  /** Ed25519, PKCS #8 and SPKI PEM. */
  readonly privateKey: string;
  readonly publicKey: string;
}

/** How anybody checks a package, with tools that every forensic workstation has (EVI-08). */
export const CHECKING = [
  'sha256sum -c SHA256SUMS',
  'openssl pkeyutl -verify -pubin -inkey signing-key.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig',
] as const;

/**
 * A tar archive while it is made: the files, the list of their hashes in the format of `sha256sum`, and the installation's
 * signature over that list. The list stands first and says what follows; a file that turns out otherwise breaks the
 * archive off instead of being delivered.
 */
export function writePackage(files: readonly PackageFile[], signer: Signer, at: Date): Pack {
  const own: PackageFile[] = [...files, { path: 'signing-key.pem', text: signer.publicKey }];
  const sums = own.map((f) => `${hashOf(f).toString('hex')}  ${f.path}\n`).join('');
  const signature = sign(null, Buffer.from(sums), createPrivateKey(signer.privateKey));
  const archive = pack();
  void write(archive, [{ path: 'SHA256SUMS', text: sums }, { path: 'SHA256SUMS.sig', text: signature }, ...own], at);
  return archive;
}

async function write(archive: Pack, files: readonly PackageFile[], at: Date): Promise<void> {
  try {
    for (const file of files) {
      const size = 'text' in file ? Buffer.byteLength(file.text) : file.size;
      const entry = archive.entry({ name: file.path, size, mtime: at, mode: 0o600 });
      const content = 'text' in file ? [Buffer.from(file.text)] : file.content;
      await pipeline(Readable.from(content), entry);
    }
    archive.finalize();
  } catch (e) {
    archive.destroy(e instanceof Error ? e : new Error(String(e)));
  }
}

const hashOf = (file: PackageFile): Buffer =>
  'text' in file ? createHash('sha256').update(file.text).digest() : file.sha256;

/** A name that every system takes and that `sha256sum` writes without escapes. */
export const plainName = (name: string): string =>
  name
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(-80) || 'file';
