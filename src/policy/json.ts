import { Refusal } from '#core/errors.ts';
import { at } from './locate.ts';

/** A policy of a large school is about 250 KiB; whatever is far beyond that is a mistake or an attack. */
const MAX_BYTES = 4 * 1024 * 1024;
/** The schema is 10 deep. */
const MAX_DEPTH = 64;

export interface ReadJson {
  readonly value: unknown;
  /** JSON Pointers of keys that stand twice in one object: JSON.parse silently keeps the last. */
  readonly repeated: readonly string[];
}

/** Reads a file's bytes, or text, as JSON; what cannot be a document is refused in one sentence, before it costs much. */
export function readJson(source: string | Uint8Array, file: string): ReadJson {
  const refuse = (code: string, why: string, cause?: unknown) =>
    new Refusal('invalid', code, `${file} ${why}`, { cause });
  if (source.length > MAX_BYTES) {
    throw refuse('policy.too-large', `is too large to be a policy: ${source.length} bytes, and at most ${MAX_BYTES}.`);
  }
  const text = decode(source);
  if (text === null) throw refuse('policy.not-utf8', 'is not UTF-8 text; save it as UTF-8 and try again.');
  if (text.trim() === '') throw refuse('policy.empty', 'is empty; a policy document is expected.');
  const { depth, repeated } = scan(text);
  if (depth > MAX_DEPTH) {
    throw refuse('policy.too-deep', `is nested more than ${MAX_DEPTH} levels deep, which no policy is.`);
  }
  try {
    return { value: JSON.parse(text), repeated };
  } catch (e) {
    throw refuse('policy.not-json', `is not JSON: ${e instanceof Error ? e.message : String(e)}.`, e);
  }
}

/** Editors on Windows put a byte order mark before UTF-8; it is no part of the text. */
function decode(source: string | Uint8Array): string | null {
  if (typeof source === 'string') return source.replace(/^\uFEFF/, '');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(source);
  } catch {
    return null;
  }
}

/** One open bracket. */
interface Level {
  /** The keys seen in it; null in a list. */
  readonly keys: Set<string> | null;
  /** Where in it we are: its last key, or how many entries are behind. */
  key: string;
  index: number;
  /** The next text is a key. */
  keyNext: boolean;
}

/** Walks along the brackets and keys of a text that need not be JSON; stops as soon as it is too deep. */
function scan(text: string): { depth: number; repeated: string[] } {
  const open: Level[] = [];
  const repeated: string[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    const level = open.at(-1);
    if (char === '{' || char === '[') {
      const keys = char === '{' ? new Set<string>() : null;
      open.push({ keys, key: '', index: 0, keyNext: keys !== null });
      if (open.length > MAX_DEPTH) return { depth: open.length, repeated };
    } else if (char === '}' || char === ']') {
      open.pop();
    } else if (char === ',' && level) {
      level.index++;
      level.keyNext = level.keys !== null;
    } else if (char === '"') {
      const end = endOfText(text, i);
      if (level?.keys && level.keyNext) {
        level.key = unquote(text.slice(i, end + 1));
        level.keyNext = false;
        if (level.keys.has(level.key)) repeated.push(pointerTo(open));
        level.keys.add(level.key);
      }
      i = end;
    }
  }
  return { depth: 0, repeated };
}

const pointerTo = (open: readonly Level[]): string =>
  open.reduce((path, level) => at(path, level.keys ? level.key : String(level.index)), '');

/** Where the text that begins at `start` ends: at the next quotation mark that no backslash takes away. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

/** Two spellings of a key are one key: "a" and "\\u0061". */
function unquote(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted);
  } catch {
    return quoted;
  }
}
