import { isIP } from 'node:net';
import { isAddress, MAX_PATH, normaliseHost, normalisePath } from './host.ts';

/** Why a line of a list was not taken. */
export type LineRefusal =
  | 'not a host name'
  | 'only one label'
  | 'too long'
  | 'more than one name and no address before them';

/** `path` is `''` for a whole host. */
export type Found = (host: string, path: string) => void;

/** Nearly every line of nearly every list: already in its one spelling, nothing to do. */
const PLAIN = /^(?:[a-z0-9_-]{1,63}\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;
const MAX_PLAIN = 253;

/** What hosts files say about the machine itself. */
const LOCAL_NAMES = new Set([
  'localhost',
  'localhost.localdomain',
  'local',
  'broadcasthost',
  'ip6-localhost',
  'ip6-loopback',
  'ip6-localnet',
  'ip6-mcastprefix',
  'ip6-allnodes',
  'ip6-allrouters',
  'ip6-allhosts',
  '0.0.0.0',
  '127.0.0.1',
  '::',
  '::1',
]);

/**
 * Read one line of a list, whatever the format: a name or an address with a path, or a hosts-file line with an
 * address and any number of names. A name may begin with `*.` or `.`; every listed name stands for all names
 * under it anyway. Calls `found` for each name taken; answers why something was refused, or null.
 */
export function parseLine(line: string, found: Found): LineRefusal | null {
  if (line.length <= MAX_PLAIN && PLAIN.test(line)) {
    found(line, '');
    return null;
  }
  const text = withoutComment(line);
  if (text === '') return null;
  const [first = '', ...names] = text.split(/\s+/);
  if (names.length === 0) return parseName(first, found);
  // `fe80::1%lo0 localhost`: the zone is the machine's own business.
  if (isIP(first.replace(/%.*$/, '')) === 0) return 'more than one name and no address before them';
  let refusal: LineRefusal | null = null;
  for (const name of names) refusal = parseName(name, found) ?? refusal;
  return refusal;
}

/** `#` and `!` begin a comment at the start of a line, `#` also after a space. */
function withoutComment(line: string): string {
  const text = line.replace(/^\ufeff/, '').trim();
  return /^[#!]/.test(text) ? '' : text.replace(/\s#.*$/, '').trim();
}

/** scheme :// user @ host : port / rest, all but the host optional. */
const ADDRESS =
  /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^/?#:[\]]*|[0-9a-f:]*)(?::\d{1,5})?([/?#].*)?$/i;

function parseName(name: string, found: Found): LineRefusal | null {
  if (LOCAL_NAMES.has(name.toLowerCase())) return null;
  if (name.length > 2 * MAX_PATH) return 'too long';
  const [, rawHost = '', rawPath = ''] = ADDRESS.exec(name) ?? [];
  const bare = rawHost.replace(/^\*?\./, '');
  const host = normaliseHost(bare);
  if (host === null) return bare.length > MAX_PLAIN ? 'too long' : 'not a host name';
  if (LOCAL_NAMES.has(host)) return null;
  // One label would be a whole top-level domain: no list means that, whatever it says.
  if (!host.includes('.') && !isAddress(host)) return 'only one label';
  found(host, normalisePath(rawPath));
  return null;
}

/** Longer lines are cut, so that a file without line ends cannot fill the memory. */
const MAX_LINE = 64 * 1024;
const CUT_MARK = '\ufffd';
const NEWLINE = 0x0a;

/** Cut a stream of bytes into blocks of whole lines. Faster than line by line, and bounded on any input. */
export async function* readBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const bytes of chunks) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = chunk.lastIndexOf(NEWLINE);
    if (end >= 0) {
      yield Buffer.concat([rest, chunk.subarray(0, end)]).toString('utf8');
      rest = Buffer.from(chunk.subarray(end + 1));
    } else if (rest.length <= MAX_LINE) {
      rest = Buffer.concat([rest, chunk]);
    }
  }
  if (rest.length > 0) yield rest.toString('utf8');
}

/** Read a whole list: every name it holds, and every line that was refused, with its number. */
export async function readList(
  chunks: AsyncIterable<Uint8Array>,
  found: Found,
  refused: (why: LineRefusal, line: string, number: number) => void,
): Promise<void> {
  let number = 0;
  for await (const block of readBlocks(chunks)) {
    for (const raw of block.split('\n')) {
      number++;
      const line =
        raw.length > MAX_LINE ? raw.slice(0, MAX_LINE) + CUT_MARK : raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      const why = parseLine(line, found);
      if (why !== null) refused(why, line, number);
    }
  }
}
