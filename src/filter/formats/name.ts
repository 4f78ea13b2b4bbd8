import { isAddress, MAX_PATH, normaliseHost, normalisePath } from '../host.ts';

/** Why a line of a list was not taken. What was understood and means something else than "close this site" is left out. */
export type LineRefusal =
  | 'not a host name'
  | 'only one label'
  | 'too long'
  | 'more than one name and no address before them'
  | 'not a rule of its format'
  | 'not text'
  | 'left out: an exception'
  | 'left out: hides parts of pages'
  | 'left out: meant for some requests only'
  | 'left out: a pattern, not a site'
  | 'left out: leads elsewhere instead of closing'
  | 'left out: about addresses or name servers'
  | 'left out: outside its zone';

/** `path` is `''` for a whole host. */
export type Found = (host: string, path: string) => void;

/** What one format makes of a line: taken or empty (null), a refusal, or not a line of its kind (undefined). */
export type Reading = LineRefusal | null | undefined;

/** RFC 1035, section 2.3.4. */
const MAX_NAME = 253;

/** Nearly every name of nearly every list: already in its one spelling, nothing to do. */
const PLAIN = /^(?:[a-z0-9_-]{1,63}\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;
export const isPlain = (name: string): boolean => name.length <= MAX_NAME && PLAIN.test(name);

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

/** Answers that lead nowhere: what block lists put where an address is wanted. */
const NOWHERE = /^(?:0|0\.0\.0\.0|127(?:\.\d{1,3}){3}|::|::1)$/;
export const leadsNowhere = (address: string): boolean => NOWHERE.test(address);

/** scheme :// user @ host : port / rest, all but the host optional. */
const ADDRESS =
  /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^/?#:[\]]*|[0-9a-f:]*)(?::\d{1,5})?([/?#].*)?$/i;

/** Take one name or address, with its path where it has one. */
export function takeName(name: string, found: Found): LineRefusal | null {
  if (LOCAL_NAMES.has(name.toLowerCase())) return null;
  if (isPlain(name)) {
    found(name, '');
    return null;
  }
  if (name.length > 2 * MAX_PATH) return 'too long';
  const [, rawHost = '', rawPath = ''] = ADDRESS.exec(name) ?? [];
  const bare = rawHost.replace(/^\*?\./, '');
  const host = normaliseHost(bare);
  if (host === null) return bare.length > MAX_NAME ? 'too long' : 'not a host name';
  if (LOCAL_NAMES.has(host)) return null;
  // One label would be a whole top-level domain: no list means that, whatever it says.
  if (!host.includes('.') && !isAddress(host)) return 'only one label';
  found(host, normalisePath(rawPath));
  return null;
}

/** The same where only a whole host can stand. */
export const takeHost = (name: string, found: Found): LineRefusal | null =>
  /[/?#@]/.test(name) ? 'not a host name' : takeName(name, found);
