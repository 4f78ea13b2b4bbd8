import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { invalid, Refusal } from '#core/errors.ts';
import type { Copy } from './download.ts';
import type { SourceKind } from './sources.rules.ts';

interface LocalRow {
  readonly name: string;
  readonly location: string;
  readonly kind: SourceKind;
  readonly most_bytes: string | null;
}

/** What any source on this server may hold where nothing else is set. */
const MOST_BYTES = 8 * 2 ** 30;
const DEPTH = 2;

/**
 * Copy what stands at a place on this server, so that it is looked at before it is used, does not change while it is read,
 * and an earlier version can be taken up again: as with lists from the web.
 */
export async function copyLocal(row: LocalRow, draft: string): Promise<Copy> {
  const most = Number(row.most_bytes ?? MOST_BYTES);
  const hash = createHash('sha256');
  let bytes = 0;
  const take = async (from: string, to: string) => {
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    bytes = await copyFile(from, to, hash, bytes, most, row.name);
  };
  try {
    if (row.kind !== 'folder') await take(row.location, draft);
    else {
      mkdirSync(draft, { recursive: true, mode: 0o700 });
      for (const name of await listsUnder(row.location)) {
        hash.update(`${name}\n`);
        await take(join(row.location, name), join(draft, name));
      }
    }
  } catch (e) {
    throw e instanceof Refusal ? e : unreadable(row, e);
  }
  return { digest: hash.digest('hex'), bytes, from: row.location, etag: null, lastModified: null };
}

async function copyFile(from: string, to: string, hash: Hash, before: number, most: number, name: string) {
  let bytes = before;
  // Pipes and devices may never end.
  if (!(await stat(from)).isFile()) throw invalid('lists.local', `The list source "${name}" holds what is no file.`);
  const measured = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > most) throw tooLarge(name, most);
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(createReadStream(from), measured, createWriteStream(to, { mode: 0o600 }));
  return bytes;
}

/** `category/domains`, `category/urls` and packages, as deep as the layout goes: somebody may enter `/`. */
async function listsUnder(root: string, folder = '', depth = DEPTH): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const isFolder = entry.isSymbolicLink() ? (await stat(join(root, name))).isDirectory() : entry.isDirectory();
    if (isFolder && depth > 0) found.push(...(await listsUnder(root, name, depth - 1)));
    else if (!isFolder && (/^(?:domains|urls)$/.test(entry.name) || (folder === '' && PACKAGE.test(entry.name))))
      found.push(name);
  }
  return found.sort();
}

const PACKAGE = /\.(tar\.gz|tgz)$/i;

const tooLarge = (name: string, most: number) =>
  invalid(
    'lists.too-large',
    `The list source "${name}" is larger than ${Math.max(1, Math.round(most / 2 ** 20)).toLocaleString('en-GB')} MiB, the most that is taken of it.`,
  );

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  EACCES: 'this program may not read it',
  ENOSPC: 'the disk of this server is full',
};

function unreadable({ name, location }: LocalRow, cause: unknown): Refusal {
  const { code = '' } = (cause instanceof Error ? cause : {}) as NodeJS.ErrnoException;
  return new Refusal(
    'invalid',
    'lists.unreadable',
    `The list source "${name}" at ${location} cannot be read: ${REASONS[code] ?? `it gave up (${code || 'unknown'})`}.`,
    { cause },
  );
}
