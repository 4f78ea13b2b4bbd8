import { type Clock, MINUTE, SECOND } from '#core/clock.ts';
import { type FairUse, type GatewaySettings, safetyOf } from '#policy/snapshot.ts';
import type { Client, Judgement, Recorder } from './judge.ts';

/** The last hour, to within five minutes. */
const SLICE = 5 * MINUTE;
const SLICES = 12;
/** Nobody is held longer than this for one piece, however many connections they have: a page still comes, slowly. */
const LONGEST = 20 * SECOND;
const MOST_KNOWN = 10_000;

/** Told of every piece that moved; gives how long (milliseconds) whoever moves it has to wait before the next. */
export type Pace = (bytes: number) => number;

/** How many bytes somebody has moved: whose, and how many since this was last said. */
export type MovedBytes = readonly (readonly [who: string, bytes: number])[];

/**
 * UAR-17: nobody takes so much of the network that others go short. What each person, or each device that nobody is signed
 * in on, moves through the proxy is counted over the last hour, in all threads together. Beyond what the policy calls fair
 * it goes on slowly, over all their connections together, and is recorded once. Nothing is closed by it: help must open.
 */
export class FairUseKeeper {
  readonly #moved = new Map<string, Moved>();
  #unsaid = new Map<string, number>();
  readonly #clock: Clock;
  readonly #settings: () => Pick<GatewaySettings, 'safety'>;
  readonly #recorder: Recorder;

  constructor(clock: Clock, settings: () => Pick<GatewaySettings, 'safety'>, recorder: Recorder) {
    this.#clock = clock;
    this.#settings = settings;
    this.#recorder = recorder;
  }

  /** The pace of a transfer with `host`; null, as for nearly everybody, where the policy sets none. */
  paceOf(client: Client, host: string): Pace | null {
    if (this.#limitOf(client) === undefined) return null;
    const who = client.person ?? client.address;
    return (bytes) => {
      this.#unsaid.set(who, (this.#unsaid.get(who) ?? 0) + bytes);
      const moved = this.#count(who, bytes);
      // Asked each time: a new policy holds for what is under way too.
      const limit = this.#limitOf(client);
      if (limit === undefined || moved.total <= limit.bytesAnHour) {
        moved.recorded = false;
        return 0;
      }
      if (!moved.recorded) this.#recorder.record(client, 'proxy', host, slowed(limit));
      moved.recorded = true;
      return moved.wait((bytes / limit.bytesASecond) * SECOND, this.#clock.now());
    };
  }

  /** What moved in this thread since the last call, for the others to count too. */
  take(): MovedBytes {
    const unsaid = [...this.#unsaid];
    this.#unsaid = new Map();
    return unsaid;
  }

  /** What moved in another thread. */
  add(moved: MovedBytes): void {
    for (const [who, bytes] of moved) this.#count(who, bytes);
  }

  #count(who: string, bytes: number): Moved {
    let moved = this.#moved.get(who);
    if (moved === undefined) {
      moved = new Moved();
      if (this.#moved.size >= MOST_KNOWN) this.#forgetIdle();
      this.#moved.set(who, moved);
    }
    moved.add(bytes, this.#clock.now());
    return moved;
  }

  #forgetIdle(): void {
    for (const [who, moved] of this.#moved) if (moved.idleAt(this.#clock.now())) this.#moved.delete(who);
  }

  #limitOf(client: Client): FairUse | undefined {
    return safetyOf(this.#settings(), client.profile).fairUse;
  }
}

/** The last hour of one client, as a ring of slices. */
class Moved {
  total = 0;
  recorded = false;
  readonly #slices = new Float64Array(SLICES);
  #latest = 0;
  /** When all that went before has been waited for. */
  #freeAt = 0;

  add(bytes: number, now: number): void {
    const slice = Math.floor(now / SLICE);
    for (let gone = Math.max(this.#latest + 1, slice - SLICES + 1); gone <= slice; gone++) {
      this.total -= this.#slices[gone % SLICES] ?? 0;
      this.#slices[gone % SLICES] = 0;
    }
    this.#latest = Math.max(this.#latest, slice);
    this.#slices[this.#latest % SLICES]! += bytes;
    this.total += bytes;
  }

  wait(milliseconds: number, now: number): number {
    this.#freeAt = Math.min(Math.max(now, this.#freeAt) + milliseconds, now + LONGEST);
    return this.#freeAt - now;
  }

  idleAt(now: number): boolean {
    return Math.floor(now / SLICE) - this.#latest >= SLICES;
  }
}

const slowed = ({ bytesAnHour, clause }: FairUse): Judgement => ({
  outcome: 'warn',
  because: {
    rule: 'UAR-17',
    category: null,
    clause,
    text: `More than ${Math.round(bytesAnHour / 1e6).toLocaleString('en-GB')} MB were moved within an hour. So that nobody else goes short, it goes on slowly for a while.`,
    remedy: 'wait',
  },
  categories: [],
});
