import type { Because, Outcome } from '#policy/types.ts';

/** Who is asking, as far as the gateway can tell. */
export interface Client {
  readonly address: string;
  readonly person: string | null;
  readonly device: string | null;
  readonly profile: string;
  readonly how: 'credentials' | 'session' | 'registered' | 'unidentified';
}

export interface Judgement {
  readonly outcome: Outcome;
  readonly because: Because;
  /** All categories of the address, for the record. */
  readonly categories: readonly string[];
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

/** One decision, as it is recorded (MON-01). Short keys: millions of these are written to disk. */
export interface ActivityEvent {
  /** Epoch ms of the first request. */
  readonly t: number;
  /** Enforcement point. */
  readonly via: 'dns' | 'proxy';
  readonly person: string | null;
  readonly device: string | null;
  readonly address: string;
  readonly profile: string;
  readonly host: string;
  readonly category: string | null;
  readonly outcome: Outcome;
  readonly rule: string;
  readonly clause: string | null;
  /** Snapshot number and list version the decision was made on. */
  readonly snapshot: number;
  readonly list: string | null;
  /** Identical questions within a second are one event that counts them. */
  count: number;
}

export interface Recorder {
  record(client: Client, via: ActivityEvent['via'], host: string, judgement: Judgement): void;
}
