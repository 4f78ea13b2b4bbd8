import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;
type Network = readonly [Address, number];

/**
 * Which addresses may be connected to on behalf of somebody else, by the proxy and by the fetching of lists: the public
 * internet, and what the school's settings name. Everything else (loopback, private, link-local, shared, multicast,
 * reserved) would be a way round the school's own walls.
 */
export class Reach {
  readonly #allowed: readonly Network[];
  /** The same few addresses are asked about on every request. */
  readonly #known = new Map<string, boolean>();

  /** `allowedPrivate` as CIDR; what is no CIDR opens nothing. */
  constructor(allowedPrivate: readonly string[]) {
    this.#allowed = allowedPrivate.filter((cidr) => ipaddr.isValidCIDR(cidr)).map((cidr) => ipaddr.parseCIDR(cidr));
  }

  /** May this very address be connected to? */
  permits(address: string): boolean {
    let permitted = this.#known.get(address);
    if (permitted === undefined) {
      permitted = this.#check(address);
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      this.#known.set(address, permitted);
    }
    return permitted;
  }

  #check(address: string): boolean {
    // A zone (`fe80::1%eth0`) is only ever part of a link-local address.
    if (!ipaddr.isValid(address) || address.includes('%')) return false;
    const target = unwrap(ipaddr.parse(address));
    return isPublic(target) || this.#allowed.some((network) => contains(network, target));
  }
}

const MOST_KNOWN = 10_000;
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
const SIX_TO_FOUR = ipaddr.IPv6.parseCIDR('2002::/16');
/** The only IPv6 space that is handed out to the internet (IANA). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Within it, yet never on the internet, and not known to ipaddr.js: documentation (RFC 9637). */
const DOCUMENTATION = ipaddr.IPv6.parseCIDR('3fff::/20');

/** The IPv4 address that an IPv6 address stands for: mapped (RFC 4291), 6to4 (RFC 3056), NAT64 (RFC 6052). */
function unwrap(address: Address): Address {
  if (address.kind() === 'ipv4') return address;
  const v6 = address as ipaddr.IPv6;
  const bytes = v6.toByteArray();
  if (v6.isIPv4MappedAddress() || v6.match(NAT64)) return new ipaddr.IPv4(bytes.slice(12, 16));
  if (v6.match(SIX_TO_FOUR)) return new ipaddr.IPv4(bytes.slice(2, 6));
  return address;
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || (address.match(GLOBAL_UNICAST) && !address.match(DOCUMENTATION));
}

const contains = ([network, bits]: Network, address: Address): boolean =>
  network.kind() === address.kind() && address.match(network, bits);
