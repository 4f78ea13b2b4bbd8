/** What is worth a log line. Never holds a name that was asked or who asked it. */
export type DnsEvent =
  | { readonly event: 'dns.upstream-silent' | 'dns.upstream-back'; readonly upstream: string }
  | { readonly event: 'dns.socket-error' | 'dns.fault'; readonly message: string };
