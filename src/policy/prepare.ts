import { type IsOpen, openingOf, untilNext } from './open.ts';
import {
  type Because,
  type CompiledCell,
  type CompiledPolicy,
  type CompiledProfile,
  type Decision,
  type Lease,
  type Outcome,
  type ResolvedCell,
  STRICTNESS,
  UNIDENTIFIED,
} from './types.ts';
import { nextFlip, type Plan, planOf, sayWhen, WallClock } from './windows.ts';
import * as words from './words.ts';

/** What every question would work out again, worked out once for each policy: tables, ranges and whole answers. */
export interface Prepared {
  readonly profiles: ReadonlyMap<string, PreparedProfile>;
  readonly clock: WallClock;
  /** The time plans in use, each once: profiles share most of theirs. */
  readonly plans: readonly Plan[];
  /** Every instant at which somebody's list or permission begins or ends, ascending. */
  readonly leaseEdges: readonly number[];
}

export interface PreparedProfile {
  readonly entries: ReadonlyMap<string, Entry>;
  /** For a category the policy has never heard of. */
  readonly unknown: Candidate;
  readonly uncategorised: Decision;
}

export type Entry =
  | { readonly nature: 'illegal'; readonly decision: Decision }
  | { readonly nature: 'help'; readonly decision: Decision }
  | { readonly nature: 'judged'; readonly cells: readonly PreparedCell[] };

export interface PreparedCell {
  readonly isOpen: IsOpen;
  readonly open: Candidate;
  readonly closed: Candidate;
}

export interface Candidate {
  /** Higher is stricter; open answers stand below every closed one. */
  readonly rank: number;
  /** Place in the taxonomy: between equals the graver category (lower) is named. */
  readonly gravity: number;
  /** Constant, save where the answer names a time. */
  readonly decision: Decision | ((at: number) => Decision);
}

const CLOSED = 10;
const UNRESTRICTED = 0;

const decision = (outcome: Outcome, because: Because): Decision =>
  Object.freeze({ outcome, because: Object.freeze(because) });

export const NO_POLICY = decision('block', {
  rule: 'no-policy',
  category: null,
  clause: null,
  text: words.NO_POLICY,
  remedy: null,
});

const preparations = new WeakMap<CompiledPolicy, Prepared>();

/** Prepares a policy the first time it is asked. */
export function prepare(policy: CompiledPolicy): Prepared {
  let prepared = preparations.get(policy);
  if (!prepared) {
    const clock = new WallClock(policy.timeZone);
    prepared = {
      profiles: new Map(policy.profiles.map((profile) => [profile.id, prepareProfile(policy, profile, clock)])),
      clock,
      plans: plansOf(policy),
      leaseEdges: leaseEdgesOf(policy),
    };
    preparations.set(policy, prepared);
  }
  return prepared;
}

/** Whom a cell names, as open or as closed to them. */
export const leasesOf = (cell: ResolvedCell): readonly Lease[] =>
  'people' in cell ? cell.people : 'used' in cell ? cell.used : [];

/** When the first of those begin again for whom it is used up now: at midnight, for all of them. */
const usedUntil = (used: readonly Lease[], at: number): number =>
  Math.min(...used.filter((l) => at >= l.from && at < (l.until ?? 0)).map((l) => l.until ?? 0));

const cellsOf = (policy: CompiledPolicy): ResolvedCell[] =>
  policy.profiles.flatMap((p) => Object.values(p.cells).flatMap((cells) => cells.map((c) => c.cell)));

function plansOf(policy: CompiledPolicy): Plan[] {
  const windows = cellsOf(policy).flatMap((cell) => (cell.value === 'times' ? [cell.windows] : []));
  return [...new Map(windows.map((w) => [JSON.stringify(w), w])).values()].map(planOf);
}

function leaseEdgesOf(policy: CompiledPolicy): number[] {
  const edges = new Set<number>();
  for (const cell of cellsOf(policy)) {
    for (const { from, until } of leasesOf(cell)) edges.add(from).add(until ?? Number.POSITIVE_INFINITY);
  }
  return [...edges].sort((a, b) => a - b);
}

function prepareProfile(policy: CompiledPolicy, profile: CompiledProfile, clock: WallClock): PreparedProfile {
  const { clause } = profile;
  const open = profile.uncategorised === 'allow';
  const shut = profile.id === UNIDENTIFIED ? words.UNCATEGORISED_UNIDENTIFIED : words.UNCATEGORISED_CLOSED;
  const uncategorised = { rule: 'uncategorised', category: null, clause };
  const remedy = remedyFor(profile);
  return {
    entries: new Map(
      Object.entries(policy.categories).map(([id, { name, nature }], gravity): [string, Entry] => {
        const category = { id, name, gravity };
        if (nature === 'illegal')
          return [id, { nature, decision: safety('block', 'safety.illegal', id, words.ILLEGAL) }];
        if (nature === 'help') return [id, { nature, decision: safety('allow', 'safety.help', id, words.HELP) }];
        return [id, { nature: 'judged', cells: prepareCells(policy, profile, category, clock) }];
      }),
    ),
    // Lists may for a moment be newer than the policy; a category it has never heard of is no reason to open.
    unknown: {
      rank: CLOSED,
      gravity: Number.POSITIVE_INFINITY,
      decision: decision('block', { ...uncategorised, text: words.UNKNOWN_CATEGORY, remedy }),
    },
    uncategorised: open
      ? decision('allow', { ...uncategorised, text: words.UNCATEGORISED_OPEN, remedy: null })
      : decision('block', { ...uncategorised, text: shut, remedy }),
  };
}

const safety = (outcome: Outcome, rule: string, category: string, text: string): Decision =>
  decision(outcome, { rule, category, clause: null, text, remedy: null });

const remedyFor = (profile: CompiledProfile): 'ask' | 'sign-in' => (profile.id === UNIDENTIFIED ? 'sign-in' : 'ask');

interface NamedCategory {
  readonly id: string;
  readonly name: string;
  readonly gravity: number;
}

function prepareCells(
  policy: CompiledPolicy,
  profile: CompiledProfile,
  category: NamedCategory,
  clock: WallClock,
): PreparedCell[] {
  const cells = cellsFor(profile, category.id);
  if (cells.length > 0) return cells.map((cell) => prepareCell(policy, profile, category, cell, clock));
  const { id, gravity } = category;
  const because: Because = {
    rule: 'profile',
    category: id,
    clause: profile.clause,
    text: words.UNRESTRICTED,
    remedy: null,
  };
  const open = { rank: UNRESTRICTED, gravity, decision: decision('allow', because) };
  return [{ isOpen: () => true, open, closed: open }];
}

// An own property only: a category named "constructor" is nothing special.
const cellsFor = (profile: CompiledProfile, category: string): readonly CompiledCell[] =>
  (Object.hasOwn(profile.cells, category) ? profile.cells[category] : undefined) ?? [];

function prepareCell(
  policy: CompiledPolicy,
  profile: CompiledProfile,
  { id: category, name, gravity }: NamedCategory,
  { rule, clause, cell }: CompiledCell,
  clock: WallClock,
): PreparedCell {
  const whom = whomOf(policy, profile, category, rule);
  const block = (text: string, remedy: Because['remedy'] = remedyFor(profile)): Decision =>
    decision('block', { rule, category, clause, text, remedy });
  const open = decision('allow', { rule, category, clause, text: words.open(name, whom), remedy: null });
  const rank = STRICTNESS[cell.value];

  const closed = (): Candidate['decision'] => {
    switch (cell.value) {
      case 'allowed':
        return open;
      case 'illegal':
        return block(words.ILLEGAL, null);
      case 'not-allowed':
        return block(words.closed(name, whom));
      case 'permission':
        return block(words.byPermission(name, whom));
      case 'selected':
      case 'nominated':
        return block(words.bySelection(name, whom));
      case 'quota':
        return untilNext(
          (at) => usedUntil(cell.used, at),
          (again) =>
            again === Number.POSITIVE_INFINITY
              ? block(words.closed(name, whom))
              : block(words.usedUp(name, cell.minutes, sayWhen(again, clock)), 'wait'),
        );
      case 'times': {
        if (cell.windows.length === 0) return block(words.noTimeSet(name));
        const plan = planOf(cell.windows);
        return untilNext(
          (at) => nextFlip(plan, at, clock),
          (opening) =>
            opening === Number.POSITIVE_INFINITY
              ? block(words.noTimeAhead(name))
              : block(words.opensLater(name, sayWhen(opening, clock)), 'wait'),
        );
      }
    }
  };
  return {
    isOpen: openingOf(cell, clock),
    open: { rank, gravity, decision: open },
    closed: { rank: CLOSED + rank, gravity, decision: closed() },
  };
}

/** Whom the sentence names: saying "pupils" to one year group, when others may, would be untrue. */
function whomOf(policy: CompiledPolicy, profile: CompiledProfile, category: string, rule: string): string {
  const shut = (p: CompiledProfile): boolean => {
    const strictest = cellsFor(p, category)[0];
    return strictest !== undefined && STRICTNESS[strictest.cell.value] >= STRICTNESS['not-allowed'];
  };
  if (policy.profiles.every(shut)) return words.EVERYONE;
  if (profile.id === UNIDENTIFIED) return words.UNNAMED;
  if (rule !== 'profile') return words.audience(profile.audience);
  const peers = policy.profiles.filter((p) => p.audience === profile.audience && p.id !== UNIDENTIFIED);
  return peers.every(shut) ? words.audience(profile.audience) : words.ownGroup(profile.audience);
}
