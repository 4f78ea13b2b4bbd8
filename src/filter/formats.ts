import { isIP } from 'node:net';
import { AdblockRules } from './formats/adblock.ts';
import { type Found, isPlain, type LineRefusal, takeName } from './formats/name.ts';
import { readResolverRule } from './formats/resolver.ts';
import { opened } from './formats/sealed.ts';
import { PolicyZone } from './formats/zone.ts';

export type { Found, LineRefusal };

/**
 * Reads the lines of one list, whatever its format: names or addresses with a path, a hosts file, rules of ad blockers,
 * a response policy zone, settings of dnsmasq or unbound. Each line shows what it is; a reader remembers only what a
 * format says once for all lines after it. Every listed name stands for all names under it.
 */
class ListReader {
  readonly #adblock = new AdblockRules();
  readonly #zone = new PolicyZone();

  /** Calls `found` for each name taken; answers why something was refused, or null. */
  read(line: string, found: Found): LineRefusal | null {
    if (!this.#zone.isOpen && isPlain(line)) {
      found(line, '');
      return null;
    }
    const whole = line.replace(/^\ufeff/, '').trim();
    const rule = this.#adblock.read(whole, found);
    if (rule !== undefined) return rule;
    const text = withoutComment(whole);
    if (text === '') return null;
    const setting = readResolverRule(text, found);
    if (setting !== undefined) return setting;
    const [first = '', ...names] = text.split(/\s+/);
    // `fe80::1%lo0 localhost`: the zone is the machine's own business.
    const hosts = names.length > 0 && !this.#zone.isOpen && isIP(first.replace(/%.*$/, '')) !== 0;
    if (!hosts) {
      const record = this.#zone.read(line, found);
      if (record !== undefined) return record;
      return names.length === 0 ? takeName(first, found) : 'more than one name and no address before them';
    }
    let refusal: LineRefusal | null = null;
    for (const name of names) refusal = takeName(name, found) ?? refusal;
    return refusal;
  }
}

/** Read one line by itself. */
export const parseLine = (line: string, found: Found): LineRefusal | null => new ListReader().read(line, found);

/** `#` and `!` begin a comment at the start of a line, `#` also after a space. */
function withoutComment(text: string): string {
  if (/^[#!]/.test(text)) return '';
  const comment = text.search(/\s#/);
  return comment < 0 ? text : text.slice(0, comment).trim();
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
  const reader = new ListReader();
  let number = 0;
  let binary = false;
  for await (const block of readBlocks(opened(chunks))) {
    // No text has such a byte, and what looks like a name in a program or a picture is none.
    binary ||= block.includes('\0');
    for (const raw of block.split('\n')) {
      number++;
      const line =
        raw.length > MAX_LINE ? raw.slice(0, MAX_LINE) + CUT_MARK : raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      const why = binary ? 'not text' : reader.read(line, found);
      if (why !== null) refused(why, line, number);
    }
  }
}
