/**
 * Names that browsers and systems ask for to learn whether they may use a DNS of their own. Here they may not: devices
 * stay with the school's, or nothing it says would count (UAR-13). They exist neither in DNS nor through the proxy.
 */
const CANARIES: ReadonlyMap<string, string> = new Map([
  ['use-application-dns.net', 'Firefox keeps its DNS over HTTPS off'],
  ['mask.icloud.com', 'iCloud Private Relay stays off in networks that filter, and says so'],
  ['mask-h2.icloud.com', 'the same over HTTP/2'],
  ['mask-canary.icloud.com', 'the same, asked beforehand'],
  ['mask-api.icloud.com', 'where Private Relay fetches its keys'],
  ['mask-t.apple-dns.net', 'what its names are aliases of'],
  ['doh.dns.apple.com', 'Private Relay’s own DNS'],
]);

/** Is this one of the names above? */
export const isCanary = (host: string): boolean => CANARIES.has(host);
