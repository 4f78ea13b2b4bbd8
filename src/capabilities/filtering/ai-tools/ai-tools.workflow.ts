import { DAY } from '#core/clock.ts';
import { type Guard, type Transition, Workflow } from '#core/workflow.ts';
import type { AiToolState, AiToolStatus } from '#platform/schema.ts';
import { ASSESSED_FIRST } from '#policy/index.ts';

export type ToolAction = 'propose' | 'assess' | 'approve' | 'refuse' | 'withdraw' | 'close' | 'fall-due' | 'lapse';
/** What somebody is to a tool: whoever works here proposes, its keepers assess, another with the duty approves. */
export type ToolActor = 'staff' | 'assessor' | 'approver' | 'clock';

/** Kinds of site that are AI tools; whatever else the lists call a site is something else. */
export const AI_KINDS: ReadonlySet<string> = ASSESSED_FIRST;

/** A site as the guards see it. */
export interface ToolSite {
  readonly host: string;
  /** Why it may not be named at all, or null. */
  readonly fault: string | null;
  /** Nobody may open it (FCR-07), or it could not be judged. */
  readonly never: string | null;
  readonly help: boolean;
  /** Closed as extremism: that is opened for a lesson, never for a profile (docs/decisions/0011-openings.md). */
  readonly extremist: boolean;
  /** What the lists call it besides an AI tool; null where they know it as one, or do not know it. */
  readonly other: string | null;
  /** The tool on the register that has it already. */
  readonly taken: string | null;
}

/** For whom it is opened, and until when. */
export interface ToolOpening {
  readonly profile: string;
  readonly name: string;
  readonly status: AiToolStatus;
  readonly until: number | null;
  /** Age of the youngest people with this profile; null: nobody knows. */
  readonly youngest: number | null;
  /** Whoever nobody could name has it. */
  readonly unnamed: boolean;
}

export interface ToolFacts {
  readonly now: number;
  readonly person: string;
  readonly proposer: string;
  /** Who made the assessment that is decided on. */
  readonly author: string | null;
  readonly keeper: boolean;
  readonly name: string;
  readonly provider: string;
  readonly purpose: string;
  readonly sites: readonly ToolSite[];
  readonly personalData: string;
  readonly ageLimit: number | null;
  readonly hazards: string;
  readonly measures: string;
  /** The first instant after the day of its review. */
  readonly review: number | null;
  /** How many months an assessment may hold by the policy (D33). */
  readonly reviewMonths: number;
  readonly openings: readonly ToolOpening[];
  readonly reason: string;
  /** Of what is open: when each part of it ends, and when notice of that begins. */
  readonly ends: readonly { readonly notice: number; readonly end: number }[];
}

export const LEAST = { name: 2, purpose: 20, words: 20, reason: 10 } as const;
/** A trial is for a term. */
export const TRIAL_DAYS = 100;
const MONTH = 31 * DAY;

const guard = (name: string, check: (f: ToolFacts) => string | null): Guard<ToolFacts> => ({ name, check });
const long = (text: string, least: number) => [...text.trim()].length >= least;
const words = (name: 'personalData' | 'hazards' | 'measures', ask: string) =>
  guard(name, (f) => (long(f[name], LEAST.words) ? null : `${ask}, in at least ${LEAST.words} letters.`));

export const GUARDS = {
  name: guard('name', (f) => (long(f.name, LEAST.name) ? null : 'Give the name that people know it by.')),
  provider: guard('provider', (f) => (long(f.provider, LEAST.name) ? null : 'Name the company or body behind it.')),
  purpose: guard('purpose', (f) =>
    long(f.purpose, LEAST.purpose) ? null : `Say what it would be used for, in at least ${LEAST.purpose} letters.`,
  ),
  sites: guard('sites', (f) => {
    if (f.sites.length === 0) return 'Name at least one site.';
    const fault = f.sites.find((s) => s.fault)?.fault;
    if (fault) return fault;
    if (f.sites.some((s) => s.help)) return 'Help and support services are never closed, so they stand on no register.';
    const never = f.sites.find((s) => s.never)?.never;
    if (never) return never;
    const extremist = f.sites.find((s) => s.extremist);
    if (extremist) return `${extremist.host} is closed as extremism. It cannot stand on this register.`;
    const taken = f.sites.find((s) => s.taken);
    return taken
      ? `${taken.host} stands under ${taken.taken} already. Two tools that share a site are assessed as one.`
      : null;
  }),
  /** What stands on the register is closed from that moment, so a colleague alone does not name what is something else. */
  isTool: guard('isTool', (f) => {
    const other = f.keeper ? undefined : f.sites.find((s) => s.other !== null);
    return other
      ? `The lists know ${other.host} as ${other.other}, not as an AI tool. Ask whoever keeps this register to put it here.`
      : null;
  }),
  personalData: words('personalData', 'Say which personal data it takes and where they go, or that it takes none'),
  hazards: words('hazards', 'Say what could go wrong'),
  measures: words('measures', 'Say what is done about it'),
  review: guard('review', (f) => {
    if (f.review === null) return 'Give the day of its next review.';
    if (f.review <= f.now + DAY) return 'The review comes later than today.';
    return f.review <= f.now + (f.reviewMonths * MONTH + DAY)
      ? null
      : `It is looked at again within ${f.reviewMonths} months.`;
  }),
  secondPerson: guard('secondPerson', (f) => {
    if (f.person === f.author) return 'You wrote this assessment. Another person must decide.';
    return f.person === f.proposer ? 'You proposed this tool. Another person must decide.' : null;
  }),
  /** Off the register its sites are what the lists say again, which may be open: so it takes another hand (FIL-04). */
  otherHand: guard('otherHand', (f) =>
    f.person !== f.proposer ? null : 'You put this on the register. Another person takes it off.',
  ),
  forWhom: guard('forWhom', (f) => (f.openings.length > 0 ? null : 'Choose for whom it opens, or refuse it.')),
  named: guard('named', (f) => {
    const unnamed = f.openings.find((o) => o.unnamed);
    return unnamed ? `Nobody knows who “${unnamed.name}” is, so no AI tool opens there.` : null;
  }),
  age: guard('age', (f) => {
    const { ageLimit } = f;
    if (!ageLimit) return null;
    const young = f.openings.find((o) => o.youngest === null || o.youngest < ageLimit);
    if (!young) return null;
    const youngest = young.youngest === null ? 'nobody knows how old they are' : `the youngest are ${young.youngest}`;
    return `By its terms it is for people of ${ageLimit} and over, and among “${young.name}” ${youngest}.`;
  }),
  ends: guard('ends', (f) => {
    const trials = f.openings.filter((o) => o.status === 'trial');
    if (trials.some((o) => o.until === null)) return 'Give the last day of the trial.';
    if (trials.some((o) => (o.until ?? 0) <= f.now)) return 'The end of the trial is over already.';
    if (trials.some((o) => (o.until ?? 0) > f.now + (TRIAL_DAYS + 1) * DAY)) {
      return `A trial lasts ${TRIAL_DAYS} days at most.`;
    }
    return trials.some((o) => (o.until ?? 0) > (f.review ?? 0)) ? 'The trial ends before the day of the review.' : null;
  }),
  reasoned: guard('reasoned', (f) =>
    long(f.reason, LEAST.reason) ? null : `Say why, in at least ${LEAST.reason} letters.`,
  ),
  notice: guard('notice', (f) => (f.ends.some((e) => e.notice <= f.now) ? null : 'Its review is not due yet.')),
  over: guard('over', (f) =>
    f.ends.length > 0 && f.ends.every((e) => e.end <= f.now) ? null : 'Some of it is open still.',
  ),
} as const;
const G = GUARDS;

type Row = Transition<AiToolState, ToolAction, ToolActor, ToolFacts>;
const rows = (states: readonly AiToolState[], row: Omit<Row, 'from'>): Row[] =>
  states.map((from) => ({ ...row, from }));
const ASSESSMENT = [G.sites, G.personalData, G.hazards, G.measures, G.review];

/** The table. Pages, permissions and tests are made from it; what is not here is refused. */
export const aiToolWorkflow = new Workflow<AiToolState, ToolAction, ToolActor, ToolFacts>('AI tool', [
  {
    from: 'new',
    action: 'propose',
    to: 'proposed',
    who: ['staff', 'assessor'],
    guards: [G.name, G.provider, G.sites, G.isTool, G.purpose],
    proves: ['AIG-01'],
  },
  ...rows(['proposed', 'assessed', 'approved', 'review-due', 'refused', 'closed', 'withdrawn'], {
    action: 'assess',
    to: 'assessed',
    who: ['assessor'],
    guards: ASSESSMENT,
    proves: ['AIG-05'],
  }),
  {
    from: 'assessed',
    action: 'approve',
    to: 'approved',
    who: ['approver'],
    guards: [G.secondPerson, G.sites, G.review, G.forWhom, G.named, G.age, G.ends],
    proves: ['AIG-05'],
  },
  { from: 'assessed', action: 'refuse', to: 'refused', who: ['approver'], guards: [G.secondPerson, G.reasoned] },
  ...rows(['proposed', 'assessed', 'refused', 'closed'], {
    action: 'withdraw',
    to: 'withdrawn',
    who: ['assessor'],
    guards: [G.otherHand, G.reasoned],
    proves: ['FIL-04'],
  }),
  // Closing opens nothing, so whoever sees the danger needs nobody else.
  ...rows(['assessed', 'approved', 'review-due'], {
    action: 'close',
    to: 'closed',
    who: ['assessor', 'approver'],
    guards: [G.reasoned],
  }),
  { from: 'approved', action: 'fall-due', to: 'review-due', who: ['clock'], guards: [G.notice], proves: ['AIG-05'] },
  { from: 'review-due', action: 'lapse', to: 'closed', who: ['clock'], guards: [G.over], proves: ['AIG-05'] },
]);

/** Notice of an end begins when a quarter of the time is left, and four weeks before it at the latest. */
export const noticeOf = (from: number, until: number): number => until - Math.min(28 * DAY, (until - from) / 4);

const CLOCK: readonly ToolAction[] = ['fall-due', 'lapse'];

/** Where the clock has brought a tool by `now`: it walks the table as far as the ends of what is open carry it. */
export function walkedBy(state: AiToolState, ends: ToolFacts['ends'], now: number): AiToolState {
  const facts: ToolFacts = { ...NOTHING, now, ends };
  let at = state;
  for (;;) {
    const step = CLOCK.map((a) => aiToolWorkflow.judge(at, a, ['clock'], facts)).find((v) => v.ok);
    if (!step?.ok) return at;
    at = step.to;
  }
}

/** Facts about nothing, for rows that look only at times, and for tests to build on. */
export const NOTHING: ToolFacts = {
  now: 0,
  person: '',
  proposer: '',
  author: null,
  keeper: false,
  name: '',
  provider: '',
  purpose: '',
  sites: [],
  personalData: '',
  ageLimit: null,
  hazards: '',
  measures: '',
  review: null,
  reviewMonths: 12,
  openings: [],
  reason: '',
  ends: [],
};
