import { domainToUnicode } from 'node:url';
import { normaliseHost } from './host.ts';

/**
 * Letters of other scripts that look like a Latin one (after the Unicode Consortium's UTS #39, "confusables"): the few
 * that make a name look like another. Each pair is the foreign letter and the Latin one.
 */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  [
    'аa вb сc ԁd еe ԍg һh іi јj ӏl мm оo рp ԛq гr ѕs тt ѵv ԝw хx уy үy', // Cyrillic
    'αa βb ϲc εe ηn ιi κk νv οo ρp τt υu ωw χx γy', // Greek
    'օo սu ոn հh ցg զq', // Armenian
    'ɑa ɡg ɩi ıi ȷj ʟl ɴn ʀr ʏy', // Latin letters that are not the usual ones
  ].flatMap((row) => row.split(' ').map((pair) => [pair.slice(0, -1), pair.slice(-1)] as const)),
);

/** Does a host hold a label in punycode, and so perhaps a letter that is not what it seems? */
export const isInternational = (host: string): boolean => host.startsWith('xn--') || host.includes('.xn--');

/**
 * The plain host that a normalised one looks like, `null` when it looks like none. Only names with a letter from
 * elsewhere that passes for a Latin one: `bücher` is honest German, and Cyrillic with a `ж` in it looks like nothing else.
 */
export function imitatedHost(host: string): string | null {
  if (!isInternational(host)) return null;
  let disguised = false;
  let plain = '';
  for (const letter of domainToUnicode(host).normalize('NFKD')) {
    const latin = LOOKALIKES.get(letter);
    if (latin !== undefined) disguised = true;
    else if (MARK.test(letter)) continue;
    else if (letter > '\x7f') return null;
    plain += latin ?? letter;
  }
  const imitated = disguised ? normaliseHost(plain) : null;
  return imitated === host ? null : imitated;
}

const MARK = /\p{M}/u;
