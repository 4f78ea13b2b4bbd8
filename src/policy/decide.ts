import { type Candidate, NO_POLICY, type PreparedCell, prepare } from './prepare.ts';
import type { CompiledPolicy, Decision } from './types.ts';
import { nextFlip } from './windows.ts';

export interface Question {
  /** Every category of the address. */
  readonly categories: readonly string[];
  /** Epoch milliseconds. */
  readonly at: number;
  /** Person id, where it is known who asks. */
  readonly person?: string | null;
}

/**
 * May this profile open an address of these categories, and because of what? Total: every question has an
 * answer, and what cannot be judged is closed. In this order, and the order is the policy:
 *
 * 1. no policy or an unknown profile: closed, since nothing says otherwise (FIL-20);
 * 2. any illegal category: closed for everybody, for good, and before help, so that no label can lift it (FIL-02);
 * 3. any help category: open for everybody; a crisis line must never be lost to another list;
 * 4. every cell of every category: the strictest decides (GOV-34);
 * 5. no category at all: as the profile says.
 */
export function decide(policy: CompiledPolicy | null, profileId: string, question: Question): Decision {
  const prepared = policy === null ? undefined : prepare(policy);
  const profile = prepared?.profiles.get(profileId);
  if (!prepared || !profile) return NO_POLICY;

  let help: Decision | undefined;
  let best: Candidate | undefined;
  for (const category of question.categories) {
    const entry = profile.entries.get(category);
    if (entry?.nature === 'illegal') return entry.decision;
    if (entry?.nature === 'help') help ??= entry.decision;
    else best = stricter(best, entry ? strictest(entry.cells, question, prepared.clock) : profile.unknown);
  }
  return help ?? (best ? answer(best, question.at) : profile.uncategorised);
}

/**
 * When some time window next opens or closes (epoch ms), Infinity if none does: until then the same question has
 * the same answer, so gateways may remember it.
 */
export function nextChange(policy: CompiledPolicy, at: number): number {
  return prepare(policy).plans.reduce(
    (soonest, windows) => Math.min(soonest, nextFlip(windows, at, policy.timeZone)),
    Number.POSITIVE_INFINITY,
  );
}

function strictest(
  cells: readonly PreparedCell[],
  question: Question,
  clock: (at: number) => number,
): Candidate | undefined {
  let best: Candidate | undefined;
  for (const cell of cells) best = stricter(best, cell.isOpen(question, clock) ? cell.open : cell.closed);
  return best;
}

function stricter(a: Candidate | undefined, b: Candidate | undefined): Candidate | undefined {
  if (!a || !b) return a ?? b;
  if (a.rank !== b.rank) return a.rank > b.rank ? a : b;
  return b.gravity < a.gravity ? b : a;
}

const answer = ({ decision }: Candidate, at: number): Decision =>
  typeof decision === 'function' ? decision(at) : decision;
