import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getDomain, getPublicSuffix } from 'tldts';
import { isAddress, normaliseHost, type Source } from '#filter/index.ts';
import { hostAndParents } from '#filter/trust.ts';
import type { Config } from '#platform/config.ts';
import type { SchoolSettings } from '#platform/schema.ts';

/** The hosts that a school's own work depends on, which no list may close. */
export interface OwnHosts {
  /** Gatehouse's pages, the mail server, the school's own domain. */
  readonly exact: readonly string[];
  /** Their parents: whoever names one would take ours with it. */
  readonly over: readonly string[];
}

/** The name of the source that keeps them open. */
export const SCHOOL = 'school';

/**
 * The school's own hosts, from its settings. Its domain counts as its own where its letters come from there too: pages may
 * stand with a host that thousands share.
 */
export function ownHosts({ mail }: SchoolSettings, { pagesUrl, smtp }: Pick<Config, 'pagesUrl' | 'smtp'>): OwnHosts {
  const pages = hostOf(pagesUrl);
  const servers = [mail?.url, smtp].map((url) => (url ? hostOf(url) : null));
  const from = mail ? named(mail.from.slice(mail.from.lastIndexOf('@') + 1).replace(/>$/, '')) : null;
  const domain = pages === null ? null : getDomain(pages, { allowPrivateDomains: true });
  const isOurs = domain !== null && from !== null && getDomain(from, { allowPrivateDomains: true }) === domain;
  const exact = new Set(
    [pages, ...servers, ...(isOurs ? [domain, `www.${domain}`, from] : [])].filter((h) => h !== null),
  );
  const over = (pages === null ? [] : hostAndParents(pages)).filter(
    (host) => !exact.has(host) && host.length >= (domain?.length ?? 0),
  );
  return { exact: [...exact], over };
}

const hostOf = (url: string): string | null => named(URL.parse(url)?.hostname ?? '');

/** Addresses of numbers are not looked up by name, and every hosts file names `localhost`. */
function named(text: string): string | null {
  const host = normaliseHost(text);
  if (host === null || isAddress(host) || !host.includes('.')) return null;
  return getPublicSuffix(host, { allowPrivateDomains: true }) === host ? null : host;
}

/**
 * They are listed as help, which nothing but illegal content outweighs: here people ask for help, and whoever is stopped is
 * led here.
 */
export function ownSource(folder: string, { exact }: OwnHosts): Source[] {
  if (exact.length === 0) return [];
  const path = join(folder, SCHOOL);
  mkdirSync(join(path, 'help'), { recursive: true, mode: 0o700 });
  writeFileSync(join(path, 'help', 'domains'), exact.map((host) => `${host}\n`).join(''), { mode: 0o600 });
  return [{ name: SCHOOL, kind: 'folder', path, own: true }];
}
