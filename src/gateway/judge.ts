import type { ActivityEvent } from '#policy/feed.ts';
import type { Because, Outcome } from '#policy/types.ts';

export type { ActivityEvent };

/** The rule of a refused file: the site is open, and the block page says so. */
export const FILE_RULE = 'FIL-09';

/** Who is asking, as far as the gateway can tell. */
export interface Client {
  readonly address: string;
  readonly person: string | null;
  readonly device: string | null;
  readonly profile: string;
  /** `proof`: nobody at all, but a test of this profile (proof/door.ts). */
  readonly how: 'credentials' | 'session' | 'registered' | 'unidentified' | 'proof';
}

export interface Judgement {
  readonly outcome: Outcome;
  readonly because: Because;
  /** All categories of the address, for the record. */
  readonly categories: readonly string[];
  /** It holds only until some moment, so nobody may remember it for long (FCR-03). */
  readonly brief?: true;
}

/** The one question every enforcement point asks (design idea 2). Never throws; what it cannot judge it blocks. */
export interface Judge {
  /** `person` is set when the client proved who it is. */
  identify(address: string, person?: string): Client;
  /** `host` is normalised: lower case, no trailing dot, punycode; or an IP address. `path` where it is known. */
  judge(client: Client, host: string, path?: string): Judgement;
  /** Same, on a question in DNS wire form: `offset` points at the first label's length byte. */
  judgeWire(client: Client, packet: Uint8Array, offset: number): Judgement;
}

export interface Recorder {
  record(client: Client, via: ActivityEvent['via'], host: string, judgement: Judgement): void;
}
