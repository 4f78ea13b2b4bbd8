import { BlockList, isIPv6 } from 'node:net';
import { isCanary } from '../canaries.ts';
import { loopback, NODATA, NXDOMAIN, OWN_DNS, type Reply } from './answers.ts';

interface SpecialName {
  readonly name: string;
  /** Names below it too? */
  readonly below: boolean;
  readonly answer: 'nxdomain' | 'nodata' | 'loopback';
  /** Asked on when the upstream stands in the school's own network: it may know its own names. */
  readonly ownUpstreamKnows?: true;
  readonly why: string;
}

const privateReverse = [
  '10.in-addr.arpa',
  ...Array.from({ length: 16 }, (_, i) => `${i + 16}.172.in-addr.arpa`),
  '168.192.in-addr.arpa',
  '254.169.in-addr.arpa',
  'c.f.ip6.arpa',
  'd.f.ip6.arpa',
];

/** Names that never leave the house. They hold nothing anyone could browse, so they are neither judged nor recorded. */
export const SPECIAL_NAMES: readonly SpecialName[] = [
  { name: 'localhost', below: true, answer: 'loopback', why: 'RFC 6761 §6.3: always the asking machine' },
  { name: 'invalid', below: true, answer: 'nxdomain', why: 'RFC 6761 §6.4: never exists' },
  { name: 'onion', below: true, answer: 'nxdomain', why: 'RFC 7686 §2: Tor only; must not leak' },
  {
    name: 'local',
    below: true,
    answer: 'nxdomain',
    ownUpstreamKnows: true,
    why: 'RFC 6762 §22.1; but many schools named their Active Directory so',
  },
  { name: '127.in-addr.arpa', below: true, answer: 'nxdomain', why: 'RFC 6303 §4.2' },
  ...privateReverse.map(
    (name) =>
      ({
        name,
        below: true,
        answer: 'nxdomain',
        ownUpstreamKnows: true,
        why: 'RFC 6303 §4: inside addresses are nobody else’s business',
      }) as const,
  ),
  {
    name: 'resolver.arpa',
    below: true,
    answer: 'nodata',
    why: 'RFC 9462 §6.1: or devices would find the upstream’s encrypted resolver and go round the filter',
  },
];

const BY_NAME: ReadonlyMap<string, SpecialName> = new Map(SPECIAL_NAMES.map((row) => [row.name, row]));

/** The answer to a name of the table above or of a canary, `null` for every other name. */
export function specialAnswer(host: string, type: number, ownUpstream: boolean): Reply | null {
  if (isCanary(host)) return OWN_DNS;
  for (let from = 0; from >= 0; from = host.indexOf('.', from) + 1 || -1) {
    const row = BY_NAME.get(from === 0 ? host : host.slice(from));
    if (row === undefined || (from > 0 && !row.below)) continue;
    if (row.ownUpstreamKnows && ownUpstream) return null;
    return row.answer === 'loopback' ? loopback(type) : row.answer === 'nodata' ? NODATA : NXDOMAIN;
  }
  return null;
}

const inside = new BlockList();
for (const [net, bits, family] of [
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['::1', 128, 'ipv6'],
] as const) {
  inside.addSubnet(net, bits, family);
}

/** Does this address lie in a private network, the school's own? */
export const isInside = (address: string): boolean => inside.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
