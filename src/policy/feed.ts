import type { Outcome } from './types.ts';

/**
 * What passes between a gateway and its control. All of it is HTTP with a bearer token that was given at enrolment:
 *
 * - `GET  /gateway/feed?snapshot=N&presence=N`  waits up to 20 s for a part newer than N; 204 when there is none
 * - `GET  /gateway/index/<sha256>`              the category index
 * - `POST /gateway/activity?batch=N`            lines of ActivityEvent (NDJSON); taken exactly once per N
 * - `POST /gateway/verify`                      proxy credentials → person
 * - `POST /gateway/status`                      how the gateway is
 */
export interface FeedAnswer {
  /** Sealed `Snapshot` and `Presence`, as `seal()` made them. */
  readonly snapshot?: string;
  readonly presence?: string;
}

export interface VerifyQuestion {
  readonly username: string;
  readonly password: string;
  readonly address: string;
}
export interface VerifyAnswer {
  readonly person: string | null;
}

export interface GatewayStatus {
  /** Snapshot number and index in use; null while the gateway denies everything for want of them (FIL-20). */
  readonly snapshot: number | null;
  readonly index: string | null;
  /** Events that wait on disk, and whether the disk refuses more. */
  readonly spooled: number;
  readonly spoolFailing: boolean;
  /** When the gateway last went without control for over a minute: epoch ms. */
  readonly awayFrom: number | null;
  readonly awayUntil: number | null;
  readonly startedAt: number;
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
