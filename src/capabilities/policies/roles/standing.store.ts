import type { Tx } from '#platform/db.ts';
import { countKinds, type Holding, liveHoldings } from '#rooms/identity/index.ts';
import { type PolicyInForce, policyInForce } from '../policies.service.ts';
import { filterDutyPeople, type Standing, sayMissing, standings } from './roles.rules.ts';

/** The roles of the policy in force as they stand now; null while the school has no policy. */
export async function rolesNow(
  tx: Tx,
  now: number,
): Promise<{ policy: PolicyInForce; standings: Standing[]; holdings: Holding[] } | null> {
  const policy = await policyInForce(tx, now);
  if (!policy) return null;
  const holdings = await liveHoldings(tx, now);
  return { policy, holdings, standings: standings(policy.document.roles, holdings, await countKinds(tx, now)) };
}

/** What Today and the living policy say of roles. */
export interface RolesState {
  readonly short: readonly { readonly role: string; readonly title: string; readonly text: string }[];
  /** Roles that the policy names without saying who they are, and nobody has been named. */
  readonly questions: readonly { readonly role: string; readonly title: string }[];
  /** FIL-04: fewer than two people hold the duty of the filter. */
  readonly filterAlone: boolean;
}

export async function rolesState(tx: Tx, now: number): Promise<RolesState | null> {
  const roles = await rolesNow(tx, now);
  if (!roles) return null;
  const named = ({ role }: Standing) => ({ role: role.id, title: role.title });
  return {
    short: roles.standings
      .filter((s) => s.missing.length > 0)
      .map((s) => ({ ...named(s), text: s.missing.map(sayMissing).join('. ') })),
    questions: roles.standings.filter((s) => s.question).map(named),
    filterAlone: filterDutyPeople(roles.holdings) < 2,
  };
}
