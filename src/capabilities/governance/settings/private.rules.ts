import ipaddr from 'ipaddr.js';

/** More than a person can look over before agreeing is no proposal. */
export const MOST_RANGES = 50;

/** What somebody typed, piece by piece, as ranges; or what is wrong with it. */
export function readRanges(text: string): { readonly ranges: readonly string[]; readonly fault?: string } {
  const typed = text.split(/[\s,]+/).filter(Boolean);
  const wrong = typed.find((t) => privateRange(t) === null);
  if (wrong !== undefined) {
    const fault = `“${wrong.slice(0, 60)}” is not a private address or range such as 10.1.0.0/16 or fd00:1::/64.`;
    return { ranges: [], fault };
  }
  const ranges = [...new Set(typed.flatMap((t) => privateRange(t) ?? []))];
  return ranges.length > MOST_RANGES ? { ranges, fault: `At most ${MOST_RANGES} ranges.` } : { ranges };
}

export interface Wanted {
  /** What is open now and stays, or stays in part: nothing in it was closed before. */
  readonly stays: readonly string[];
  /** What is to be opened. */
  readonly added: readonly string[];
}

/**
 * Part a wish from how things stand: what lies in an open range closes the rest of it at once, everything else is an
 * opening (FIL-04). A range that is to be made wider stays open meanwhile.
 */
export function partWish(open: readonly string[], wish: readonly string[]): Wanted {
  const inside = (range: string, others: readonly string[]) => others.some((o) => within(range, o));
  const added = wish.filter((w) => !inside(w, open));
  const kept = wish.filter((w) => !added.includes(w));
  return {
    stays: [...kept, ...open.filter((o) => !kept.includes(o) && inside(o, added))],
    added: withoutInner(added),
  };
}

/** What is open once these are added; a range inside a wider one goes without saying. */
export const openedBy = (open: readonly string[], added: readonly string[]): string[] => [
  ...open.filter((o) => !added.some((a) => within(o, a))),
  ...added,
];

const withoutInner = (ranges: readonly string[]) => ranges.filter((r) => !ranges.some((o) => o !== r && within(r, o)));

/** Does all of `range` lie in `other`? As in the database (gh_range), what is not plainly written lies in nothing but itself. */
export function within(range: string, other: string): boolean {
  if (range === other) return true;
  if (plainRange(range) !== range || plainRange(other) !== other) return false;
  const [[inner, innerBits], [outer, outerBits]] = [ipaddr.parseCIDR(range), ipaddr.parseCIDR(other)];
  return inner.kind() === outer.kind() && innerBits >= outerBits && inner.match(outer, outerBits);
}

/** All of the range lies inside the school's own addresses; loopback never does, for there stand Gatehouse's own services. */
function privateRange(text: string): string | null {
  const range = plainRange(text);
  if (range === null) return null;
  const [first] = ipaddr.parseCIDR(range);
  const last =
    first.kind() === 'ipv4' ? ipaddr.IPv4.broadcastAddressFromCIDR(range) : ipaddr.IPv6.broadcastAddressFromCIDR(range);
  return OWN.has(first.range()) && last.range() === first.range() ? range : null;
}
const OWN: ReadonlySet<string> = new Set(['private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat']);

/**
 * One way to write each range, so that two people read what gateways obey. A single address is a range of one. Octal,
 * hexadecimal and short forms (`012.1`) mean different things to different programs, so they mean nothing here.
 */
function plainRange(text: string): string | null {
  const [address = '', bits, ...more] = text.split('/');
  const v4 = ipaddr.IPv4.isValidFourPartDecimal(address);
  if (more.length > 0 || (!v4 && (!ipaddr.IPv6.isValid(address) || address.includes('%')))) return null;
  const cidr = bits === undefined ? `${address}/${v4 ? 32 : 128}` : text;
  if (!ipaddr.isValidCIDR(cidr) || (bits !== undefined && !/^(0|[1-9]\d{0,2})$/.test(bits))) return null;
  const kind = v4 ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${kind.networkAddressFromCIDR(cidr)}/${ipaddr.parseCIDR(cidr)[1]}`;
}
