import { createHmac, randomBytes } from 'node:crypto';
import { type Clock, HOUR, MINUTE, SECOND } from '#core/clock.ts';

/** Asks control who these credentials belong to: a person's id, or null when they are wrong. May be slow or reject. */
export type Verify = (username: string, password: string, address: string) => Promise<string | null>;

export type SignInResult =
  | { readonly kind: 'known'; readonly person: string }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'away' };

/** A person stays known this long before control is asked again. */
const KNOWN_FOR = 10 * MINUTE;
/** With control away, who was known goes on for the rest of a school day (issue 2: the gateway goes on). */
const KNOWN_WHILE_AWAY = 12 * HOUR;
/** One wrong password typed once is tried by a browser on thirty connections; it is one attempt, not thirty. */
const WRONG_FOR = 30 * SECOND;
/** How soon control is asked again after it could not answer. */
const AWAY_FOR = 10 * SECOND;
const ANSWER_WITHIN = 5 * SECOND;
const MOST_KEPT = 10_000;

interface Entry {
  result: SignInResult;
  freshUntil: number;
  knownUntil: number;
}

/**
 * Proxy sign-in (Basic, RFC 7617) with a memory: a browser sends the same credentials with every request. They are
 * remembered only as an HMAC under a key that dies with the process.
 */
export class SignIn {
  readonly #verify: Verify;
  readonly #clock: Clock;
  readonly #key = randomBytes(32);
  readonly #entries = new Map<string, Entry>();
  readonly #asking = new Map<string, Promise<SignInResult>>();

  constructor(verify: Verify, clock: Clock) {
    this.#verify = verify;
    this.#clock = clock;
  }

  /** Whose is this Proxy-Authorization header? Remembered answers come without waiting. */
  check(header: string, address: string): SignInResult | Promise<SignInResult> {
    const credentials = parseBasic(header);
    if (credentials === null) return { kind: 'wrong' };
    const digest = createHmac('sha256', this.#key)
      // The answer may depend on where somebody is: pupils are let in at no computer that is set apart (INC-06).
      .update(`${address} ${credentials.username}:${credentials.password}`)
      .digest('base64');
    const entry = this.#entries.get(digest);
    if (entry && entry.freshUntil > this.#clock.now()) return entry.result;
    let asking = this.#asking.get(digest);
    if (!asking) {
      asking = this.#ask(digest, credentials, address).finally(() => this.#asking.delete(digest));
      this.#asking.set(digest, asking);
    }
    return asking;
  }

  async #ask(digest: string, { username, password }: Credentials, address: string): Promise<SignInResult> {
    let person: string | null;
    try {
      person = await inTime(this.#verify(username, password, address));
    } catch {
      return this.#stillKnown(digest);
    }
    const now = this.#clock.now();
    return person === null
      ? this.#keep(digest, { result: { kind: 'wrong' }, freshUntil: now + WRONG_FOR, knownUntil: 0 })
      : this.#keep(digest, {
          result: { kind: 'known', person },
          freshUntil: now + KNOWN_FOR,
          knownUntil: now + KNOWN_WHILE_AWAY,
        });
  }

  #stillKnown(digest: string): SignInResult {
    const now = this.#clock.now();
    const before = this.#entries.get(digest);
    const known = before !== undefined && before.knownUntil > now;
    const kept: Entry = known ? before : { result: { kind: 'away' }, freshUntil: 0, knownUntil: 0 };
    return this.#keep(digest, { ...kept, freshUntil: now + AWAY_FOR });
  }

  #keep(digest: string, entry: Entry): SignInResult {
    this.#entries.delete(digest);
    this.#entries.set(digest, entry);
    if (this.#entries.size > MOST_KEPT) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    return entry.result;
  }
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** `Basic base64(user:password)`; null when it is anything else. */
export function parseBasic(header: string): Credentials | null {
  const token = /^basic +([a-z0-9+/]+={0,2})$/i.exec(header.trim())?.[1];
  if (token === undefined || header.length > 2048) return null;
  const text = Buffer.from(token, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ANSWER_WITHIN);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
