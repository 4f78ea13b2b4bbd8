import { Refusal } from '#core/errors.ts';
import type { SourcePatch } from './list-changes.rules.ts';
import { readPublicKey } from './minisign.ts';
import { readLocation, type SourceKind } from './sources.rules.ts';

/** How a source is read, proven and measured, as the form has it. What is left out stays as it is. */
export interface SourceSettings {
  readonly location?: string | undefined;
  /** One address a line. */
  readonly mirrors?: string | undefined;
  readonly everyHours?: string | undefined;
  readonly maxAgeHours?: string | undefined;
  readonly checksum?: string | undefined;
  readonly publicKey?: string | undefined;
  readonly mostMib?: string | undefined;
  readonly mostNames?: string | undefined;
  readonly leastKept?: string | undefined;
  readonly mostGrowth?: string | undefined;
  readonly trust?: string | undefined;
}

const MOST_MIRRORS = 5;
const MIB = 2 ** 20;

/** The same as it is kept, or a refusal that names every field that is wrong. */
export function readSettings(input: SourceSettings, kind: SourceKind): SourcePatch {
  const errors: Record<string, string> = {};
  const read = <T>(name: keyof SourceSettings, make: (text: string) => T): T | undefined => {
    const typed = input[name];
    if (typed === undefined) return undefined;
    try {
      return make(typed.trim());
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      errors[name] = e.message;
      return undefined;
    }
  };
  const patch = {
    location: read('location', (text) => placeOf(text, kind)),
    max_age_hours: read('maxAgeHours', (text) => whole(text, 'of hours', 1, 720)),
    most_bytes: read('mostMib', (text) => (text === '' ? null : whole(text, 'of MiB', 1, 65_536) * MIB)),
    most_names: read('mostNames', (text) => (text === '' ? null : whole(text, 'of names', 1, 50_000_000))),
    least_kept: read('leastKept', (text) => whole(text, 'of hundredths', 1, 99)),
    most_growth: read('mostGrowth', (text) => whole(text, 'of times', 2, 1000)),
    trust: read('trust', (text) => whole(text, 'of hundredths', 10, 100)),
    ...(kind === 'url' && {
      mirrors: read('mirrors', mirrorsOf),
      every_hours: read('everyHours', (text) => whole(text, 'of hours', 1, 168)),
      checksum: read('checksum', checksumOf),
      public_key: read('publicKey', keyOf),
    }),
  };
  const [first] = Object.values(errors);
  if (first) throw new Refusal('invalid', 'lists.settings', first, { fields: errors });
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}

const refuse = (message: string) => new Refusal('invalid', 'lists.settings', message);

function whole(text: string, what: string, least: number, most: number): number {
  const n = Number(text);
  if (/^\d{1,9}$/.test(text) && n >= least && n <= most) return n;
  throw refuse(`Enter a number ${what} from ${least} to ${most.toLocaleString('en-GB')}.`);
}

function placeOf(text: string, kind: SourceKind): string {
  const found = readLocation(text);
  if (found.kind === kind) return found.location;
  throw refuse('This is another kind of place. Add it as a source of its own, and remove this one.');
}

function mirrorsOf(text: string): string[] {
  const lines = text.split(/\s+/).filter((l) => l !== '');
  if (lines.length > MOST_MIRRORS) throw refuse(`Enter ${MOST_MIRRORS} addresses at most.`);
  return lines.map(mirrorOf);
}

function checksumOf(text: string): string | null {
  const checksum = text.toLowerCase();
  if (checksum === '') return null;
  if (checksum === 'beside' || /^[0-9a-f]{64}$/.test(checksum)) return checksum;
  throw refuse('A SHA-256 is 64 digits and letters from a to f. Enter “beside” where it stands beside the list.');
}

function keyOf(text: string): string | null {
  if (text === '') return null;
  readPublicKey(text);
  return text.split('\n').at(-1)?.trim() ?? null;
}

function mirrorOf(line: string): string {
  const { location, kind } = readLocation(line);
  if (kind !== 'url') throw new Refusal('invalid', 'lists.mirror', `${line} is no web address.`);
  return location;
}
