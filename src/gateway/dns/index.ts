import { isIP } from 'node:net';
import { invalid } from '#core/errors.ts';
import type { DnsEvent } from './events.ts';
import { type DnsStats, Resolver, type ResolverOptions } from './resolver.ts';
import { listenTcp, listenUdp } from './server.ts';
import { Upstreams } from './upstream.ts';
import type { Upstream } from './upstream-channel.ts';

export type { DnsEvent } from './events.ts';
export type { DnsStats } from './resolver.ts';

export interface DnsOptions extends ResolverOptions {
  readonly listen: { readonly address: string; readonly port: number };
  /** Several threads or processes may share the port (Linux, BSD). */
  readonly reusePort?: boolean;
  /** Milliseconds within which a TCP client must send a whole question after the one before; bytes alone buy no time. */
  readonly tcpIdle?: number;
  readonly log?: (event: DnsEvent) => void;
}

export interface DnsServer {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
  stats(): DnsStats & { readonly cacheEntries: number; readonly cacheBytes: number };
  clearCache(): void;
}

/** RFC 7766 §6.2.3 asks for a few seconds. */
const TCP_IDLE = 10_000;

/** Start the filtering forwarder on UDP and TCP, in this thread. With port 0 both take the same free port. */
export async function startDns(options: DnsOptions): Promise<DnsServer> {
  checkAddresses(options.listen, options.upstreams);
  const log = options.log ?? (() => {});
  const upstreams = new Upstreams(options.upstreams, options.clock, log);
  const resolver = new Resolver(options, upstreams);
  const { address } = options.listen;
  const how = {
    address,
    reusePort: options.reusePort ?? false,
    idle: options.tcpIdle ?? TCP_IDLE,
    handle: resolver.handle.bind(resolver),
    log,
  };

  const { udp, tcp } = await listenBoth(how, options.listen.port);
  return {
    address,
    port: udp.port,
    async close() {
      const closed = Promise.all([udp.close(), tcp.close()]);
      upstreams.close();
      await closed;
    },
    stats: () => ({ ...resolver.stats, cacheEntries: resolver.cache.size, cacheBytes: resolver.cache.bytes }),
    clearCache: () => resolver.cache.clear(),
  };
}

/** A port free for UDP may be taken for TCP: with port 0 another is tried. */
async function listenBoth(how: Omit<Parameters<typeof listenUdp>[0], 'port'>, port: number) {
  for (let triesLeft = port === 0 ? 10 : 1; ; triesLeft--) {
    const udp = await listenUdp({ ...how, port });
    try {
      return { udp, tcp: await listenTcp({ ...how, port: udp.port }) };
    } catch (e) {
      await udp.close();
      if (triesLeft <= 1 || (e as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw e;
    }
  }
}

function checkAddresses(listen: Upstream, upstreams: readonly Upstream[]): void {
  if (upstreams.length === 0) {
    throw invalid(
      'dns.no-upstream',
      'No upstream DNS server is set.',
      undefined,
      'Name at least one, such as 192.0.2.53:53.',
    );
  }
  for (const { address, port } of [listen, ...upstreams]) {
    if (isIP(address) === 0)
      throw invalid('dns.address', `"${address}" is not an IP address.`, undefined, 'Give an address, not a name.');
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw invalid('dns.port', `${port} is not a port.`, undefined, 'Give a number from 1 to 65535.');
  }
  if (upstreams.some((u) => u.port === 0))
    throw invalid('dns.port', 'An upstream cannot have port 0.', undefined, 'The usual port is 53.');
  if (upstreams.some((u) => u.address === listen.address && u.port === listen.port)) {
    throw invalid(
      'dns.loop',
      'The upstream DNS server is this one: questions would go round for ever.',
      undefined,
      'Name the server that this one should ask.',
    );
  }
}
