import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '#core/clock.ts';

export interface Target {
  readonly address: string;
  readonly family: 4 | 6;
}

const ENTRIES = 5_000;
const TTL_MAX = 300;
const TTL_MIN = 5;

/**
 * Names → addresses for the proxy, over the same upstreams as the DNS service, with a small cache. Identical questions in
 * flight are one; what is known is given at once.
 */
export function createResolve(
  upstreams: readonly { address: string; port: number }[],
  clock: Clock,
): (host: string) => Target[] | Promise<Target[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers(
    upstreams.map((u) => (u.address.includes(':') ? `[${u.address}]:${u.port}` : `${u.address}:${u.port}`)),
  );
  const cache = new Map<string, { targets: Target[]; until: number }>();
  const asking = new Map<string, Promise<Target[]>>();

  async function ask(host: string): Promise<Target[]> {
    const [v4, v6] = await Promise.allSettled([
      resolver.resolve4(host, { ttl: true }),
      resolver.resolve6(host, { ttl: true }),
    ]);
    const found = [
      ...(v4.status === 'fulfilled' ? v4.value.map((r) => ({ ...r, family: 4 as const })) : []),
      ...(v6.status === 'fulfilled' ? v6.value.map((r) => ({ ...r, family: 6 as const })) : []),
    ];
    if (found.length === 0) throw v4.status === 'rejected' ? v4.reason : new Error('no address');
    const ttl = Math.min(TTL_MAX, Math.max(TTL_MIN, Math.min(...found.map((r) => r.ttl))));
    const targets = found.map(({ address, family }) => ({ address, family }));
    const oldest = cache.size >= ENTRIES ? cache.keys().next().value : undefined;
    if (oldest !== undefined) cache.delete(oldest);
    cache.set(host, { targets, until: clock.now() + ttl * 1000 });
    return targets;
  }

  return (host) => {
    const literal = isIP(host);
    if (literal !== 0) return [{ address: host, family: literal === 4 ? 4 : 6 }];
    const known = cache.get(host);
    if (known && known.until > clock.now()) return known.targets;
    const running = asking.get(host);
    if (running) return running;
    const question = ask(host).finally(() => asking.delete(host));
    asking.set(host, question);
    return question;
  };
}
