import { type Found, type LineRefusal, leadsNowhere, type Reading, takeHost } from './name.ts';

/** `address=/a.example/b.example/0.0.0.0`, `server=/a.example/`, `local=/a.example/` (dnsmasq). */
const DNSMASQ = /^(address|server|local)=\/(.*)\/([^/\s]*)$/;
/** `local-zone: "a.example" always_nxdomain` (unbound.conf). */
const ZONE = /^local-zone:\s*"?([^"\s]+)"?\s+"?(\w+)"?$/;
/** `local-data: "a.example 60 IN A 0.0.0.0"`. */
const DATA = /^local-data:\s*["']?([^"'\s]+)\s+(?:\d+\s+)?(?:IN\s+)?([A-Z]+)\s+([^"'\s]+)/i;

const CLOSED = new Set([
  'always_nxdomain',
  'always_nodata',
  'always_null',
  'always_refuse',
  'always_deny',
  'static',
  'refuse',
  'deny',
  'inform_deny',
]);

/** Lines of the settings of two resolvers, dnsmasq and unbound, as lists are published for them. */
export function readResolverRule(text: string, found: Found): Reading {
  const first = text.charCodeAt(0);
  // a, l, s: what such a line can begin with.
  if (first !== 0x61 && first !== 0x6c && first !== 0x73) return undefined;
  if (text === 'server:') return null;
  if (text.startsWith('local-')) return unbound(text, found);
  const [, kind, names, answer = ''] = DNSMASQ.exec(text) ?? [];
  if (names === undefined) return undefined;
  const closes = kind === 'address' ? answer === '' || answer === '#' || leadsNowhere(answer) : answer === '';
  if (!closes) return 'left out: leads elsewhere instead of closing';
  let refusal: LineRefusal | null = null;
  for (const name of names.split('/')) refusal = takeHost(name, found) ?? refusal;
  return refusal;
}

function unbound(text: string, found: Found): Reading {
  const [, zone, type = ''] = ZONE.exec(text) ?? [];
  if (zone !== undefined) {
    // What such a zone answers with stands in its data.
    if (type === 'redirect') return null;
    return CLOSED.has(type) ? takeHost(zone, found) : 'left out: an exception';
  }
  const [, name, record = '', value = ''] = DATA.exec(text) ?? [];
  if (name === undefined) return 'not a rule of its format';
  const closes = /^(?:a|aaaa)$/i.test(record) && leadsNowhere(value);
  return closes ? takeHost(name, found) : 'left out: leads elsewhere instead of closing';
}
