import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A fresh folder for a test. Others may walk through it but not look into it: when root runs the tests, PostgreSQL runs
 * as another user in a folder of its own below.
 */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `gatehouse-${name}-`));
  chmodSync(folder, 0o711);
  return folder;
}
