import { isDay } from '#core/days.ts';

/** A term as a school writes it down; days as `YYYY-MM-DD`. */
export interface Term {
  readonly name: string;
  readonly starts: string;
  readonly ends: string;
  readonly halfTermStarts?: string | undefined;
  readonly halfTermEnds?: string | undefined;
}

const dayFields = ['starts', 'ends', 'halfTermStarts', 'halfTermEnds'] as const;

/** What is wrong with a term, field by field, beside the terms there are. Empty when nothing is. */
export function termFaults(term: Term, others: readonly Term[]): Record<string, string> {
  const faults: Record<string, string> = {};
  const name = term.name.trim();
  if (name.length < 1 || name.length > 60) faults.name = 'Give the term a name, such as “Autumn 2026”.';
  else if (others.some((o) => o.name.toLowerCase() === name.toLowerCase())) {
    faults.name = `There is a term called “${name}” already.`;
  }
  for (const field of dayFields) {
    const value = term[field];
    const wanted = field === 'starts' || field === 'ends';
    if ((wanted || value) && !isDay(value ?? '')) faults[field] = 'Give a day, such as 2026-09-02.';
  }
  if (Object.keys(faults).some((f) => f !== 'name')) return faults;

  const { starts, ends, halfTermStarts: from, halfTermEnds: to } = term;
  if (ends <= starts) faults.ends = 'A term ends after it starts.';
  if (Boolean(from) !== Boolean(to))
    faults[from ? 'halfTermEnds' : 'halfTermStarts'] = 'Half term needs both days, or none.';
  if (from && to) {
    if (to < from) faults.halfTermEnds = 'Half term ends on the day it starts or later.';
    else if (from <= starts || to >= ends) faults.halfTermStarts = 'Half term lies within the term.';
  }
  const clash = others.find((o) => starts <= o.ends && o.starts <= ends);
  if (clash && !faults.ends) faults.starts = `It overlaps with “${clash.name}” (${clash.starts} to ${clash.ends}).`;
  return faults;
}
