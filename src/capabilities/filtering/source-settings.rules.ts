import { Refusal } from '#core/errors.ts';
import { readPublicKey } from './minisign.ts';
import { readLocation } from './sources.rules.ts';

/** How a list from the web is fetched and proven, as the form has it. */
export interface SourceSettings {
  /** One address a line. */
  readonly mirrors: string;
  readonly everyHours: string;
  readonly maxAgeHours: string;
  readonly checksum: string;
  readonly publicKey: string;
}

const MOST_MIRRORS = 5;

/** The same as it is kept, or a refusal that names every field that is wrong. */
export function readSettings(input: SourceSettings) {
  const errors: Record<string, string> = {};
  const field = <T>(name: string, read: () => T, instead: T): T => {
    try {
      return read();
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      errors[name] = e.message;
      return instead;
    }
  };
  const hours = (name: 'everyHours' | 'maxAgeHours', most: number): number => {
    const n = Number(input[name]);
    if (!/^\d{1,4}$/.test(input[name].trim()) || n < 1 || n > most) {
      errors[name] = `Enter a number of hours from 1 to ${most}.`;
    }
    return n;
  };
  const lines = input.mirrors.split(/\s+/).filter((l) => l !== '');
  const mirrors = field('mirrors', () => lines.map(mirrorOf), []);
  if (lines.length > MOST_MIRRORS) errors.mirrors = `Enter ${MOST_MIRRORS} addresses at most.`;
  const checksum = input.checksum.trim().toLowerCase();
  if (checksum !== '' && checksum !== 'beside' && !/^[0-9a-f]{64}$/.test(checksum)) {
    errors.checksum = 'A SHA-256 is 64 digits and letters from a to f. Enter “beside” where it stands beside the list.';
  }
  const key = input.publicKey.trim();
  if (key !== '') field('publicKey', () => void readPublicKey(key), undefined);
  const settings = {
    mirrors,
    every_hours: hours('everyHours', 168),
    max_age_hours: hours('maxAgeHours', 720),
    checksum: checksum === '' ? null : checksum,
    public_key: key === '' ? null : (key.split('\n').at(-1)?.trim() ?? null),
  };
  const [first] = Object.values(errors);
  if (first) throw new Refusal('invalid', 'lists.settings', first, { fields: errors });
  return settings;
}

function mirrorOf(line: string): string {
  const { location, kind } = readLocation(line);
  if (kind !== 'url') throw new Refusal('invalid', 'lists.mirror', `${line} is no web address.`);
  return location;
}
