import type { Tx } from '#platform/db.ts';

/** Something about a list that people must know (FIL-03). */
export interface ListTrouble {
  readonly kind: 'held' | 'stale' | 'fresh';
  readonly school: string;
  /** Id of the source, or the name of a slot. */
  readonly source: string;
  /** Epoch ms. */
  readonly from: number;
  /** In words for whoever runs the filter; no line of any list. */
  readonly text: string;
}

/** Monitoring is a later room; whoever wires the house says what becomes of trouble. It runs in the transaction that found it. */
export type OnListTrouble = (tx: Tx, trouble: ListTrouble) => Promise<void>;
