import type { Endpoint } from '#core/endpoint.ts';
import type { Presence, Snapshot } from '#policy/index.ts';
import type { MovedBytes } from './fair-use.ts';
import type { Enrolment } from './feed/control-client.ts';

/** What a thread is told at its start. */
export interface ThreadSettings {
  readonly dns: Endpoint;
  readonly proxy: Endpoint;
  readonly block: Endpoint;
  readonly upstreamDns: readonly Endpoint[];
  readonly proxyTls: { readonly cert: string; readonly key: string } | null;
  readonly reusePort: boolean;
  /** Where browsers reach the pages; until a snapshot says it. */
  readonly pagesUrl: string;
}

/**
 * What passes through a thread lies outside V8's heap and is freed by its collections. With the usual young generation
 * (48 MiB) it weighs so much before one is due that V8 runs full collections instead, up to half of all work under
 * 100 KiB answers. Smaller than this, what is still under way is copied again and again: measured at 12 MiB, small
 * answers cost a sixth more.
 */
export const THREAD_LIMITS = { maxYoungGenerationSizeMb: 24 } as const;

/** What clients moved in one thread, for the others (fair-use.ts). */
interface Moved {
  readonly kind: 'moved';
  readonly moved: MovedBytes;
}

export type ToThread =
  | {
      readonly kind: 'parts';
      readonly snapshot: Snapshot;
      readonly presence: Presence | null;
      readonly index: SharedArrayBuffer;
      /** What makes a request a proof while this snapshot is obeyed. */
      readonly proofKey: Uint8Array;
    }
  | { readonly kind: 'presence'; readonly presence: Presence }
  | { readonly kind: 'enrolled'; readonly enrolment: Enrolment }
  | Moved
  | { readonly kind: 'stop' };

export type FromThread =
  | {
      readonly kind: 'listening';
      readonly ports: { readonly dns: number; readonly proxy: number; readonly block: number };
    }
  /** Activity events, each written out as a line of JSON: a string crosses to the keeper cheaper than an object. */
  | { readonly kind: 'events'; readonly lines: readonly string[] }
  | { readonly kind: 'log'; readonly event: string; readonly facts: Record<string, string | number | boolean | null> }
  | Moved
  | { readonly kind: 'stopped' };
