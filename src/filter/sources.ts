import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { Refusal } from '#core/errors.ts';

/** Where lists come from. Whatever must be fetched first is fetched elsewhere and handed over as a file. */
export interface Source {
  readonly name: string;
  /** `folder` and `archive` (.tar.gz) hold `category/domains` and `category/urls`; `file` is one list. */
  readonly kind: 'folder' | 'archive' | 'file';
  readonly path: string;
  /** For a `file`: the outside category name it stands for. */
  readonly category?: string;
  /** Kept by us: its word on a name holds against other lists (trust.ts). */
  readonly own?: boolean;
}

/** One list inside a source. */
export interface ListFile {
  readonly source: string;
  /** The source's own name for the category. */
  readonly outside: string;
  /** For messages: `ut1: games/domains`. */
  readonly label: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

const CHUNK = 256 * 1024;
/** All public lists together unpack to a few GiB. */
const MOST_UNPACKED = 8 * 2 ** 30;

/** Every list of a source, one after the other, each as a stream. Each is to be read, or left, before the next. */
export async function* listFiles(source: Source, mostUnpacked: number = MOST_UNPACKED): AsyncGenerator<ListFile> {
  let lists = 0;
  try {
    for await (const list of READERS[source.kind](source, mostUnpacked)) {
      lists++;
      yield list;
    }
  } catch (e) {
    throw unreadable(source, e);
  }
  if (lists === 0)
    throw unreadable(source, new Error('it holds no list; "category/domains" or "category/urls" is expected'));
}

const READERS: Readonly<Record<Source['kind'], (source: Source, mostUnpacked: number) => AsyncGenerator<ListFile>>> = {
  async *file(source) {
    if (!source.category) throw new Error('it is a single file, so it must be said which category it stands for');
    yield list(source, source.category, '', fileChunks(source.path));
  },

  async *folder(source) {
    for (const name of (await filesUnder(source.path)).sort()) {
      const outside = categoryOf(name);
      const file = join(source.path, name);
      if (outside !== null && (await stat(file)).isFile()) yield list(source, outside, name, fileChunks(file));
    }
  },

  async *archive(source, mostUnpacked) {
    const tar = extract();
    // Whatever goes wrong in any part ends the tar stream with that error, where the loop meets it.
    pipeline(
      createReadStream(source.path, { highWaterMark: CHUNK }),
      createGunzip({ chunkSize: CHUNK }),
      atMost(mostUnpacked),
      tar,
      () => {},
    );
    for await (const entry of tar) {
      const outside = entry.header.type === 'file' ? categoryOf(entry.header.name) : null;
      if (outside !== null)
        yield list(
          source,
          outside,
          entry.header.name.replace(/^\.\//, ''),
          entry as AsyncIterable<unknown> as AsyncIterable<Uint8Array>,
        );
      entry.resume();
    }
  },
};

/** A small archive that unpacks without end must not keep the compiler busy for ever. */
function atMost(bytes: number): Transform {
  let left = bytes;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      if (left < 0) done(new Error('it unpacks to more than any list holds'));
      else done(null, chunk);
    },
  });
}

/** Files below a folder, as deep as the layout goes and no deeper: somebody may enter `/`. */
async function filesUnder(root: string, folder = '', depth = 2): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const found = await Promise.all(
    entries.map((e) => {
      const name = folder === '' ? e.name : `${folder}/${e.name}`;
      if (!e.isDirectory()) return [name];
      return depth > 0 ? filesUnder(root, name, depth - 1) : [];
    }),
  );
  return found.flat();
}

/** Only when it is read is a file opened. */
async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: CHUNK });
}

function list(source: Source, outside: string, name: string, chunks: AsyncIterable<Uint8Array>): ListFile {
  return {
    source: source.name,
    outside,
    label: name === '' ? source.name : `${source.name}: ${name}`,
    chunks: guarded(source, chunks),
  };
}

async function* guarded(source: Source, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (e) {
    throw unreadable(source, e);
  }
}

/** `ut1/games/domains` → `games`; null for what is no list. One folder may lead the way. */
function categoryOf(name: string): string | null {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const leaf = parts.pop();
  if (leaf !== 'domains' && leaf !== 'urls') return null;
  return parts.length === 1 || parts.length === 2 ? (parts.at(-1) ?? null) : null;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  EACCES: 'this program may not read it',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'it is a file, not a folder',
  Z_DATA_ERROR: 'it is damaged, or no .tar.gz archive',
  Z_BUF_ERROR: 'it ends too early',
};

function unreadable(source: Source, e: unknown): Refusal {
  if (e instanceof Refusal) return e;
  const { code = '', message }: NodeJS.ErrnoException = e instanceof Error ? e : new Error(String(e));
  return new Refusal(
    'invalid',
    'filter.source.unreadable',
    `The list source "${source.name}" at ${source.path} cannot be read: ${REASONS[code] ?? message}.`,
    {
      remedy: 'Mend the source or take it out. The lists in use stay as they are.',
      cause: e,
    },
  );
}
