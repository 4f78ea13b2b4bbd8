import type { Tx } from '#platform/db.ts';
import type { Viewer } from '#web/index.ts';
import type { CaseFacts } from '../case.facts.ts';
import type { Step } from '../case.judge.ts';
import type { CaseFile } from '../cases.store.ts';

/** What somebody who may see a case is to it, and what it has recorded. */
export interface Handled {
  readonly file: CaseFile;
  readonly facts: CaseFacts;
  /** Whether they may decide in it. */
  readonly handler: boolean;
  /** Nobody of these may have a part in it. */
  readonly keptFrom: readonly string[];
  readonly policeTold: boolean;
  /** What the case says last of telling parents. */
  readonly parents: 'told' | 'withheld' | null;
}

/** What this folder asks of a case: the core answers, so that nothing here moves a case by itself. */
export interface CaseSide {
  /** By id or reference; null where the case is not theirs to see. */
  handled(tx: Tx, viewer: Viewer, which: string): Promise<Handled | null>;
  /** The one way in which a case moves. */
  step(tx: Tx, viewer: Viewer, which: string, step: Step): Promise<unknown>;
}
