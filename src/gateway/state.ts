import ipaddr from 'ipaddr.js';
import type { Clock } from '#core/clock.ts';
import { mayDisguise, mayDisguiseWire } from '#filter/disguise.ts';
import type { CategoryIndex } from '#filter/index.ts';
import {
  type CategoriesBy,
  closedAsMail,
  decideByEvidence,
  nextChange,
  type Presence,
  personalProfiles,
  type Snapshot,
  withSchoolMail,
} from '#policy/index.ts';
import { withBehind } from './behind.ts';
import { ChangeBook, type ClientChanges } from './changes.ts';
import { hostName } from './dns/codec.ts';
import type { Client, Judge, Judgement } from './judge.ts';
import { judgeSearch } from './search.ts';

const UNIDENTIFIED = 'unidentified';
const KNOWN_ADDRESSES = 10_000;

/** Without a snapshot nothing can be judged, and what cannot be judged is blocked (FIL-20). */
const NO_POLICY: Judgement = {
  outcome: 'block',
  because: {
    rule: 'no-policy',
    category: null,
    clause: null,
    text: 'The filter has no valid policy at the moment, so it lets nothing through. The people who look after it can see this too.',
    remedy: 'wait',
  },
  categories: [],
};

/** ALR-09: the school's own pages, where anybody can tell somebody, whatever is closed to them. */
const OWN_PAGES: Judgement = {
  outcome: 'allow',
  because: {
    rule: 'gatehouse.pages',
    category: null,
    clause: null,
    text: 'These are the school’s own online-safety pages. They are open to everybody, whatever else is closed.',
    remedy: null,
  },
  categories: [],
};

/**
 * The verdicts that clients of one kind share: by category set, made on first use. They are thrown away when a time
 * window turns, when a list or permission begins or ends, and when the clock is set back.
 */
class Verdicts {
  #made: (Judgement | undefined)[] = [];
  #from = 0;
  #until = 0;
  readonly #snapshot: Snapshot;
  readonly #index: CategoryIndex;
  readonly #profile: string;
  readonly #person: string | null;

  constructor(snapshot: Snapshot, index: CategoryIndex, profile: string, person: string | null) {
    this.#snapshot = snapshot;
    this.#index = index;
    this.#profile = profile;
    this.#person = person;
  }

  of(set: number, now: number): Judgement {
    if (now < this.#from || now >= this.#until) {
      this.#made = [];
      this.#from = now;
      this.#until = nextChange(this.#snapshot.policy, now);
    }
    const made = this.#made[set];
    if (made) return made;
    const judgement = this.#decide((level) => this.#index.categoriesOf(set, level), now);
    this.#made[set] = judgement;
    return judgement;
  }

  ofCategories(categories: readonly string[], at: number): Judgement {
    return this.#decide(() => categories, at);
  }

  #decide(categoriesBy: CategoriesBy, at: number): Judgement {
    return decideByEvidence(this.#snapshot.policy, this.#profile, categoriesBy, { at, person: this.#person });
  }
}

interface Known extends Client {
  readonly verdicts: Verdicts | null;
  /** What people agreed to open or close for whoever this is; null for nearly everybody. */
  readonly changes: ClientChanges | null;
  readonly until: number;
}

/**
 * What a gateway thread knows, and the judge that answers from it. Everything is replaced at once when a part
 * arrives; a request sees either the old state or the new, never a mixture.
 */
export class GatewayState implements Judge {
  #snapshot: Snapshot | null = null;
  #presence: Presence | null = null;
  #index: CategoryIndex | null = null;
  #networks: { range: [ipaddr.IPv4 | ipaddr.IPv6, number]; entry: Snapshot['addresses'][number] }[] = [];
  #verdicts = new Map<string, Verdicts>();
  #clients = new Map<string, Known>();
  #personal = new Set<string>();
  #changes: ChangeBook | null = null;
  /** Where Gatehouse's pages are; null before the first snapshot. */
  #ownPages: string | null = null;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get snapshot(): Snapshot | null {
    return this.#snapshot;
  }
  get index(): CategoryIndex | null {
    return this.#index;
  }

  use(snapshot: Snapshot, index: CategoryIndex): void {
    this.#snapshot = snapshot;
    this.#index = index;
    this.#ownPages = URL.parse(snapshot.pagesUrl)?.hostname ?? null;
    this.#verdicts = new Map();
    this.#clients = new Map();
    this.#networks = snapshot.addresses.map((entry) => ({ range: ipaddr.parseCIDR(entry.cidr), entry }));
    this.#personal = personalProfiles(snapshot.policy);
    this.#changes = new ChangeBook(snapshot.changes ?? [], snapshot.policy);
  }

  usePresence(presence: Presence): void {
    this.#presence = presence;
    this.#clients = new Map();
  }

  identify(rawAddress: string, person?: string): Client {
    const address = plainAddress(rawAddress);
    const now = this.#clock.now();
    const key = person === undefined ? address : `${address} ${person}`;
    const cached = this.#clients.get(key);
    if (cached && cached.until > now) return cached;
    const client =
      person === undefined
        ? this.#findOut(address, now)
        : this.#known(address, person, null, 'credentials', Number.POSITIVE_INFINITY);
    if (this.#clients.size >= KNOWN_ADDRESSES) this.#clients.clear();
    this.#clients.set(key, client);
    return client;
  }

  /** A test of one profile of the policy (proof/door.ts); null where it has no such profile. */
  testClient(address: string, profile: string): Client | null {
    if (!this.#snapshot?.policy.profiles.some((p) => p.id === profile)) return null;
    return this.#client(address, null, null, profile, 'proof', 0);
  }

  judge(client: Client, host: string, path?: string): Judgement {
    const judgement = this.#judge(client, host, path);
    return judgement.outcome === 'block' && host === this.#ownPages ? OWN_PAGES : judgement;
  }

  #judge(client: Client, host: string, path?: string): Judgement {
    const itself = this.#judgeItself(client, host, path);
    if (path === undefined && !mayDisguise(host)) return itself;
    const search =
      path === undefined ? null : judgeSearch(host, path, (category) => this.#ofCategory(client, category));
    return search ?? withBehind(itself, host, path, (inner, rest) => this.#judgeItself(client, inner, rest));
  }

  judgeWire(client: Client, packet: Uint8Array, offset: number): Judgement {
    const judgement = this.#judgeWire(client, packet, offset);
    return judgement.outcome === 'block' && hostName(packet, offset) === this.#ownPages ? OWN_PAGES : judgement;
  }

  #judgeWire(client: Client, packet: Uint8Array, offset: number): Judgement {
    if (!this.#index) return NO_POLICY;
    const verdict = this.#verdict(client, this.#index.findWire(packet, offset));
    const base = closedAsMail(verdict) ? this.#ownMail(client, verdict, hostName(packet, offset)) : verdict;
    const itself = (client as Known).changes?.overWire(base, packet, offset, this.#clock.now()) ?? base;
    if (!mayDisguiseWire(packet, offset)) return itself;
    return withBehind(itself, hostName(packet, offset), undefined, (inner) => this.#judgeItself(client, inner));
  }

  #judgeItself(client: Client, host: string, path?: string): Judgement {
    if (!this.#index) return NO_POLICY;
    const verdict = this.#verdict(
      client,
      path === undefined ? this.#index.find(host) : this.#index.findUrl(host, path),
    );
    const base = closedAsMail(verdict) ? this.#ownMail(client, verdict, host) : verdict;
    return (client as Known).changes?.over(base, host, this.#clock.now()) ?? base;
  }

  #verdict(client: Client, set: number): Judgement {
    return (client as Known).verdicts?.of(set, this.#clock.now()) ?? NO_POLICY;
  }

  /** COM-13: of all that is closed as mail, the school's own is open. */
  #ownMail(client: Client, verdict: Judgement, host: string): Judgement {
    const { verdicts } = client as Known;
    if (!this.#snapshot || !verdicts) return verdict;
    const { categories } = verdict;
    const again = (left: readonly string[]) => verdicts.ofCategories(left, this.#clock.now());
    const decision = withSchoolMail(this.#snapshot.policy, verdict, host, categories, again);
    return decision === verdict ? verdict : { outcome: decision.outcome, because: decision.because, categories };
  }

  #ofCategory(client: Client, category: string): Judgement {
    return (client as Known).verdicts?.ofCategories([category], this.#clock.now()) ?? NO_POLICY;
  }

  #findOut(address: string, now: number): Known {
    const session = this.#presence?.sessions[address];
    if (session && session.until > now) return this.#known(address, session.person, null, 'session', session.until);
    const entry = this.#registered(address);
    // A session may begin at any moment, but then the presence part arrives and this cache is emptied.
    const always = Number.POSITIVE_INFINITY;
    if (entry?.person) return this.#known(address, entry.person, entry.device, 'registered', always);
    if (entry) return this.#client(address, null, entry.device, entry.profile, 'registered', always);
    return this.#client(address, null, null, UNIDENTIFIED, 'unidentified', always);
  }

  /** Somebody who is no longer in the snapshot (left the school) is nobody. */
  #known(address: string, person: string, device: string | null, how: Client['how'], until: number): Known {
    const profile = this.#snapshot?.people[person]?.profile;
    if (!profile) return this.#client(address, null, device, UNIDENTIFIED, 'unidentified', until);
    return this.#client(address, person, device, profile, how, until);
  }

  #client(
    address: string,
    person: string | null,
    device: string | null,
    profile: string,
    how: Client['how'],
    until: number,
  ): Known {
    // A test of a profile is made at nobody's place.
    const changes = this.#changes?.for(person, profile, how === 'proof' ? undefined : address) ?? null;
    return { address, person, device, profile, how, until, changes, verdicts: this.#verdictsFor(profile, person) };
  }

  #verdictsFor(profile: string, person: string | null): Verdicts | null {
    if (!this.#snapshot || !this.#index) return null;
    const key = person && this.#personal.has(profile) ? `${profile} ${person}` : profile;
    let verdicts = this.#verdicts.get(key);
    if (!verdicts) {
      if (this.#verdicts.size >= KNOWN_ADDRESSES) this.#verdicts.clear();
      verdicts = new Verdicts(this.#snapshot, this.#index, profile, person);
      this.#verdicts.set(key, verdicts);
    }
    return verdicts;
  }

  #registered(address: string): Snapshot['addresses'][number] | null {
    if (this.#networks.length === 0 || !ipaddr.isValid(address)) return null;
    const parsed = ipaddr.parse(address);
    const hit = this.#networks.find((n) => n.range[0].kind() === parsed.kind() && parsed.match(n.range as never));
    return hit?.entry ?? null;
  }
}

/** `::ffff:192.0.2.1` is 192.0.2.1: a dual-stack socket must not hide a registered address. */
export const plainAddress = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);
