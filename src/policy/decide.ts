import { type Candidate, leasesOf, NO_POLICY, type PreparedCell, prepare } from './prepare.ts';
import type { CompiledCell, CompiledPolicy, Decision } from './types.ts';
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
    else best = stricter(best, entry ? strictest(entry.cells, question) : profile.unknown);
  }
  return help ?? (best ? answer(best, question.at) : profile.uncategorised);
}

/**
 * When a time window next opens or closes, or somebody's list or permission begins or ends (epoch ms); Infinity if
 * nothing ever does. Until then the same question has the same answer, so gateways may remember it.
 */
export function nextChange(policy: CompiledPolicy, at: number): number {
  const { plans, leaseEdges, clock } = prepare(policy);
  const lease = firstAfter(leaseEdges, at);
  return plans.reduce((soonest, plan) => Math.min(soonest, nextFlip(plan, at, clock)), lease);
}

/** The profiles in which two people can get different answers, since a list or permission there names somebody. */
export function personalProfiles(policy: CompiledPolicy): Set<string> {
  const names = ({ cell }: CompiledCell): boolean => leasesOf(cell).length > 0;
  const personal = policy.profiles.filter((p) => Object.values(p.cells).some((cells) => cells.some(names)));
  return new Set(personal.map((p) => p.id));
}

/** Of ascending numbers the first beyond `at`. */
function firstAfter(numbers: readonly number[], at: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return numbers[low] ?? Number.POSITIVE_INFINITY;
}

function strictest(cells: readonly PreparedCell[], { at, person }: Question): Candidate | undefined {
  let best: Candidate | undefined;
  for (const cell of cells) best = stricter(best, cell.isOpen(at, person) ? cell.open : cell.closed);
  return best;
}

function stricter(a: Candidate | undefined, b: Candidate | undefined): Candidate | undefined {
  if (!a || !b) return a ?? b;
  if (a.rank !== b.rank) return a.rank > b.rank ? a : b;
  return b.gravity < a.gravity ? b : a;
}

const answer = ({ decision }: Candidate, at: number): Decision =>
  typeof decision === 'function' ? decision(at) : decision;
