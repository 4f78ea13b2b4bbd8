import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The public key of an outside body that does not exist (EVI-07), so that the vault of a demonstration takes files in. Its
 * other half is thrown away as it is made: what is sealed there is never to be opened by anybody.
 */
export function demoEscrow(data: string): string {
  const file = join(data, 'demo-outside.pem');
  if (!existsSync(file)) {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
    writeFileSync(file, publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o600 });
  }
  return file;
}
