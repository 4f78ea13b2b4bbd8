import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Reach } from '#core/reach.ts';
import { safeAlias, safeHost, safePath } from '#filter/safe-search.ts';
import { type GatewaySettings, type ProfileSafety, safetyOf } from '#policy/snapshot.ts';
import type { BlockPageContext } from '../block-page/index.ts';
import { isCanary } from '../canaries.ts';
import type { Client, Judge, Judgement, Recorder } from '../judge.ts';
import { isTest, type Proofs } from '../proof/door.ts';
import { credentialOf } from '../proof/header.ts';
import { valuesOf } from './headers.ts';
import { OWN_DNS, OWN_PAGES, PRIVATE_TARGET, UNSAFE_SEARCH } from './refusals.ts';
import type { SignIn } from './sign-in.ts';
import { parseAbsoluteForm, type Target } from './target.ts';
import type { Address } from './upstream.ts';

/** The addresses of a name; at once where they are known. Rejects where there are none. */
export type Resolve = (host: string) => readonly Address[] | Promise<readonly Address[]>;

export interface GateParts {
  readonly judge: Judge;
  readonly recorder: Recorder;
  readonly signIn: SignIn;
  readonly resolve: Resolve;
  readonly settings: () => ProxySettings;
  readonly page: () => BlockPageContext;
  readonly proofs?: Proofs;
}

export type ProxySettings = Pick<GatewaySettings, 'allowedPrivate' | 'proxySignIn' | 'safety'>;

export type Admission =
  /** `target` is where it goes: the one asked for, or its safe face under the same name. */
  | { readonly kind: 'admitted'; readonly target: Target; readonly addresses: readonly Address[] }
  | { readonly kind: 'blocked'; readonly judgement: Judgement }
  /** A synthetic request that is open: it ends here. */
  | { readonly kind: 'proved'; readonly judgement: Judgement }
  | { readonly kind: 'unknown-host' };

/** Who is asking, and may they? The same for a forwarded request and for a tunnel. */
export class Gate {
  readonly #parts: GateParts;
  #reach: { readonly of: readonly string[]; readonly reach: Reach } = { of: [], reach: new Reach([]) };
  #pages: { readonly of: string | null; readonly target: Target | null } = { of: null, target: null };

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /**
   * Who is it? Credentials first, then what the address tells. A password is only looked at where it cannot have
   * been overheard: over loopback or TLS; elsewhere it is as if none had been sent, and none is asked for. Whoever sends
   * none is known at once.
   */
  identify(req: IncomingMessage): Client | 'ask' | Promise<Client | 'ask'> {
    const { judge, settings } = this.#parts;
    const address = clientAddress(req);
    if (!isConfidential(req, address)) return judge.identify(address);
    const [credentials] = valuesOf(req.rawHeaders, 'proxy-authorization');
    if (credentials !== undefined) return this.#byCredentials(credentials, address);
    const client = judge.identify(address);
    return client.how === 'unidentified' && settings().proxySignIn === 'ask' ? 'ask' : client;
  }

  async #byCredentials(credentials: string, address: string): Promise<Client | 'ask'> {
    const { judge, signIn, proofs } = this.#parts;
    const credential = proofs === undefined ? null : credentialOf(credentials);
    const test = credential && proofs?.clientOf(credential, address);
    if (test) return test === 'refused' ? 'ask' : test;
    const result = await signIn.check(credentials, address);
    if (result.kind === 'known') return judge.identify(address, result.person);
    // Asking again would not help while control cannot answer: go on as whoever the address is.
    return result.kind === 'wrong' ? 'ask' : judge.identify(address);
  }

  /** Judge, resolve, and check the addresses that will be connected to. Exactly one decision is recorded. */
  admit(client: Client, target: Target): Admission | Promise<Admission> {
    if (isCanary(target.host)) return this.refuse(client, target.host, OWN_DNS);
    const judgement = this.#parts.judge.judge(client, target.host, target.path || undefined);
    if (judgement.outcome === 'block') return this.refuse(client, target.host, judgement);
    // As in DNS (dns/resolver.ts says why): nothing is looked up for a test, and nobody is connected to.
    if (isTest(client)) return { kind: 'proved', judgement };
    const goal = this.#safely(client, target);
    const found = this.#addressesOf(goal.host);
    return found instanceof Promise
      ? found.then((addresses) => this.#reaching(client, target, goal, judgement, addresses))
      : this.#reaching(client, target, goal, judgement, found);
  }

  #reaching(client: Client, target: Target, goal: Target, judgement: Judgement, found: readonly Address[]): Admission {
    const addresses = found.filter(({ address }) => this.#mayReach(address));
    const refusal = this.#wrongWay(target, found, addresses);
    if (refusal) return this.refuse(client, target.host, refusal);
    this.#parts.recorder.record(client, 'proxy', target.host, judgement);
    return addresses.length > 0 ? { kind: 'admitted', target: goal, addresses } : { kind: 'unknown-host' };
  }

  /**
   * A second name for the same connection: judged and recorded as well, so the stricter answer wins. A search engine
   * named only here would be reached at its ordinary address, so it is refused where safe search must be on.
   */
  judgeName(client: Client, host: string, connected: string): Judgement {
    const judgement = this.#refusalOfName(client, host, connected) ?? this.#parts.judge.judge(client, host);
    this.#parts.recorder.record(client, 'proxy', host, judgement);
    return judgement;
  }

  #refusalOfName(client: Client, host: string, connected: string): Judgement | null {
    if (isCanary(host)) return OWN_DNS;
    return this.#safeAlias(client, host) === this.#safeAlias(client, connected) ? null : UNSAFE_SEARCH;
  }

  /** Groups of files that this client may not fetch, and the clause that says so. */
  refusedFiles(client: Client): ProfileSafety['refusedFiles'] {
    return safetyOf(this.#parts.settings(), client.profile).refusedFiles;
  }

  /**
   * Asked again of a tunnel that stays open, as of whoever that is now: an opening ends, sites are closed, people sign
   * out, and a connection made before that is no way round it (FCR-03, FIL-04).
   */
  stillOpen(client: Client, host: string): boolean {
    const { judge } = this.#parts;
    const known = client.how === 'credentials' && client.person !== null ? client.person : undefined;
    const now = judge.identify(client.address, known);
    const judgement = judge.judge(now, host);
    if (judgement.outcome === 'block') this.refuse(now, host, judgement);
    return judgement.outcome !== 'block';
  }

  /** Record a refusal, be it the policy's or the proxy's own. */
  refuse(client: Client, host: string, judgement: Judgement): Admission & { kind: 'blocked' } {
    this.#parts.recorder.record(client, 'proxy', host, judgement);
    return { kind: 'blocked', judgement };
  }

  /** The target with safe search on: the same name, sent to the address where its owner shows safe results only. */
  #safely(client: Client, target: Target): Target {
    const safe = safeHost(target.host);
    const alias = safe && this.#safeAlias(client, target.host);
    return alias ? { ...target, host: alias, path: safePath(safe, target.path) } : target;
  }

  #safeAlias(client: Client, host: string): string | null {
    const safe = safeHost(host);
    return safe === undefined ? null : safeAlias(safe, safetyOf(this.#parts.settings(), client.profile));
  }

  #addressesOf(host: string): readonly Address[] | Promise<readonly Address[]> {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family: family === 6 ? 6 : 4 }];
    const found = this.#parts.resolve(host);
    return found instanceof Promise ? found.catch(() => []) : found;
  }

  /** The way into private networks, and to Gatehouse's own pages, where every client would have our address. */
  #wrongWay(target: Target, found: readonly Address[], reachable: readonly Address[]): Judgement | null {
    const pages = this.#ownPages();
    if (pages && pages.port === target.port) {
      if (pages.host === target.host || found.some(({ address }) => address === pages.host)) return OWN_PAGES;
    }
    return found.length > 0 && reachable.length === 0 ? PRIVATE_TARGET : null;
  }

  #mayReach(address: string): boolean {
    const { allowedPrivate } = this.#parts.settings();
    if (this.#reach.of !== allowedPrivate) this.#reach = { of: allowedPrivate, reach: new Reach(allowedPrivate) };
    return this.#reach.reach.permits(address);
  }

  #ownPages(): Target | null {
    const { pagesUrl } = this.#parts.page();
    if (this.#pages.of !== pagesUrl)
      this.#pages = { of: pagesUrl, target: pagesUrl === null ? null : siteOf(pagesUrl) };
    return this.#pages.target;
  }
}

function siteOf(url: string): Target | null {
  const parsed = URL.parse(url);
  if (parsed === null) return null;
  const port = parsed.port || (parsed.protocol === 'https:' ? '443' : '80');
  const site = parseAbsoluteForm(`http://${parsed.hostname}:${port}/`);
  return site.ok ? site.target : null;
}

/** The client's address in its plain form: a dual-stack listener shows IPv4 as `::ffff:10.0.0.1`. */
export function clientAddress({ socket }: IncomingMessage): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

const isConfidential = ({ socket }: IncomingMessage, address: string): boolean =>
  (socket as TLSSocket).encrypted === true || address === '::1' || address.startsWith('127.');
