import type { Clock } from '#core/clock.ts';
import { type SafeModes, safeAlias, safeHost } from '#filter/safe-search.ts';
import type { Client, Judge, Judgement, Recorder } from '#gateway/judge.ts';
import { findOption, PROOF_OPTION, withOption } from '#gateway/proof/dns-option.ts';
import { isLoopback, type Proofs, stampOf } from '#gateway/proof/door.ts';
import {
  ALIAS_HAS_NONE,
  ANY_REFUSED,
  aliasAnswer,
  type BlockPageAddress,
  blockedAnswers,
  compose,
  failure,
  refuse,
  replay,
} from './answers.ts';
import { AnswerCache, type CacheEntry } from './cache.ts';
import {
  askingFor,
  CLASS_IN,
  expandName,
  HEADER,
  hostName,
  parseQuery,
  type Query,
  RCODE,
  TYPE,
  wireName,
} from './codec.ts';
import { isInside, specialAnswer } from './special-names.ts';
import type { Failed, Upstreams } from './upstream.ts';
import { addressesIn, type StoredAnswer } from './upstream-answer.ts';
import type { Upstream } from './upstream-channel.ts';

export interface ResolverOptions {
  readonly upstreams: readonly Upstream[];
  readonly judge: Judge;
  readonly recorder: Recorder;
  readonly blockPage: BlockPageAddress;
  readonly blockMode: () => 'page' | 'nxdomain';
  /** How safe search and YouTube must be for a profile; the strictest where nothing is said. */
  readonly safeModes?: (profile: string) => SafeModes;
  readonly clock: Clock;
  readonly cacheEntries?: number;
  readonly proofs?: Proofs;
}

export interface DnsStats {
  questions: number;
  /** Not worth an answer, or refused as malformed. */
  malformed: number;
  blocked: number;
  special: number;
  /** Led to the safe face of a search engine. */
  aliased: number;
  cacheHits: number;
  /** Questions that waited for an upstream, and how many of them shared another's wait. */
  forwarded: number;
  merged: number;
  stale: number;
  failed: number;
  /** Not answered because too many were waiting. */
  shed: number;
}

const DEFAULT_ENTRIES = 50_000;
const BYTES_PER_ENTRY = 600;
const ATTEMPTS = 4;
/** With a stale answer at hand nobody waits longer than this many tries. */
const ATTEMPTS_WHEN_STALE = 2;
/** A failure is an answer for so long, so that a dead upstream is not flooded (RFC 9520 §3.2). */
const FAILURE_HOLD = 2000;
const MAX_WAITING = 10_000;
/** What is open for a lesson is not remembered beyond it (FCR-03). */
const BRIEF_TTL = 5;
/** The length of an OPT record without options. */
const BARE_OPT = 11;
const STRICTEST: SafeModes = { safeSearch: true, youtube: 'strict' };

/** A question with everything known about it. */
interface Asked {
  readonly packet: Buffer;
  readonly query: Query;
  readonly host: string;
  readonly client: Client;
  readonly judgement: Judgement;
  /** The largest answer the way back carries. */
  readonly limit: number;
}

/** The pipeline of one question. Each step's place has a reason: README.md. */
export class Resolver {
  readonly stats: DnsStats = {
    questions: 0,
    malformed: 0,
    blocked: 0,
    special: 0,
    aliased: 0,
    cacheHits: 0,
    forwarded: 0,
    merged: 0,
    stale: 0,
    failed: 0,
    shed: 0,
  };
  readonly cache: AnswerCache;
  readonly #options: ResolverOptions;
  readonly #upstreams: Upstreams;
  readonly #blockedAnswer: ReturnType<typeof blockedAnswers>;
  readonly #ownUpstream: boolean;
  readonly #asking = new Map<string, Promise<StoredAnswer | Failed>>();
  #waiting = 0;

  constructor(options: ResolverOptions, upstreams: Upstreams) {
    const entries = options.cacheEntries ?? DEFAULT_ENTRIES;
    this.cache = new AnswerCache(entries, entries * BYTES_PER_ENTRY);
    this.#options = options;
    this.#upstreams = upstreams;
    this.#blockedAnswer = blockedAnswers(options.blockPage);
    this.#ownUpstream = options.upstreams.every((u) => isInside(u.address));
  }

  /** Answer one packet: at once where nobody need be asked, `null` for no answer at all. */
  handle(packet: Buffer, address: string, transport: 'udp' | 'tcp'): Buffer | null | Promise<Buffer | null> {
    this.stats.questions++;
    const query = parseQuery(packet);
    if (query === null || typeof query === 'number') {
      this.stats.malformed++;
      return query === null ? null : refuse(packet, query);
    }
    if (query.class !== CLASS_IN) return compose(packet, query, { rcode: RCODE.REFUSED });
    if (isMetaType(query.type)) return compose(packet, query, { rcode: RCODE.NOTIMP });

    const test = this.#testClient(packet, query, address);
    if (test === 'refused') return compose(packet, query, { rcode: RCODE.REFUSED });

    const { clock, judge } = this.#options;
    const now = clock.now();
    const entry = this.cache.get(packet, query, now);
    const host = entry?.host ?? hostName(packet, HEADER);
    const special = entry === undefined ? specialAnswer(host, query.type, this.#ownUpstream) : null;
    if (special !== null) {
      this.stats.special++;
      return compose(packet, query, special);
    }

    const client = test ?? judge.identify(address);
    const judgement = judge.judgeWire(client, packet, HEADER);
    const limit = transport === 'udp' ? query.size : 0xffff;
    const asked: Asked = { packet, query, host, client, judgement, limit };
    if (test !== null) return this.#prove(asked, entry);
    if (judgement.outcome === 'block') return this.#block(asked, judgement);
    if (query.type === TYPE.ANY) {
      this.#record(asked, judgement);
      return compose(packet, query, ANY_REFUSED);
    }
    const safe = entry === undefined ? safeHost(host) : entry.safe;
    if (safe !== undefined) {
      const alias = safeAlias(safe, this.#options.safeModes?.(client.profile) ?? STRICTEST);
      if (alias !== null && isAliased(query.type)) return this.#giveAlias(asked, alias);
    }
    if (entry !== undefined && now < entry.freshUntil) {
      this.stats.cacheHits++;
      return this.#give(asked, entry, Math.floor((now - entry.storedAt) / 1000));
    }
    return this.#forward(asked, entry);
  }

  async #forward(asked: Asked, stale: CacheEntry | undefined): Promise<Buffer | null> {
    if (this.#waiting >= MAX_WAITING) {
      this.stats.shed++;
      this.#record(asked, asked.judgement);
      return null;
    }
    this.stats.forwarded++;
    this.#waiting++;
    try {
      const answer = await this.#ask(asked, stale === undefined ? ATTEMPTS : ATTEMPTS_WHEN_STALE);
      if (!('failed' in answer)) return this.#give(asked, answer, 0);
      if (stale !== undefined) {
        this.stats.stale++;
        return this.#give(asked, stale, 'stale');
      }
      this.stats.failed++;
      this.#record(asked, asked.judgement);
      return compose(asked.packet, asked.query, failure(answer.failed));
    } finally {
      this.#waiting--;
    }
  }

  /** The addresses of another name in place of the asked one's own: safe search by DNS. Without them there is no answer. */
  async #giveAlias(asked: Asked, alias: string): Promise<Buffer> {
    this.stats.aliased++;
    this.#record(asked, asked.judgement);
    const { packet, query } = asked;
    if (query.type !== TYPE.A && query.type !== TYPE.AAAA) return compose(packet, query, ALIAS_HAS_NONE);
    const name = wireName(alias);
    const question = askingFor(name, query.type);
    const own = parseQuery(question) as Query;
    const now = this.#options.clock.now();
    const known = this.cache.get(question, own, now);
    const fresh = known !== undefined && now < known.freshUntil;
    const answer = fresh ? known : await this.#ask({ packet: question, query: own, host: alias }, ATTEMPTS);
    const usable = 'failed' in answer ? known : answer;
    if (usable === undefined) return compose(packet, query, failure((answer as Failed).failed));
    const reply = compose(packet, query, aliasAnswer(query, name, addressesIn(usable, query.type)));
    return reply.length > asked.limit ? compose(packet, query, { rcode: RCODE.NOERROR, truncated: true }) : reply;
  }

  /** Identical questions share one upstream query, and for a while its failure. */
  #ask(
    { packet, query, host }: Pick<Asked, 'packet' | 'query' | 'host'>,
    attempts: number,
  ): Promise<StoredAnswer | Failed> {
    const key = questionKey(packet, query);
    const going = this.#asking.get(key);
    if (going !== undefined) {
      this.stats.merged++;
      return going;
    }
    const asking = this.#upstreams.ask(packet, query, attempts).then(
      (answer) => {
        if ('failed' in answer) {
          setTimeout(() => this.#asking.delete(key), FAILURE_HOLD).unref();
        } else {
          this.#asking.delete(key);
          this.cache.put(query, answer, host, this.#options.clock.now());
        }
        return answer;
      },
      (fault) => {
        this.#asking.delete(key);
        throw fault;
      },
    );
    this.#asking.set(key, asking);
    return asking;
  }

  /** Give a raw answer to one client, unless it leads to a name that is blocked for this client (CNAME cloaking). */
  #give(asked: Asked, answer: StoredAnswer, age: number | 'stale'): Buffer {
    const hidden = this.#blockedAlias(asked, answer);
    if (hidden !== null) return this.#block(asked, hidden);
    this.#record(asked, asked.judgement);
    return replay(answer, asked.packet, asked.query, asked.limit, age, asked.judgement.brief ? BRIEF_TTL : undefined);
  }

  #blockedAlias({ client }: Asked, { targets }: StoredAnswer): Judgement | null {
    for (const target of targets) {
      const judgement = this.#options.judge.judgeWire(client, target, 0);
      if (judgement.outcome === 'block') return judgement;
    }
    return null;
  }

  /** A synthetic request of our own keeper (gateway/proof)? Without an option there is nothing to look for. */
  #testClient(packet: Buffer, query: Query, address: string): Client | 'refused' | null {
    const { proofs } = this.#options;
    if (proofs === undefined || packet.length <= query.end + BARE_OPT || !isLoopback(address)) return null;
    const credential = findOption(packet, query.end, PROOF_OPTION);
    return credential && proofs.clientOf(credential, address);
  }

  /**
   * A proof has come the way of every question up to the decision, and ends there: what is closed gets the very answer
   * that everybody gets, and what is open is not asked for upstream. Thousands of names for every profile, every day and
   * after every change, would be a burden on the school's upstream and a trace of visits that nobody made, and would prove
   * the upstream rather than the filter. Aliases are judged where they are known (the cache) and not looked up.
   */
  #prove(asked: Asked, known: StoredAnswer | undefined): Buffer {
    const { packet, query, judgement } = asked;
    const hidden = known === undefined ? null : this.#blockedAlias(asked, known);
    const final = judgement.outcome === 'block' ? judgement : (hidden ?? judgement);
    const answer =
      final.outcome === 'block' ? this.#block(asked, final) : compose(packet, query, { rcode: RCODE.NOERROR });
    return withOption(answer, query.end, PROOF_OPTION, stampOf(final));
  }

  #block(asked: Asked, judgement: Judgement): Buffer {
    this.stats.blocked++;
    this.#record(asked, judgement);
    const { packet, query } = asked;
    return compose(packet, query, this.#blockedAnswer(judgement, query.type, this.#options.blockMode()));
  }

  #record(asked: Asked, judgement: Judgement): void {
    this.#options.recorder.record(asked.client, 'dns', asked.host, judgement);
  }
}

/** Questions with one key have one answer. */
const questionKey = (packet: Buffer, { type, flags }: Query): string =>
  `${type} ${flags} ${Buffer.from(expandName(packet, HEADER) ?? []).toString('latin1')}`;

/** What browsers ask to find a site. Other types say nothing of where it is. */
const isAliased = (type: number): boolean =>
  type === TYPE.A || type === TYPE.AAAA || type === TYPE.HTTPS || type === TYPE.SVCB;

/** Types that are questions about transfer, signing or the protocol itself, not about names (RFC 6895 §3.1). */
const isMetaType = (type: number): boolean =>
  type !== TYPE.ANY && (type === 0 || type === TYPE.OPT || (type >= 128 && type <= 255));
