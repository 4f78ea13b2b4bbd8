import ipaddr from 'ipaddr.js';
import { imitatedHost, isInternational } from './confusables.ts';
import { unwrap, WRAPPING_ENDINGS, type Wrapped } from './wrappers.ts';

/** What an address stands for besides itself. It is judged too, and the stricter answer holds. */
export interface Behind {
  /** Normalised. */
  readonly host: string;
  readonly path: string | undefined;
  /** `lookalike`: letters of another script; `embedded`: an IPv4 address within an IPv6 one; else how it is wrapped. */
  readonly how: 'lookalike' | 'embedded' | Wrapped['kind'];
}

/** The addresses behind this one, one layer at a time; mostly none. */
export function behind(host: string, path: string | undefined): readonly Behind[] {
  const imitated = imitatedHost(host);
  if (imitated !== null) return [{ host: imitated, path, how: 'lookalike' }];
  if (host.includes(':')) {
    const embedded = embeddedAddress(host);
    return embedded === null ? NOTHING : [{ host: embedded, path, how: 'embedded' }];
  }
  const wrapped = unwrap(host, path);
  return wrapped.length === 0 ? NOTHING : wrapped.map(({ kind, ...inner }) => ({ ...inner, how: kind }));
}

const NOTHING: readonly Behind[] = [];

/** May a host alone, without a path, stand for another? Asked of every request, so it is quick. */
export function mayDisguise(host: string): boolean {
  return isInternational(host) || host.includes(':') || WRAPPING_ENDINGS.some((ending) => host.endsWith(ending));
}

const WIRE_ENDINGS = WRAPPING_ENDINGS.map((ending) =>
  Uint8Array.from([
    ...ending
      .slice(1)
      .split('.')
      .flatMap((l) => [l.length, ...Buffer.from(l)]),
    0,
  ]),
);

/** The same for a name in DNS wire form. Allocates nothing. */
export function mayDisguiseWire(packet: Uint8Array, offset: number): boolean {
  let at = offset;
  for (let length = packet[at] ?? 0; length !== 0; length = packet[at] ?? 0) {
    // 'xn--', in either case.
    if (
      length >= 4 &&
      (packet[at + 1]! | 0x20) === 0x78 &&
      (packet[at + 2]! | 0x20) === 0x6e &&
      packet[at + 3] === 0x2d &&
      packet[at + 4] === 0x2d
    ) {
      return true;
    }
    at += length + 1;
  }
  for (const ending of WIRE_ENDINGS) if (endsWith(packet, offset, at, ending)) return true;
  return false;
}

function endsWith(packet: Uint8Array, start: number, end: number, ending: Uint8Array): boolean {
  const from = end + 1 - ending.length;
  if (from <= start) return false;
  for (let i = ending.length - 1; i >= 0; i--) {
    const byte = packet[from + i]!;
    if (byte !== ending[i] && (byte < 0x41 || byte > 0x5a || (byte | 0x20) !== ending[i])) return false;
  }
  return true;
}

/** NAT64 (RFC 6052), 6to4 (RFC 3056), IPv4-mapped and IPv4-compatible (RFC 4291 §2.5.5): where a packet to it ends up. */
function embeddedAddress(host: string): string | null {
  const { parts } = ipaddr.IPv6.parse(host);
  const at = (i: number): number => parts[i] ?? 0;
  const dotted = (high: number, low: number) => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  const zeroes = (from: number, to: number) => parts.slice(from, to).every((part) => part === 0);
  if (at(0) === 0x64 && at(1) === 0xff9b && zeroes(2, 6)) return dotted(at(6), at(7));
  if (at(0) === 0x2002) return dotted(at(1), at(2));
  if (zeroes(0, 5) && at(5) === 0xffff) return dotted(at(6), at(7));
  if (zeroes(0, 6) && at(6) !== 0) return dotted(at(6), at(7));
  return null;
}
