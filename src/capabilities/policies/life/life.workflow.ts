import { type Guard, type Transition, Workflow } from '#core/workflow.ts';
import type { DraftState } from '#platform/schema.ts';

/** Where a policy stands in its life. A draft's state is kept; what follows approval comes from dates alone. */
export type LifeState = DraftState | 'in-force' | 'review-due' | 'superseded';
export type DraftAction = 'start' | 'edit' | 'consult' | 'sign' | 'return' | 'approve' | 'withdraw';
export type ClockAction = 'take-force' | 'fall-due' | 'give-way';
export type LifeAction = DraftAction | ClockAction;
/**
 * What somebody is to a draft: an editor writes; a reviewer holds a role that signs it (GOV-08), the approver the role
 * that decides (GOV-05). The clock is nobody.
 */
export type LifeActor = 'editor' | 'reviewer' | 'approver' | 'clock';

/** What the guards look at: the draft as it is, who acts, and what they gave. */
export interface LifeFacts {
  readonly now: number;
  /** Why the document cannot be kept at all, or null. */
  readonly unsound: string | null;
  /** Items of the cover that are not filled in. */
  readonly missing: readonly string[];
  /** A role that must not be without holder, or null. */
  readonly vacant: string | null;
  /** Everybody who wrote in it, and everybody who signed it as it stands. */
  readonly authors: readonly string[];
  readonly signers: readonly string[];
  /** Reviewer roles that have not signed it as it stands. */
  readonly unsigned: readonly string[];
  readonly person: string;
  readonly duties: readonly string[];
  readonly signAs: string | undefined;
  readonly reason: string;
  readonly minute: string;
  /** The moment from which it is to hold, or what is wrong with what was asked for. */
  readonly effective: number | string;
  /** Why the next review does not fit that day, or null. */
  readonly reviewFault: string | null;
  /** From when the newest version holds; versions come into force in the order of their numbers. */
  readonly newestFrom: number;
  readonly riskAssessment: 'not-needed' | 'in-date' | 'out-of-date' | 'missing';
  /** For a version: from when it holds, from when its review is due, and from when another holds in its place. */
  readonly dates: VersionDates;
}

export interface VersionDates {
  readonly from: number;
  readonly reviewFrom: number;
  readonly supersededFrom: number;
}

const guard = (name: string, check: (f: LifeFacts) => string | null): Guard<LifeFacts> => ({ name, check });
const come = (name: keyof VersionDates, not: string): Guard<LifeFacts> =>
  guard(name, (f) => (f.dates[name] <= f.now ? null : not));

export const GUARDS = {
  sound: guard('sound', (f) => f.unsound),
  cover: guard('cover', (f) =>
    f.missing.length === 0 ? null : `The cover is not complete yet. Still missing: ${f.missing.join(', ')}.`,
  ),
  maySign: guard('maySign', (f) => {
    if (f.signAs === undefined || !f.duties.includes(f.signAs)) return 'Sign for a role that you hold.';
    return f.unsigned.includes(f.signAs) ? null : 'This role does not sign this draft, or has signed it already.';
  }),
  lastSignature: guard('lastSignature', (f) =>
    f.unsigned.every((role) => role === f.signAs) ? null : 'Others have still to sign.',
  ),
  othersToSign: guard('othersToSign', (f) =>
    f.unsigned.some((role) => role !== f.signAs) ? null : 'Nobody else has to sign.',
  ),
  signed: guard('signed', (f) =>
    f.unsigned.length === 0 ? null : 'Not every reviewer has signed the draft as it now stands.',
  ),
  secondPerson: guard('secondPerson', (f) => {
    if (f.authors.includes(f.person)) return 'You wrote in this draft. Another person must approve it.';
    return f.signers.includes(f.person) ? 'You signed this draft as a reviewer. Another person must approve it.' : null;
  }),
  minute: guard('minute', (f) =>
    f.minute.trim().length >= 5 ? null : 'Give the minute of the meeting that approved it: its date and number.',
  ),
  effective: guard('effective', (f) => (typeof f.effective === 'string' ? f.effective : null)),
  inOrder: guard('inOrder', (f) =>
    typeof f.effective === 'number' && f.effective >= f.newestFrom
      ? null
      : 'Another version begins after that moment. Withdraw that one first, or choose a later day.',
  ),
  reviewAhead: guard('reviewAhead', (f) => f.reviewFault),
  riskAssessment: guard('riskAssessment', (f) => {
    if (f.riskAssessment === 'missing') return 'Choose the risk assessment that this policy rests on.';
    return f.riskAssessment === 'out-of-date'
      ? 'This risk assessment is out of date or has been replaced. Choose one that is in date.'
      : null;
  }),
  rolesHeld: guard('rolesHeld', (f) => f.vacant),
  reasoned: guard('reasoned', (f) =>
    f.reason.trim().length >= 10 ? null : 'Say why, in a sentence: whoever reads this later must understand it.',
  ),
  from: come('from', 'Its day has not come.'),
  reviewFrom: come('reviewFrom', 'Its review is not due yet.'),
  supersededFrom: come('supersededFrom', 'Nothing holds in its place.'),
} as const;
const G = GUARDS;

type Row = Transition<LifeState, LifeAction, LifeActor, LifeFacts>;
const rows = (states: readonly LifeState[], row: Omit<Row, 'from'>): Row[] => states.map((from) => ({ ...row, from }));

/** The table. Pages, permissions, the docs' diagram and tests are made from it; what is not here is refused. */
export const lifeWorkflow = new Workflow<LifeState, LifeAction, LifeActor, LifeFacts>('policy', [
  { from: 'new', action: 'start', to: 'draft', who: ['editor'], guards: [], proves: ['GOV-33'] },
  { from: 'draft', action: 'edit', to: 'draft', who: ['editor'], guards: [], proves: ['GOV-33'] },
  {
    from: 'draft',
    action: 'consult',
    to: 'consulting',
    who: ['editor'],
    guards: [G.sound, G.cover, G.othersToSign],
    proves: ['GOV-04', 'GOV-08'],
  },
  // Nobody left to sign: every reviewer signed before it went back unchanged, or the policy names none.
  {
    from: 'draft',
    action: 'consult',
    to: 'consulted',
    who: ['editor'],
    guards: [G.sound, G.cover, G.signed],
    proves: ['GOV-04'],
  },
  {
    from: 'consulting',
    action: 'sign',
    to: 'consulted',
    who: ['reviewer'],
    guards: [G.maySign, G.lastSignature],
    proves: ['GOV-08'],
  },
  {
    from: 'consulting',
    action: 'sign',
    to: 'consulting',
    who: ['reviewer'],
    guards: [G.maySign, G.othersToSign],
    proves: ['GOV-08'],
  },
  { from: 'consulting', action: 'return', to: 'draft', who: ['editor', 'reviewer'], guards: [G.reasoned] },
  {
    from: 'consulted',
    action: 'approve',
    to: 'approved',
    who: ['approver'],
    guards: [
      G.secondPerson,
      G.sound,
      G.cover,
      G.signed,
      G.rolesHeld,
      G.minute,
      G.effective,
      G.inOrder,
      G.reviewAhead,
      G.riskAssessment,
    ],
    proves: ['GOV-04', 'GOV-05', 'GOV-33', 'RSK-07', 'ROL-19', 'ROL-20'],
  },
  { from: 'consulted', action: 'return', to: 'draft', who: ['editor', 'reviewer', 'approver'], guards: [G.reasoned] },
  ...rows(['draft', 'consulting', 'consulted'], {
    action: 'withdraw',
    to: 'withdrawn',
    who: ['editor'],
    guards: [G.reasoned],
  }),
  // Dated ahead: whoever decides may think again until its day.
  { from: 'approved', action: 'withdraw', to: 'withdrawn', who: ['approver'], guards: [G.reasoned] },
  { from: 'approved', action: 'take-force', to: 'in-force', who: ['clock'], guards: [G.from], proves: ['GOV-02'] },
  ...rows(['in-force', 'review-due'], {
    action: 'give-way',
    to: 'superseded',
    who: ['clock'],
    guards: [G.supersededFrom],
    proves: ['GOV-02'],
  }),
  {
    from: 'in-force',
    action: 'fall-due',
    to: 'review-due',
    who: ['clock'],
    guards: [G.reviewFrom],
    proves: ['GOV-04'],
  },
]);

const CLOCK_ACTIONS: readonly ClockAction[] = ['take-force', 'give-way', 'fall-due'];

/** Where the clock has brought an approved version by `now`: it walks the table as far as the dates carry it. */
export function walkedBy(dates: VersionDates, now: number): LifeState {
  const facts: LifeFacts = { ...NOTHING, now, dates };
  let state: LifeState = 'approved';
  for (;;) {
    const step = CLOCK_ACTIONS.map((a) => lifeWorkflow.judge(state, a, ['clock'], facts)).find((v) => v.ok);
    if (!step?.ok) return state;
    state = step.to;
  }
}

/** Facts about nothing, for rows that look only at dates, and for tests to build on. */
export const NOTHING: LifeFacts = {
  now: 0,
  unsound: null,
  missing: [],
  vacant: null,
  authors: [],
  signers: [],
  unsigned: [],
  person: '',
  duties: [],
  signAs: undefined,
  reason: '',
  minute: '',
  effective: 0,
  reviewFault: null,
  newestFrom: Number.NEGATIVE_INFINITY,
  riskAssessment: 'not-needed',
  dates: {
    from: Number.POSITIVE_INFINITY,
    reviewFrom: Number.POSITIVE_INFINITY,
    supersededFrom: Number.POSITIVE_INFINITY,
  },
};
