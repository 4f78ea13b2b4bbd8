import { ageing } from './ageing.ts';
import { contradictions } from './contradictions.ts';
import { gaps } from './gaps.ts';
import type { Settlement } from './sections.ts';
import type { Category, PolicyDocument, RoleId } from './types.ts';

export type Severity = 'clash' | 'warning' | 'question';

/**
 * Everything that lint can find. A clash is a contradiction and stands on the dashboard until a decision settles it
 * (GOV-34); a warning is something to put right; a question is what the source leaves open and the school must answer.
 */
export const LINT_CODES = {
  answers: { severity: 'clash', name: 'Different answers to one question' },
  scope: { severity: 'clash', name: 'Said of a part and of the whole' },
  categories: { severity: 'clash', name: 'Rules that differ about a kind of site' },
  'all-marked': { severity: 'clash', name: 'Sanctions without a choice' },
  'next-review': { severity: 'clash', name: 'Next review and cycle disagree' },
  finding: { severity: 'clash', name: 'Contradictions that people found' },
  'stricter-text': { severity: 'warning', name: 'Texts stricter than the software' },
  'holds-everywhere': { severity: 'warning', name: 'Rows that the filter cannot narrow' },
  'class-differs': { severity: 'warning', name: 'Rows whose class and cells differ' },
  'younger-less': { severity: 'warning', name: 'Younger pupils for whom less is closed' },
  'document-missing': { severity: 'warning', name: 'Documents not supplied' },
  'dead-reference': { severity: 'warning', name: 'References that lead nowhere' },
  'period-over': { severity: 'warning', name: 'Period over' },
  'review-overdue': { severity: 'warning', name: 'Review overdue' },
  'edition-old': { severity: 'warning', name: 'Guidance that has a newer edition' },
  'guidance-unread': { severity: 'warning', name: 'Guidance due to be read again' },
  'phase-not-taught': { severity: 'warning', name: 'Key stages not taught here' },
  module: { severity: 'warning', name: 'Parts switched on without content, or off with it' },
  vacant: { severity: 'warning', name: 'Roles that too few people hold' },
  'settled-nothing': { severity: 'warning', name: 'Decisions about nothing' },
  'role-undefined': { severity: 'question', name: 'Roles named but not defined' },
  'setting-empty': { severity: 'question', name: 'Settings without a value' },
  'cover-empty': { severity: 'question', name: 'Cover not complete' },
  unconfirmed: { severity: 'question', name: 'Answers to confirm' },
  proposed: { severity: 'question', name: 'Periods that are our proposal' },
  'edition-unknown': { severity: 'question', name: 'Guidance without an edition' },
} as const satisfies Record<string, { severity: Severity; name: string }>;
export type LintCode = keyof typeof LINT_CODES;

export interface Place {
  /** JSON Pointer into the document. */
  readonly pointer: string;
  readonly clause: string | null;
}

export interface Lint {
  readonly code: LintCode;
  readonly severity: Severity;
  /** Names the matter, not its place in the document; a settlement names it by this. */
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly where: readonly Place[];
  /** What holds until it is settled. */
  readonly interim: string | null;
  readonly settled: Settlement | null;
}

/** What a check finds; the rest follows from its code and from the document. */
export interface Found {
  readonly code: LintCode;
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly where: readonly Place[];
  readonly interim?: string;
  /** Another name under which a decision may settle it: the id of a recorded finding. */
  readonly alias?: string;
}

export interface LintContext {
  /** YYYY-MM-DD in the school's time zone. */
  readonly today: string;
  readonly taxonomy: readonly Category[];
  /** How many people hold each role now; left out where nobody is known yet. */
  readonly holders?: ReadonlyMap<RoleId, { readonly holders: number; readonly deputies: number }>;
  /** Documents that came without the source and that the school has supplied since. */
  readonly given?: ReadonlySet<string>;
}

export type Check = (doc: PolicyDocument, context: LintContext) => Iterable<Found>;

const ORDER: readonly Severity[] = ['clash', 'warning', 'question'];

/** Everything about a document that is contradictory, wrong or open: contradictions first, settled ones after the rest. */
export function lint(doc: PolicyDocument, context: LintContext): Lint[] {
  const found = [contradictions, ageing, gaps].flatMap((check: Check) => [...check(doc, context)]);
  const lints = found.map(({ alias, interim, ...rest }): Lint => {
    const settled = doc.settled.find((s) => s.clash === rest.key || s.clash === alias) ?? null;
    return { ...rest, severity: LINT_CODES[rest.code].severity, interim: interim ?? null, settled };
  });
  const idle = doc.settled.flatMap((s, i) => (lints.some((l) => l.settled === s) ? [] : [settledNothing(s, i)]));
  const rank = (l: Lint): number => (l.settled ? ORDER.length : 0) + ORDER.indexOf(l.severity);
  return [...lints, ...idle].sort((a, b) => rank(a) - rank(b));
}

/** What stands on the dashboard: contradictions that no decision has settled (GOV-34). */
export const unsettled = (lints: readonly Lint[]): Lint[] =>
  lints.filter((l) => l.severity === 'clash' && l.settled === null);

function settledNothing(settlement: Settlement, index: number): Lint {
  return {
    code: 'settled-nothing',
    severity: 'warning',
    key: `settled-nothing:${settlement.clash}`,
    title: `A decision settles “${settlement.clash}”, which is not there`,
    text: 'The contradiction is gone or has changed since. Take the decision out, or decide about what stands there now.',
    where: [{ pointer: `/settled/${index}`, clause: null }],
    interim: null,
    settled: null,
  };
}
