import type { Endpoint } from '#core/endpoint.ts';
import type { Presence, Snapshot } from '#policy/index.ts';
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

export type ToThread =
  | {
      readonly kind: 'parts';
      readonly snapshot: Snapshot;
      readonly presence: Presence | null;
      readonly index: SharedArrayBuffer;
    }
  | { readonly kind: 'presence'; readonly presence: Presence }
  | { readonly kind: 'enrolled'; readonly enrolment: Enrolment }
  | { readonly kind: 'stop' };

export type FromThread =
  | {
      readonly kind: 'listening';
      readonly ports: { readonly dns: number; readonly proxy: number; readonly block: number };
    }
  /** Activity events, each written out as a line of JSON: a string crosses to the keeper cheaper than an object. */
  | { readonly kind: 'events'; readonly lines: readonly string[] }
  | { readonly kind: 'log'; readonly event: string; readonly facts: Record<string, string | number | boolean | null> }
  | { readonly kind: 'stopped' };
