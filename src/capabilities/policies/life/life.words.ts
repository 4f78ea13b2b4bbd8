import { ROLE_IDS } from '#policy/index.ts';
import type { LifeAction, LifeState } from './life.workflow.ts';
import type { StepAction } from './steps.service.ts';

interface StateWords {
  readonly name: string;
  readonly tag: 'calm' | 'amber' | 'quiet';
  /** Where it stands, and what comes next. */
  readonly now: string;
}

export const STATES: Readonly<Record<LifeState, StateWords>> = {
  draft: { name: 'Being written', tag: 'quiet', now: 'It can be changed. When it is ready it goes to its reviewers.' },
  consulting: { name: 'With its reviewers', tag: 'amber', now: 'It waits for the signatures of its reviewers.' },
  consulted: { name: 'Waits for approval', tag: 'amber', now: 'Every reviewer has signed. It waits for its approval.' },
  approved: { name: 'Approved, begins later', tag: 'calm', now: 'It comes into force by itself when its day begins.' },
  'in-force': { name: 'In force', tag: 'calm', now: 'The software obeys it.' },
  'review-due': {
    name: 'Review due',
    tag: 'amber',
    now: 'It is in force, and its review is due. Begin a draft from it.',
  },
  superseded: { name: 'Superseded', tag: 'quiet', now: 'A later version has taken its place.' },
  withdrawn: { name: 'Withdrawn', tag: 'quiet', now: 'It was given up and will not come into force.' },
};

/** The way from the first word to the end, as the page shows it. */
export const WAY: readonly LifeState[] = ['draft', 'consulting', 'consulted', 'approved', 'in-force'];

interface StepWords {
  /** It brings the draft further; the others stand aside. */
  readonly forward: boolean;
  readonly heading: string;
  readonly hint: string;
  readonly button: string;
  readonly done: string;
}

export const STEPS: Readonly<Record<StepAction, StepWords>> = {
  consult: {
    forward: true,
    heading: 'Send it to its reviewers',
    hint: 'From then on nobody can change it unless it comes back. Each reviewer gets a letter.',
    button: 'Send to reviewers',
    done: 'The draft is with its reviewers.',
  },
  sign: {
    forward: true,
    heading: 'Sign it as a reviewer',
    hint: 'You sign the draft as it stands now. Should it be changed later, your signature no longer counts.',
    button: 'Sign this draft',
    done: 'You have signed the draft.',
  },
  return: {
    forward: false,
    heading: 'Send it back',
    hint: 'It can be changed again. Signatures count only as long as nothing is changed.',
    button: 'Send back',
    done: 'The draft went back to be worked on.',
  },
  approve: {
    forward: true,
    heading: 'Approve it',
    hint: 'You approve the draft as it stands now. It becomes the next version and holds from the day you give.',
    button: 'Approve this policy',
    done: 'The policy is approved.',
  },
  withdraw: {
    forward: false,
    heading: 'Withdraw it',
    hint: 'It is kept to be read, and will not come into force.',
    button: 'Withdraw',
    done: 'It is withdrawn.',
  },
};

/** How the draft's story calls what was done. */
export const DONE: Readonly<Partial<Record<LifeAction, string>>> = {
  start: 'Begun',
  edit: 'Changed',
  consult: 'Sent to its reviewers',
  sign: 'Signed',
  return: 'Sent back',
  approve: 'Approved',
  withdraw: 'Withdrawn',
};

/** Everybody who works or governs here may read drafts and versions; pupils, families and guests read the policy in force. */
export const POLICY_READERS: readonly string[] = ROLE_IDS.filter(
  (r) => !['pupil', 'parent', 'volunteer', 'visitor', 'online-safety-group'].includes(r),
);
