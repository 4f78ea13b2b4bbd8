import { type Guard, type Transition, Workflow } from '#core/workflow.ts';
import { ITEMS } from './standards.ts';

export type ReviewState = 'draft' | 'signed';
export type ReviewAction = 'begin' | 'save' | 'sign' | 'note';
/** Those who look after filtering and monitoring prepare a review; the governors' side signs it. */
export type ReviewActor = 'preparer' | 'lead';

export const PARTS: Readonly<Record<ReviewActor, readonly string[]>> = {
  preparer: [
    'ict-manager',
    'filter-approver',
    'dsl',
    'centre-lead',
    'head',
    'coordinator',
    'online-safety-coordinator',
  ],
  lead: ['lead-governor', 'chair'],
};
export const partsOf = (duties: readonly string[]): ReviewActor[] =>
  (Object.keys(PARTS) as ReviewActor[]).filter((actor) => PARTS[actor].some((d) => duties.includes(d)));

export type Answer = 'met' | 'part' | 'not';
export interface Answered {
  readonly answer: Answer;
  readonly evidence: string;
  readonly action: string;
  /** A person's id. */
  readonly owner: string | null;
}

export const ATTENDEE_PARTS = {
  governor: 'Governor',
  leader: 'Senior leader',
  dsl: 'Safeguarding lead',
  it: 'IT staff',
  provider: 'Supplier',
  other: 'Other',
} as const;
export type AttendeePart = keyof typeof ATTENDEE_PARTS;
export interface Attendee {
  readonly name: string;
  readonly part: AttendeePart;
}

export interface ReviewFacts {
  readonly person: string;
  readonly begunBy: string;
  /** Another review is a draft already. */
  readonly another: boolean;
  readonly answers: Readonly<Record<string, Answered>>;
  readonly attendees: readonly Attendee[];
  readonly gaps: string;
  readonly changes: string;
  /** Duties that nobody holds (FIL-12). */
  readonly unassigned: readonly string[];
  readonly today: string;
  /** When the next review is to be done by; empty: not said. */
  readonly nextOn: string;
  readonly note: string;
}

const guard = (name: string, check: (f: ReviewFacts) => string | null): Guard<ReviewFacts> => ({ name, check });
const written = (text: string, least: number) => [...text.trim()].length >= least;
export const LEAST = { evidence: 5, text: 10 } as const;

/** FIL-13: a year from that day, as the calendar counts. */
export const aYearFrom = (day: string): string => Temporal.PlainDate.from(day).add({ months: 12 }).toString();

const firstItem = (f: ReviewFacts, wrong: (a: Answered | undefined) => boolean): string | null =>
  ITEMS.find((i) => wrong(f.answers[i.id]))?.asks ?? null;

export const GUARDS = {
  alone: guard('alone', (f) => (f.another ? 'A review is under way already. Go on with that one.' : null)),
  assigned: guard('assigned', (f) =>
    f.unassigned.length === 0
      ? null
      : `Nobody holds these duties: ${f.unassigned.join('; ')}. Fill them under Roles first.`,
  ),
  attended: guard('attended', (f) => {
    const there = new Set(f.attendees.map((a) => a.part));
    if (!there.has('governor')) return 'Write down the governor who took part.';
    return there.has('it') || there.has('provider') ? null : 'Write down who took part from IT staff or the supplier.';
  }),
  answered: guard('answered', (f) => {
    const open = firstItem(f, (a) => a === undefined);
    return open && `Still to answer: “${open}”`;
  }),
  evidenced: guard('evidenced', (f) => {
    const bare = firstItem(f, (a) => a !== undefined && a.answer !== 'not' && !written(a.evidence, LEAST.evidence));
    return bare && `Say what shows this: “${bare}”`;
  }),
  acted: guard('acted', (f) => {
    const idle = firstItem(
      f,
      (a) => a !== undefined && a.answer !== 'met' && (!written(a.action, LEAST.evidence) || a.owner === null),
    );
    return idle && `Say what will be done, and who does it: “${idle}”`;
  }),
  summed: guard('summed', (f) =>
    written(f.gaps, LEAST.text) && written(f.changes, LEAST.text)
      ? null
      : 'Write down the gaps that were found and what was changed; if there are none, say so.',
  ),
  secondPerson: guard('secondPerson', (f) =>
    f.person === f.begunBy ? 'You began this review; another governor with this duty signs it.' : null,
  ),
  within: guard('within', (f) => {
    if (f.nextOn === '') return 'Say by when the next review is done.';
    if (f.nextOn <= f.today) return 'The next review comes after today.';
    return f.nextOn <= aYearFrom(f.today) ? null : 'The next review comes within twelve months.';
  }),
  said: guard('said', (f) => (written(f.note, LEAST.evidence) ? null : 'Write the addendum.')),
} as const;
const G = GUARDS;

/** The table. Pages, permissions and tests are made from it; what is not here is refused. */
export const reviewWorkflow = new Workflow<ReviewState, ReviewAction, ReviewActor, ReviewFacts>('filter review', [
  { from: 'new', action: 'begin', to: 'draft', who: ['preparer', 'lead'], guards: [G.alone], proves: ['FIL-10'] },
  { from: 'draft', action: 'save', to: 'draft', who: ['preparer', 'lead'], guards: [], proves: ['FIL-11'] },
  {
    from: 'draft',
    action: 'sign',
    to: 'signed',
    who: ['lead'],
    guards: [G.secondPerson, G.assigned, G.attended, G.answered, G.evidenced, G.acted, G.summed, G.within],
    proves: ['FIL-10', 'FIL-11', 'FIL-12', 'FIL-13', 'FIL-14'],
  },
  { from: 'signed', action: 'note', to: 'signed', who: ['preparer', 'lead'], guards: [G.said], proves: ['FIL-10'] },
] satisfies readonly Transition<ReviewState, ReviewAction, ReviewActor, ReviewFacts>[]);
