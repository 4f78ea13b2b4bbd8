import ipaddr from 'ipaddr.js';
import { invalid, type Refusal } from '#core/errors.ts';

/** Wider than this and one line would speak for half the internet. */
const WIDEST = { ipv4: 8, ipv6: 16 } as const;
const LONGEST = { ipv4: 32, ipv6: 128 } as const;

/**
 * What somebody typed, as one canonical CIDR: `10.1.20.15` is `10.1.20.15/32`. Throws a refusal that says exactly what
 * is wrong, because a subnet that means something else than its author thinks is a hole in the filter.
 */
export function readNetwork(typed: string): string {
  const text = typed.trim();
  const [head = '', length, ...rest] = text.split('/');
  const address = readAddress(head);
  if (!address || rest.length > 0) {
    throw refuse(`"${text}" is not an address. Enter one such as 10.1.20.15, or a subnet such as 10.1.20.0/24.`);
  }
  const kind = address.kind();
  const prefix = length === undefined ? LONGEST[kind] : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (!(prefix <= LONGEST[kind])) {
    throw refuse(`"/${length}" is not the length of a subnet. It ends in a number up to /${LONGEST[kind]}.`);
  }
  if (prefix < WIDEST[kind]) {
    throw refuse(`/${prefix} is too wide. The widest subnet that can be registered is /${WIDEST[kind]}.`);
  }
  const network = ipaddr.parse(networkOf(address, prefix)).toString();
  if (network !== address.toString()) {
    throw refuse(
      `${text} names one address inside a subnet. Enter ${network}/${prefix} for the subnet, or ${address} for the one address.`,
    );
  }
  return `${network}/${prefix}`;
}

/** One address, as opposed to a subnet: it can stand for one device. */
export function isSingle(cidr: string): boolean {
  return cidr.endsWith(cidr.includes(':') ? '/128' : '/32');
}

const refuse = (message: string): Refusal => invalid('devices.network', message, { cidr: message });

/** Only the four-decimals form of IPv4: `010.1.1.1` and `0x0a.1` mean different things to different programs. */
function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text) && !/(^|\.)0\d/.test(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return null;
  const v6 = ipaddr.IPv6.parse(text);
  // The gateway sees such a client by its IPv4 address (RFC 4291, section 2.5.5.2).
  return v6.isIPv4MappedAddress() ? v6.toIPv4Address() : v6;
}

const networkOf = (address: ipaddr.IPv4 | ipaddr.IPv6, prefix: number): string =>
  address.kind() === 'ipv4'
    ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${prefix}`).toString()
    : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${prefix}`).toString();
