import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { PasswordRules, PolicyDocument, RoleDefinition } from '#policy/types.ts';
import { RULES_WITHOUT_POLICY } from './password.rules.ts';

/** The parts of the policy in force which this room obeys. */
export interface IdentityPolicy {
  /** Version number; 0 where no policy has been adopted yet. */
  readonly number: number;
  readonly passwords: PasswordRules;
  readonly notice: PolicyDocument['notice'] | null;
  readonly roles: readonly RoleDefinition[];
}

const NONE: IdentityPolicy = { number: 0, passwords: RULES_WITHOUT_POLICY, notice: null, roles: [] };

/** Read straight from the version, since the policies room comes after this one. */
export async function identityPolicy(tx: Tx, now: number): Promise<IdentityPolicy> {
  const { rows } = await sql<IdentityPolicy>`
    select number, document -> 'passwords' as passwords, document -> 'notice' as notice, document -> 'roles' as roles
    from policy_version where in_force_from <= ${new Date(now)} order by number desc limit 1`.execute(tx);
  return rows[0] ?? NONE;
}
