import { normaliseHost } from './host.ts';

/** A host and, where it was given, what follows it. */
export interface Address {
  readonly host: string;
  readonly path: string;
}

/** What somebody typed or pasted, as an address; null when it is none. */
export function readAddress(typed: string): Address | null {
  const text = typed.trim();
  const bare = normaliseHost(text);
  if (bare !== null) return { host: bare, path: '' };
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const url = URL.parse(whole ? text : `http://${text}`);
  const host = url && /^(https?|wss?|ftp):$/.test(url.protocol) ? normaliseHost(url.hostname) : null;
  if (!url || host === null) return null;
  // `mailto:somebody@example.com` is no web address.
  if (!whole && url.username !== '') return null;
  const path = url.pathname + url.search;
  return { host, path: path === '/' ? '' : path };
}
