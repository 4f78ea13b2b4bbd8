import { DAY } from '#core/clock.ts';
import { type Guard, type Transition, Workflow } from '#core/workflow.ts';
import type { ChangeKind, ChangeScopeKind, ChangeState } from '#platform/schema.ts';

/** Where a change stands. What follows an approval comes from its times alone, so no server need be there for it. */
export type LifeState = ChangeState | 'live';
export type ChangeAction =
  | 'save'
  | 'ask'
  | 'restrict'
  | 'close-now'
  | 'approve'
  | 'refuse'
  | 'withdraw'
  | 'ask-to-lift'
  | 'keep'
  | 'lift'
  | 'begin'
  | 'end';
/**
 * What somebody is to a change: whoever works here asks; the policy names the role that approves (FCR-04); technical staff
 * close at any time. The clock is nobody.
 */
export type ChangeActor = 'staff' | 'requester' | 'approver' | 'technical' | 'clock';

/** A site as the guards see it. */
export interface SiteFacts {
  readonly host: string;
  /** Why it may not be named at all: a whole public suffix, an address of numbers; or null. */
  readonly fault: string | null;
  /** Nobody may open it (FCR-07); or it could not be judged, which is no reason to open it (FIL-20). */
  readonly never: string | null;
  /** A help service: nobody may close it. */
  readonly help: boolean;
  /** Opened for one class or for named pupils only (docs/decisions/0011-openings.md). */
  readonly narrow: boolean;
  /** An AI tool: opened on its own register, once it has been assessed (AIG-05). */
  readonly ai: boolean;
}

export interface ChangeFacts {
  readonly now: number;
  readonly kind: ChangeKind;
  readonly person: string;
  readonly requester: string;
  /** Who asked that a closing be lifted, where somebody did. */
  readonly liftAskedBy: string | null;
  readonly topic: string;
  readonly purpose: string;
  readonly sites: readonly SiteFacts[];
  readonly scope: ChangeScopeKind;
  /** How many people it is for; null where it is not counted. */
  readonly members: number | null;
  readonly from: number | null;
  readonly until: number | null;
  readonly maxDays: number;
  /** Kinds of bypass that the policy knows (D10). */
  readonly bypass: readonly string[];
  /** A lesson's sites: has whoever asks looked at each? */
  readonly checked: boolean;
  readonly reason: string;
  /** Decided now: which sites, and what is said of those that are refused. */
  readonly approved: readonly string[];
  readonly refused: Readonly<Record<string, string>>;
}

export const LEAST = { topic: 3, purpose: 20, reason: 10 } as const;
/** Extremism is opened for a lesson or a short unit of them, not for a term. */
export const NARROW_DAYS = 14;
/** A lesson's list holds for part of a day. */
export const LESSON_HOURS = 12;

const guard = (name: string, check: (f: ChangeFacts) => string | null): Guard<ChangeFacts> => ({ name, check });
const kindIs = (name: string, ...kinds: readonly ChangeKind[]) =>
  guard(name, (f) => (kinds.includes(f.kind) ? null : 'This is not done with this kind of change.'));
const long = (text: string, least: number) => [...text.trim()].length >= least;
const come = (name: 'from' | 'until', not: string) =>
  guard(name, (f) => {
    const at = f[name];
    return at !== null && at <= f.now ? null : not;
  });
const CLOSES: readonly ChangeKind[] = ['block', 'emergency-block'];

export const GUARDS = {
  byTwo: kindIs('byTwo', 'open', 'block', 'bypass-monitoring'),
  lesson: kindIs('lesson', 'only-these'),
  emergency: kindIs('emergency', 'emergency-block'),
  closing: kindIs('closing', ...CLOSES),
  endsAlone: guard('endsAlone', (f) =>
    CLOSES.includes(f.kind)
      ? 'Ending this opens sites again, so a second person must agree: ask that it be lifted.'
      : null,
  ),
  topic: guard('topic', (f) => (long(f.topic, LEAST.topic) ? null : 'Say what is studied, in a few words.')),
  purpose: guard('purpose', (f) =>
    long(f.purpose, LEAST.purpose) ? null : `Say what it is for, in at least ${LEAST.purpose} letters.`,
  ),
  sites: guard('sites', (f) => {
    if (f.sites.length === 0 && f.kind !== 'bypass-monitoring') return 'Name at least one site.';
    return f.sites.find((s) => s.fault)?.fault ?? null;
  }),
  scope: guard('scope', (f) => {
    if (f.members === 0) return 'Nobody is in that class or group now.';
    if (f.kind === 'only-these' && f.scope !== 'class' && f.scope !== 'people') {
      return 'A lesson’s list is for one class, or for named people.';
    }
    return f.kind === 'open' && f.scope === 'everyone' ? 'Choose the class or the people it is for.' : null;
  }),
  span: guard('span', (f) => {
    if (f.until === null) return CLOSES.includes(f.kind) ? null : 'Say when it ends. It can be asked for again.';
    if (f.until <= f.now) return 'Its end is over already.';
    if (f.from === null) return 'Say when it begins.';
    if (f.until <= f.from) return 'It ends after it begins.';
    if (f.kind === 'only-these' && f.until - f.from > (LESSON_HOURS * DAY) / 24) {
      return `A lesson’s list holds for ${LESSON_HOURS} hours at most.`;
    }
    return CLOSES.includes(f.kind) || f.until - f.from <= f.maxDays * DAY
      ? null
      : `The policy lets an opening last ${f.maxDays} days at most. A longer study asks again.`;
  }),
  never: guard('never', (f) => {
    if (f.kind !== 'open') return null;
    const asked = f.approved.length > 0 ? f.sites.filter((s) => f.approved.includes(s.host)) : f.sites;
    return asked.find((s) => s.never)?.never ?? null;
  }),
  narrow: guard('narrow', (f) => {
    if (f.kind !== 'open' || !f.sites.some((s) => s.narrow)) return null;
    if (f.scope !== 'class' && f.scope !== 'people') {
      return 'A site that is closed as extremism is opened for one class or for named people only.';
    }
    const days = f.from !== null && f.until !== null ? (f.until - f.from) / DAY : Number.POSITIVE_INFINITY;
    return days <= NARROW_DAYS ? null : `A site that is closed as extremism is opened for ${NARROW_DAYS} days at most.`;
  }),
  assessed: guard('assessed', (f) => {
    const tool = f.kind === 'open' ? f.sites.find((s) => s.ai && !Object.hasOwn(f.refused, s.host)) : undefined;
    return tool
      ? `${tool.host} is an AI tool. Propose it on the register of AI tools: it opens once it has been assessed and approved.`
      : null;
  }),
  help: guard('help', (f) =>
    CLOSES.includes(f.kind) && f.sites.some((s) => s.help) ? 'Help and support services are never closed.' : null,
  ),
  bypass: guard('bypass', (f) =>
    f.kind !== 'bypass-monitoring' || f.bypass.includes('monitoring')
      ? null
      : 'The policy knows no way round monitoring, so nobody can agree to one.',
  ),
  checked: guard('checked', (f) => (f.checked ? null : 'Look at each site first, and say that you did.')),
  secondPerson: guard('secondPerson', (f) =>
    f.person !== f.requester ? null : 'You asked for this. Another person must decide.',
  ),
  anotherHand: guard('anotherHand', (f) =>
    f.person !== f.liftAskedBy ? null : 'You asked that this be lifted. Another person must decide.',
  ),
  someApproved: guard('someApproved', (f) =>
    f.sites.length === 0 || f.approved.length > 0 ? null : 'Approve at least one site, or refuse them all.',
  ),
  eachDecided: guard('eachDecided', (f) => {
    const open = f.sites.filter((s) => !f.approved.includes(s.host) && !Object.hasOwn(f.refused, s.host));
    return open.length === 0 ? null : `Decide on each site. Still open: ${open.map((s) => s.host).join(', ')}.`;
  }),
  saidWhy: guard('saidWhy', (f) => {
    const silent = Object.keys(f.refused).find((host) => !long(f.refused[host] ?? '', LEAST.reason));
    return silent === undefined ? null : `Say why ${silent} stays as it is, in at least ${LEAST.reason} letters.`;
  }),
  reasoned: guard('reasoned', (f) =>
    long(f.reason, LEAST.reason) ? null : `Say why, in at least ${LEAST.reason} letters.`,
  ),
  from: come('from', 'Its time has not come.'),
  until: come('until', 'Its time is not over.'),
} as const;
const G = GUARDS;

type Row = Transition<LifeState, ChangeAction, ChangeActor, ChangeFacts>;
const rows = (states: readonly (LifeState | 'new')[], row: Omit<Row, 'from'>): Row[] =>
  states.map((from) => ({ ...row, from }));
const WHOLE = [G.topic, G.purpose, G.sites, G.scope, G.span, G.never, G.assessed, G.narrow, G.help, G.bypass];

/** The table. Pages, permissions, the docs' diagram and tests are made from it; what is not here is refused. */
export const changeWorkflow = new Workflow<LifeState, ChangeAction, ChangeActor, ChangeFacts>('filter change', [
  { from: 'new', action: 'save', to: 'draft', who: ['staff'], guards: [], proves: ['FCR-05'] },
  { from: 'draft', action: 'save', to: 'draft', who: ['requester'], guards: [], proves: ['FCR-05'] },
  {
    from: 'new',
    action: 'ask',
    to: 'asked',
    who: ['staff'],
    guards: [G.byTwo, ...WHOLE],
    proves: ['FCR-01', 'FCR-02'],
  },
  { from: 'draft', action: 'ask', to: 'asked', who: ['requester'], guards: [G.byTwo, ...WHOLE], proves: ['FCR-01'] },
  // It closes more and opens nothing, so the teacher in the room needs nobody else.
  {
    from: 'new',
    action: 'restrict',
    to: 'approved',
    who: ['staff'],
    guards: [G.lesson, G.checked, ...WHOLE],
    proves: ['FIL-17'],
  },
  { from: 'draft', action: 'restrict', to: 'approved', who: ['requester'], guards: [G.lesson, G.checked, ...WHOLE] },
  {
    from: 'new',
    action: 'close-now',
    to: 'to-review',
    who: ['technical'],
    guards: [G.emergency, G.purpose, G.sites, G.scope, G.help],
    proves: ['FIL-04'],
  },
  {
    from: 'asked',
    action: 'approve',
    to: 'approved',
    who: ['approver'],
    guards: [
      G.secondPerson,
      G.eachDecided,
      G.someApproved,
      G.saidWhy,
      G.scope,
      G.span,
      G.never,
      G.assessed,
      G.narrow,
      G.help,
      G.bypass,
    ],
    proves: ['FCR-03', 'FCR-04', 'FCR-07', 'FIL-04'],
  },
  {
    from: 'asked',
    action: 'refuse',
    to: 'refused',
    who: ['approver'],
    guards: [G.secondPerson, G.saidWhy, G.reasoned],
    proves: ['FCR-05'],
  },
  { from: 'draft', action: 'withdraw', to: 'withdrawn', who: ['requester'], guards: [] },
  { from: 'asked', action: 'withdraw', to: 'withdrawn', who: ['requester', 'technical'], guards: [G.reasoned] },
  ...rows(['approved', 'live'], {
    action: 'withdraw',
    to: 'withdrawn',
    who: ['requester', 'approver', 'technical'],
    guards: [G.endsAlone, G.reasoned],
    proves: ['FCR-05'],
  }),
  ...rows(['approved', 'live'], {
    action: 'ask-to-lift',
    to: 'lifting',
    who: ['requester', 'approver', 'technical'],
    guards: [G.closing, G.reasoned],
    proves: ['FIL-04'],
  }),
  {
    from: 'lifting',
    action: 'lift',
    to: 'withdrawn',
    who: ['approver'],
    guards: [G.anotherHand, G.reasoned],
    proves: ['FIL-04'],
  },
  { from: 'lifting', action: 'keep', to: 'approved', who: ['approver'], guards: [G.anotherHand, G.reasoned] },
  {
    from: 'to-review',
    action: 'keep',
    to: 'approved',
    who: ['approver', 'technical'],
    guards: [G.secondPerson, G.reasoned],
    proves: ['FIL-04'],
  },
  {
    from: 'to-review',
    action: 'lift',
    to: 'withdrawn',
    who: ['approver', 'technical'],
    guards: [G.secondPerson, G.reasoned],
    proves: ['FIL-04'],
  },
  { from: 'approved', action: 'begin', to: 'live', who: ['clock'], guards: [G.from], proves: ['FCR-03'] },
  ...rows(['live', 'lifting'], { action: 'end', to: 'expired', who: ['clock'], guards: [G.until], proves: ['FCR-03'] }),
  { from: 'asked', action: 'end', to: 'expired', who: ['clock'], guards: [G.until] },
]);

const CLOCK_ACTIONS: readonly ChangeAction[] = ['begin', 'end'];

/** Where the clock has brought a change by `now`: it walks the table as far as its times carry it. */
export function walkedBy(
  state: ChangeState,
  { kind, from, until }: Pick<ChangeFacts, 'kind' | 'from' | 'until'>,
  now: number,
): LifeState {
  const facts: ChangeFacts = { ...NOTHING, now, kind, from, until };
  let at: LifeState = state;
  for (;;) {
    const step = CLOCK_ACTIONS.map((a) => changeWorkflow.judge(at, a, ['clock'], facts)).find((v) => v.ok);
    if (!step?.ok) return at;
    at = step.to;
  }
}

/** Facts about nothing, for rows that look only at times, and for tests to build on. */
export const NOTHING: ChangeFacts = {
  now: 0,
  kind: 'open',
  person: '',
  requester: '',
  liftAskedBy: null,
  topic: '',
  purpose: '',
  sites: [],
  scope: 'class',
  members: null,
  from: null,
  until: null,
  maxDays: 0,
  bypass: [],
  checked: false,
  reason: '',
  approved: [],
  refused: {},
};
