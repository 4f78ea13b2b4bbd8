import Type from 'typebox';
import { readData } from './data-file.ts';

const Group = Type.Object(
  {
    id: Type.String({ minLength: 1 }),
    /** As the block page says it. */
    name: Type.String({ minLength: 1 }),
    extensions: Type.Array(Type.String({ pattern: '^[a-z0-9-]+$' })),
    types: Type.Array(Type.String({ pattern: '^[a-z0-9.+-]+/[a-z0-9.+-]+$' })),
    /** How such files begin. `binary`: only with a zero byte near the start, since a text may begin so too. */
    magic: Type.Array(
      Type.Object(
        { bytes: Type.String({ pattern: '^([0-9a-f]{2})+$' }), binary: Type.Optional(Type.Literal(true)) },
        { additionalProperties: false },
      ),
    ),
    /** What a ZIP of this group holds near its beginning. */
    members: Type.Array(Type.String({ minLength: 4 })),
  },
  { additionalProperties: false },
);

const { groups } = readData('file-types.json', Type.Object({ groups: Type.Array(Group) }));
const byExtension = indexed('extensions');
const byType = indexed('types');
const magics = groups.flatMap(({ id, magic }) =>
  magic.map(({ bytes, binary = false }) => ({ id, bytes: Buffer.from(bytes, 'hex'), binary })),
);
const ZIP = Buffer.from('504b0304', 'hex');
const members = groups.flatMap(({ id, members }) => members.map((name) => ({ id, name: Buffer.from(name) })));
const names = new Map(groups.map(({ id, name }) => [id, name]));

/** Groups of files that are refused, by id; the values are the caller's. */
export type Refused = Readonly<Record<string, unknown>>;

/** The groups that `lists/file-types.json` knows. */
export const FILE_TYPE_GROUPS: readonly string[] = groups.map(({ id }) => id);

/** A group's name for people. */
export const groupName = (id: string): string => names.get(id) ?? 'Such files';

export interface FileFacts {
  /** Path and query of the address. */
  readonly path: string;
  readonly contentType: string | undefined;
  readonly disposition: string | undefined;
}

/** The refused group that a file belongs to by what it is called, `null` when its name and type say nothing. */
export function groupByName({ path, contentType = '', disposition = '' }: FileFacts, refused: Refused): string | null {
  const { group, isPage } = typeOf(contentType);
  if (group !== undefined && group in refused) return group;
  for (const name of disposition === '' ? NO_NAMES : fileNames(disposition)) {
    const named = byExtension.get(extensionOf(name));
    if (named !== undefined && named in refused) return named;
  }
  // A page may be about a program and be called like it; a browser shows it and saves nothing.
  const addressed = isPage ? undefined : byExtension.get(extensionOf(lastSegment(path)));
  return addressed !== undefined && addressed in refused ? addressed : null;
}

const NO_NAMES: readonly string[] = [];

/** So many bytes tell. */
export const TELLING_BYTES = 64;

/** The first bytes of anything that is looked for: nearly every answer begins otherwise. */
const TELLING_STARTS = new Set([ZIP[0], ...magics.map(({ bytes }) => bytes[0])]);

/** The refused group of a file that begins so, `null` for none; `more` while too few bytes are there to tell. */
export function groupByBytes(start: Uint8Array, refused: Refused): string | 'more' | null {
  if (!TELLING_STARTS.has(start[0])) return null;
  let more = false;
  for (const { id, bytes, binary } of magics) {
    if (!(id in refused) || !agree(start, bytes)) continue;
    const enough = start.length >= (binary ? TELLING_BYTES : bytes.length);
    if (!enough) more = true;
    else if (!binary || start.subarray(0, TELLING_BYTES).includes(0)) return id;
  }
  if (agree(start, ZIP)) {
    if (start.length < TELLING_BYTES) return 'more';
    const head = Buffer.from(start.buffer, start.byteOffset, start.length);
    for (const { id, name } of members) if (id in refused && head.includes(name)) return id;
  }
  return more ? 'more' : null;
}

/** Types that a browser shows or plays, and that begin to arrive long before they end. */
export const isShown = (contentType: string | undefined): boolean => typeOf(contentType ?? '').isShown;
const SHOWN =
  /^(?:text|image|audio|video|font)\/|^application\/(?:(?:x-)?javascript|(?:[a-z.]+\+)?(?:json|xml)|manifest\+json|pdf)$/;

/** As far as both go. */
function agree(start: Uint8Array, bytes: Uint8Array): boolean {
  const length = Math.min(start.length, bytes.length);
  for (let i = 0; i < length; i++) if (start[i] !== bytes[i]) return false;
  return length > 0;
}

interface TypeFacts {
  readonly group: string | undefined;
  readonly isPage: boolean;
  readonly isShown: boolean;
}
/** The same few headers come with every answer; what they say is found once. */
const types = new Map<string, TypeFacts>();
const MOST_TYPES = 1000;

function typeOf(contentType: string): TypeFacts {
  let facts = types.get(contentType);
  if (facts === undefined) {
    const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    facts = { group: byType.get(type), isPage: type === 'text/html', isShown: SHOWN.test(type) };
    if (types.size >= MOST_TYPES) types.clear();
    types.set(contentType, facts);
  }
  return facts;
}

function lastSegment(path: string): string {
  const question = path.indexOf('?');
  const end = question < 0 ? path.length : question;
  const last = path.slice(path.lastIndexOf('/', end - 1) + 1, end);
  const semicolon = last.indexOf(';');
  return undone(semicolon < 0 ? last : last.slice(0, semicolon));
}

/** `filename=` and `filename*=` (RFC 6266): browsers take one, we read both. */
function fileNames(disposition: string): string[] {
  return [...disposition.matchAll(/filename(\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/gi)].map(
    ([, extended, quoted, plain = '']) => {
      const name = quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
      return extended ? undone(name.replace(/^[^']*'[^']*'/, '')) : name;
    },
  );
}

/** Windows drops dots and spaces at the end, and so must whoever reads the name for it. */
function extensionOf(name: string): string {
  let end = name.length;
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end--;
  const dot = name.lastIndexOf('.', end - 1);
  return dot < 0 ? '' : name.slice(dot + 1, end).toLowerCase();
}

/** Percent-encoding undone, where it is whole. */
function undone(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function indexed(key: 'extensions' | 'types'): ReadonlyMap<string, string> {
  return new Map(groups.flatMap((group) => group[key].map((value) => [value, group.id] as const)));
}
