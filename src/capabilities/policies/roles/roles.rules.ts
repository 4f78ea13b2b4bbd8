import type { PersonKind, RoleDefinition, RoleId } from '#policy/index.ts';
import { PERSON_KINDS } from '#policy/index.ts';
import type { Holding } from '#rooms/identity/index.ts';

export type Rank = Holding['rank'];

/** Too few people in a role: `have` of `wanted`. */
export interface Missing {
  readonly rank: Rank;
  readonly wanted: number;
  readonly have: number;
}

/** How one role of the policy stands today. */
export interface Standing {
  readonly role: RoleDefinition;
  readonly holders: readonly Holding[];
  readonly deputies: readonly Holding[];
  /** Held by whole groups, such as all staff: how many they are, and no list of names. */
  readonly people: number | null;
  readonly missing: readonly Missing[];
  /** The policy names it and never says who it is (ROL-04, ROL-18): the school is asked. */
  readonly question: boolean;
}

/** Wanted whatever a document says: a hurtful message must reach somebody on every school day (ROL-19). */
const AT_LEAST: Readonly<Partial<Record<RoleId, Readonly<Record<Rank, number>>>>> = {
  'nominated-person': { holder: 1, deputy: 1 },
};

/** Every role of the policy, in its order, and what is missing. */
export function standings(
  roles: readonly RoleDefinition[],
  holdings: readonly Holding[],
  kinds: Readonly<Record<PersonKind, number>>,
): Standing[] {
  const byRole = Map.groupBy(holdings, (h) => h.role);
  return roles.map((role) => {
    const kind = PERSON_KINDS.find((k) => k === role.id);
    const all = byRole.get(role.id) ?? [];
    const holders = all.filter((h) => h.rank === 'holder');
    const deputies = all.filter((h) => h.rank === 'deputy');
    const people = kind ? kinds[kind] : role.id === 'teacher' ? holders.length : null;
    const have = { holder: people ?? holders.length, deputy: deputies.length };
    const wanted = {
      holder: Math.max(role.holders.min, AT_LEAST[role.id]?.holder ?? 0),
      deputy: Math.max(role.deputies.min, AT_LEAST[role.id]?.deputy ?? 0),
    };
    return {
      role,
      ...(people === null ? { holders, deputies } : { holders: [], deputies: [] }),
      people,
      missing: (['holder', 'deputy'] as const)
        .filter((rank) => have[rank] < wanted[rank])
        .map((rank) => ({ rank, wanted: wanted[rank], have: have[rank] })),
      question: role.undefinedInSource === true && have.holder === 0,
    };
  });
}

/** "Nobody holds it", "1 more wanted (1 of 2)", "No deputy". */
export function sayMissing({ rank, wanted, have }: Missing): string {
  if (rank === 'deputy')
    return have === 0 ? 'No deputy' : `${wanted - have} more deputies wanted (${have} of ${wanted})`;
  return have === 0 ? 'Nobody holds it' : `${wanted - have} more wanted (${have} of ${wanted})`;
}

/**
 * FIL-04: filtering is never one person's job alone. How many people hold the duty, as holder or deputy, each counted
 * once; whoever runs the filter may be one of them, since the second is then somebody else.
 */
export const filterDutyPeople = (holdings: readonly Holding[]): number =>
  new Set(holdings.filter((h) => h.role === 'filter-approver').map((h) => h.person)).size;
