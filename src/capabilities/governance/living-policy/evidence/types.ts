import type { Tx } from '#platform/db.ts';
import type { Clause } from '#policy/index.ts';
import type { filteringAtAGlance } from '#rooms/filtering/index.ts';
import type { PolicyInForce } from '#rooms/policies/index.ts';
import { many } from '../../today/line.ts';

/** What shows today that a control does its work. `none`: it works, but there is nothing to count, or nothing yet. */
export interface Evidence {
  readonly text: string;
  readonly tone: 'good' | 'attention' | 'none';
  /** When what it tells of happened; null where it was looked up just now. */
  readonly at: Date | null;
  /** The page with more, for those who may open it. */
  readonly href: string | null;
}

/** What every reader of evidence is given, read once a page. */
export interface Facts {
  readonly tx: Tx;
  readonly now: number;
  readonly policy: PolicyInForce;
  readonly filtering: Awaited<ReturnType<typeof filteringAtAGlance>>;
  /** Whether the key of the outside body is set, without which the vault takes no files (EVI-07). */
  readonly outsideKey: boolean;
}

/** The same for all clauses, or for each its own. */
export type Answer = Evidence | ((clause: Clause) => Evidence);
export type ReadEvidence = (facts: Facts) => Promise<Answer> | Answer;

type More = Partial<Pick<Evidence, 'at' | 'href'>>;
const said =
  (tone: Evidence['tone']) =>
  (text: string, { at = null, href = null }: More = {}): Evidence => ({ text, tone, at, href });
export const good = said('good');
export const attention = said('attention');
export const none = said('none');

/** "3 of 94 people" */
export const outOf = (n: number, all: number, one: string, more?: string): string =>
  `${n.toLocaleString('en-GB')} of ${many(all, one, more)}`;
