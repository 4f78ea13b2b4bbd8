import { isIP } from 'node:net';
import { type Endpoint, formatEndpoint } from '#core/endpoint.ts';
import type { Config } from '#platform/config.ts';

/** The addresses people type into their devices, as this installation really has them. */
export interface Pointing {
  readonly pacUrl: string;
  readonly proxyHost: string;
  readonly proxyPort: number;
  readonly dnsAddress: string;
  readonly dnsPort: number;
  /** What must be settled first, so that nobody tries in vain. */
  readonly hurdles: readonly string[];
}

/** Work out from the settings how a device reaches this gateway, and what still stands in the way. */
export function pointing(config: Pick<Config, 'dns' | 'proxy' | 'proxyTls' | 'pagesUrl'>): Pointing {
  const proxy = reachable(config.proxy, config.pagesUrl);
  const dns = reachable(config.dns, config.pagesUrl);
  return {
    pacUrl: `${config.proxyTls ? 'https' : 'http'}://${formatEndpoint(proxy)}/proxy.pac`,
    proxyHost: proxy.address,
    proxyPort: proxy.port,
    dnsAddress: dns.address,
    dnsPort: dns.port,
    hurdles: [...hurdles(config)],
  };
}

function* hurdles({ dns, proxy }: Pick<Config, 'dns' | 'proxy'>): Generator<string> {
  if (isLoopback(proxy.address)) {
    yield `The proxy answers only on this computer (${formatEndpoint(proxy)}). For other devices, set GATEHOUSE_PROXY to the computer’s own address and start Gatehouse again.`;
  }
  if (isLoopback(dns.address)) {
    yield `The DNS answers only on this computer (${formatEndpoint(dns)}). For other devices, set GATEHOUSE_DNS to the computer’s own address, with port 53.`;
  } else if (dns.port !== 53) {
    yield `The DNS answers on port ${dns.port}, but devices ask on port 53 only. Set GATEHOUSE_DNS to port 53, or forward that port.`;
  }
}

/** "All addresses" is no address to type in: there the name by which people reach the pages serves. */
function reachable(listen: Endpoint, pagesUrl: string): Endpoint {
  if (listen.address !== '0.0.0.0' && listen.address !== '::') return listen;
  return { address: new URL(pagesUrl).hostname.replace(/^\[|\]$/g, ''), port: listen.port };
}

const isLoopback = (address: string): boolean =>
  isIP(address) === 6 ? address === '::1' : address.startsWith('127.') || address === 'localhost';
