import { type Guard, type Transition, Workflow } from '#core/workflow.ts';
import type { ListChangeState } from '#platform/tables/filtering.ts';

export type ListChangeAction = 'propose' | 'apply-now' | 'approve' | 'refuse' | 'withdraw' | 'review' | 'undo';
/** What somebody is to a change of the lists: keepers look after sources, the policy names the role that approves (FCR-04). */
export type ListChangeActor = 'keeper' | 'approver' | 'requester';

export interface ListChangeFacts {
  /** Why it may open a site that is closed; null when it only closes. */
  readonly opens: string | null;
  readonly person: string;
  readonly requester: string;
  readonly reason: string;
  /** Why it cannot be done at all, whoever agrees; or null. */
  readonly impossible: string | null;
  /** Does another change of the same kind wait for this source? */
  readonly waiting: boolean;
  /** Does the source still stand as it did when this was asked, or, for undoing, as it was left? */
  readonly current: boolean;
}

export const LEAST_REASON = 10;

const guard = (name: string, check: (f: ListChangeFacts) => string | null): Guard<ListChangeFacts> => ({ name, check });

export const GUARDS = {
  opens: guard('opens', (f) => (f.opens !== null ? null : 'It opens nothing, so it need not wait.')),
  closes: guard('closes', (f) =>
    f.opens === null ? null : `This may open sites, so a second person must agree. ${f.opens}`,
  ),
  possible: guard('possible', (f) => f.impossible),
  alone: guard('alone', (f) => (f.waiting ? 'Such a change of this source waits for a second person already.' : null)),
  reasoned: guard('reasoned', (f) =>
    [...f.reason.trim()].length >= LEAST_REASON ? null : `Say why, in at least ${LEAST_REASON} letters.`,
  ),
  secondPerson: guard('secondPerson', (f) =>
    f.person !== f.requester ? null : 'You asked for this. Another person must decide.',
  ),
  current: guard('current', (f) =>
    f.current ? null : 'The source was changed in the meantime. Ask for it anew as it stands now.',
  ),
} as const;
const G = GUARDS;

type Row = Transition<ListChangeState, ListChangeAction, ListChangeActor, ListChangeFacts>;

const ROWS: readonly Row[] = [
  {
    from: 'new',
    action: 'propose',
    to: 'proposed',
    who: ['keeper', 'approver'],
    guards: [G.opens, G.possible, G.alone, G.reasoned],
    proves: ['FIL-04', 'FCR-02'],
  },
  {
    from: 'new',
    action: 'apply-now',
    to: 'to-review',
    who: ['keeper', 'approver'],
    guards: [G.closes, G.possible],
    proves: ['FIL-04'],
  },
  {
    from: 'proposed',
    action: 'approve',
    to: 'applied',
    who: ['approver'],
    guards: [G.secondPerson, G.possible, G.current],
    proves: ['FIL-04', 'FCR-04'],
  },
  { from: 'proposed', action: 'refuse', to: 'refused', who: ['approver'], guards: [G.secondPerson, G.reasoned] },
  { from: 'proposed', action: 'withdraw', to: 'withdrawn', who: ['requester'], guards: [] },
  {
    from: 'to-review',
    action: 'review',
    to: 'reviewed',
    who: ['keeper', 'approver'],
    guards: [G.secondPerson],
    proves: ['FIL-04'],
  },
  {
    from: 'to-review',
    action: 'undo',
    to: 'undone',
    who: ['keeper', 'approver'],
    guards: [G.secondPerson, G.reasoned, G.current],
    proves: ['FIL-04'],
  },
];

/** Changes of the lists: what may open waits for a second person, what only closes holds at once and is looked at. */
export const listChangeWorkflow = new Workflow<ListChangeState, ListChangeAction, ListChangeActor, ListChangeFacts>(
  'list change',
  ROWS,
);
