import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { type Browser, chromium, type LaunchOptions } from 'playwright-core';
import { extract } from 'tar-stream';

/**
 * A real Chromium, from the npm package alone: the browser, the few libraries it needs besides the C library, and
 * fonts are unpacked once into the temporary folder, whole or not at all, so test runs may share them.
 */
export async function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  const home = await unpacked();
  return chromium.launch({
    executablePath: join(home, 'chromium'),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    env: { ...process.env, LD_LIBRARY_PATH: join(home, 'lib'), FONTCONFIG_PATH: join(home, 'fonts') } as Record<
      string,
      string
    >,
    ...options,
  });
}

async function unpacked(): Promise<string> {
  const bin = resolve(dirname(new URL(import.meta.resolve('@sparticuz/chromium')).pathname), '../../bin');
  const home = join(tmpdir(), `gatehouse-browser-${process.getuid?.() ?? 'user'}-147`);
  if (existsSync(home)) return home;
  const fresh = `${home}.${process.pid}`;
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  await pipeline(
    createReadStream(join(bin, 'chromium.br')),
    createBrotliDecompress(),
    createWriteStream(join(fresh, 'chromium'), { mode: 0o700 }),
  );
  for (const archive of ['al2023.tar.br', 'fonts.tar.br']) await untar(join(bin, archive), fresh);
  try {
    renameSync(fresh, home);
  } catch {
    // Another run was quicker; its copy is as good.
    rmSync(fresh, { recursive: true });
  }
  return home;
}

async function untar(archive: string, into: string): Promise<void> {
  const entries = createReadStream(archive).pipe(createBrotliDecompress()).pipe(extract());
  for await (const entry of entries) {
    if (entry.header.type !== 'file') {
      entry.resume();
      continue;
    }
    const path = join(into, entry.header.name);
    mkdirSync(dirname(path), { recursive: true });
    await pipeline(Readable.from(entry), createWriteStream(path, { mode: 0o600 }));
  }
}
