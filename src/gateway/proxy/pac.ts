/**
 * The proxy auto-configuration script. There is no `; DIRECT` after the proxy: a browser that cannot reach the
 * proxy must show an error, not walk round the filter (FIL-01, FIL-20).
 */
export function pacScript(proxy: { readonly address: string; readonly tls: boolean }, pagesUrl: string | null): string {
  const direct = ['localhost', '127.0.0.1', '::1', '[::1]'];
  const pages = pagesUrl === null ? null : URL.parse(pagesUrl)?.hostname;
  if (pages) direct.push(pages);
  return `function FindProxyForURL(url, host) {
  host = host.toLowerCase();
  // A host with a colon is an IPv6 address; isPlainHostName takes it for a plain name, since it has no dots.
  if (host.indexOf(':') < 0 && isPlainHostName(host)) return 'DIRECT';
  if (dnsDomainIs(host, '.localhost')) return 'DIRECT';
  if (${JSON.stringify(direct)}.indexOf(host) >= 0) return 'DIRECT';
  return ${JSON.stringify(`${proxy.tls ? 'HTTPS' : 'PROXY'} ${proxy.address}`)};
}
`;
}

export const PAC_TYPE = 'application/x-ns-proxy-autoconfig';
