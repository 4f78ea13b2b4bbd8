import type { Tx } from '#platform/db.ts';
import type { Viewer } from '#web/index.ts';

/** What a search needs of the cases: all of it happens in the search's own transaction, as the person who acts. */
export interface SearchLinks {
  /** Open a case about the pupil. `imagery`: it opens sealed, so that nothing can be added to it or got out of it (EVI-03). */
  openCase(
    tx: Tx,
    by: Viewer,
    concern: {
      readonly kind: 'imagery' | 'device-search';
      readonly subject: string;
      readonly text: string;
      readonly urgent: boolean;
    },
  ): Promise<string>;
  /** Seal a case that is open already, because such a picture is suspected now. */
  suspectImagery(tx: Tx, by: Viewer, caseId: string): Promise<void>;
}
