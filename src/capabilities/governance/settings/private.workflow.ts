import { type Guard, type Transition, Workflow } from '#core/workflow.ts';
import type { PrivateTargetOutcome } from '#platform/schema.ts';
import { MOST_RANGES } from './private.rules.ts';

export type PrivateTargetState = 'proposed' | PrivateTargetOutcome;
export type PrivateTargetAction = 'propose' | 'agree' | 'refuse' | 'withdraw';
/** Administrators ask; administrators, the ICT manager and whom the policy names for changes of the filter decide (FCR-04). */
export type PrivateTargetActor = 'administrator' | 'decider' | 'requester';

export interface PrivateTargetFacts {
  readonly person: string;
  readonly requester: string;
  readonly reason: string;
  /** Does another opening wait? */
  readonly waiting: boolean;
  /** How many ranges would be open. */
  readonly open: number;
}

export const LEAST_REASON = 10;

const guard = (name: string, check: (f: PrivateTargetFacts) => string | null): Guard<PrivateTargetFacts> => ({
  name,
  check,
});

export const GUARDS = {
  reasoned: guard('reasoned', (f) =>
    [...f.reason.trim()].length >= LEAST_REASON ? null : `Say why, in at least ${LEAST_REASON} letters.`,
  ),
  alone: guard('alone', (f) =>
    f.waiting ? 'Another opening waits for a second person. Only one waits at a time.' : null,
  ),
  fits: guard('fits', (f) => (f.open <= MOST_RANGES ? null : `At most ${MOST_RANGES} ranges are open at once.`)),
  secondPerson: guard('secondPerson', (f) =>
    f.person !== f.requester ? null : 'You asked for this. Another person must decide.',
  ),
} as const;
const G = GUARDS;

type Row = Transition<PrivateTargetState, PrivateTargetAction, PrivateTargetActor, PrivateTargetFacts>;

const ROWS: readonly Row[] = [
  {
    from: 'new',
    action: 'propose',
    to: 'proposed',
    who: ['administrator'],
    guards: [G.reasoned, G.alone, G.fits],
    proves: ['FIL-04', 'FCR-02'],
  },
  {
    from: 'proposed',
    action: 'agree',
    to: 'agreed',
    who: ['decider'],
    guards: [G.secondPerson, G.fits],
    proves: ['FIL-04', 'FCR-04'],
  },
  {
    from: 'proposed',
    action: 'refuse',
    to: 'refused',
    who: ['decider'],
    guards: [G.secondPerson, G.reasoned],
    proves: ['FIL-04', 'FCR-04'],
  },
  { from: 'proposed', action: 'withdraw', to: 'withdrawn', who: ['requester'], guards: [] },
];

/** Opening the school's own addresses to the proxy: one asks, another agrees. Closing them is not in it, for it waits for nobody. */
export const privateTargetWorkflow = new Workflow<
  PrivateTargetState,
  PrivateTargetAction,
  PrivateTargetActor,
  PrivateTargetFacts
>('opening of private addresses', ROWS);
