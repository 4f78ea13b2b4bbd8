import { type Clause, CONTROLS, type Control, type PolicyDocument } from '#policy/index.ts';
import type { DutyStanding } from '#rooms/policies/index.ts';
import { type Answer, type Evidence, UNCOUNTED } from './evidence/index.ts';

/**
 * How a clause is kept today. Every clause has exactly one of these, so that the numbers add up to the whole policy and
 * none is passed over in silence (issue: the living policy).
 */
export const KEEPING = ['attention', 'evidenced', 'duty', 'unevidenced', 'unkept'] as const;
export type Keeping = (typeof KEEPING)[number];

export const KEEPING_WORDS: Readonly<
  Record<Keeping, { readonly name: string; readonly about: string; readonly tone: 'amber' | 'calm' | 'quiet' }>
> = {
  attention: { name: 'Needs attention', about: 'need attention today', tone: 'amber' },
  evidenced: { name: 'Kept, with evidence', about: 'kept and evidenced today', tone: 'calm' },
  duty: { name: 'Kept by a duty', about: 'kept by a duty of somebody', tone: 'calm' },
  unevidenced: { name: 'Kept, not evidenced', about: 'kept without evidence', tone: 'quiet' },
  unkept: { name: 'Nothing keeps it yet', about: 'kept by nothing yet', tone: 'quiet' },
};

export interface KeptBy {
  readonly control: Control;
  readonly evidence: Evidence;
}
export interface KeptClause {
  readonly clause: Clause;
  readonly state: Keeping;
  readonly controls: readonly KeptBy[];
  readonly duties: readonly DutyStanding[];
}

/** Every clause of the document with what keeps it, in the document's order. */
export function coverage(
  document: Pick<PolicyDocument, 'clauses'>,
  answers: ReadonlyMap<string, Answer>,
  duties: readonly DutyStanding[],
): KeptClause[] {
  const byClause = Map.groupBy(duties, (d) => d.clause);
  return document.clauses.map((clause) => {
    const own = byClause.get(clause.id) ?? [];
    const controls = CONTROLS.filter((c) => clause.controls?.includes(c.id)).flatMap((control) => {
      // The clock of duties keeps a clause only through the duties that name it.
      if (control.id === 'duties') return own.length > 0 ? [] : [{ control, evidence: noDuty }];
      return [{ control, evidence: evidenceFor(clause, control.id, answers) }];
    });
    return { clause, controls, duties: own, state: stateOf(controls, own) };
  });
}

const silent = (text: string): Evidence => ({ text, tone: 'none', at: null, href: null });
const noDuty = silent('No duty of the calendar names this clause');

function evidenceFor(clause: Clause, control: string, answers: ReadonlyMap<string, Answer>): Evidence {
  const answer = answers.get(control) ?? silent(UNCOUNTED[control] ?? 'Works, but leaves no evidence to count');
  return typeof answer === 'function' ? answer(clause) : answer;
}

const LATE: readonly DutyStanding['state'][] = ['overdue', 'missed'];
export const isLate = (duty: DutyStanding): boolean => LATE.includes(duty.state);

function stateOf(controls: readonly KeptBy[], duties: readonly DutyStanding[]): Keeping {
  if (controls.some((c) => c.evidence.tone === 'attention') || duties.some(isLate)) return 'attention';
  if (controls.some((c) => c.evidence.tone === 'good')) return 'evidenced';
  if (duties.length > 0) return 'duty';
  return controls.length > 0 ? 'unevidenced' : 'unkept';
}

export type Counts = Readonly<Record<Keeping, number>>;

export function countStates(kept: readonly KeptClause[]): Counts {
  const counts = { attention: 0, evidenced: 0, duty: 0, unevidenced: 0, unkept: 0 };
  for (const { state } of kept) counts[state]++;
  return counts;
}

/** "Of 143 clauses: 61 kept and evidenced today, …": what is nought is left out. */
export function sayCounts(counts: Counts): string {
  const all = KEEPING.reduce((sum, k) => sum + counts[k], 0);
  const parts = KEEPING.filter((k) => counts[k] > 0).map((k) => `${counts[k]} ${KEEPING_WORDS[k].about}`);
  return `Of ${all} clauses: ${parts.join(', ')}.`;
}
