import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import {
  CLASS_VIEW_USUAL,
  type PasswordRules,
  type PersonKind,
  type PolicyDocument,
  type RoleDefinition,
  type SchoolFacts,
} from '#policy/types.ts';
import { RULES_WITHOUT_POLICY } from './password.rules.ts';
import { lastBoundary } from './rotation.rules.ts';

/** The parts of the policy in force which this room obeys. */
export interface IdentityPolicy {
  /** Version number; 0 where no policy has been adopted yet. */
  readonly number: number;
  readonly passwords: PasswordRules;
  readonly notice: PolicyDocument['notice'] | null;
  readonly roles: readonly RoleDefinition[];
  /** Whether pupils see that their class was looked at (MON-10). */
  readonly showsLooks: boolean;
}

const NONE: IdentityPolicy = { number: 0, passwords: RULES_WITHOUT_POLICY, notice: null, roles: [], showsLooks: true };

/** Read straight from the version, since the policies room comes after this one. */
export async function identityPolicy(tx: Tx, now: number): Promise<IdentityPolicy> {
  const { rows } = await sql<IdentityPolicy>`
    select number, document -> 'passwords' as passwords, document -> 'notice' as notice, document -> 'roles' as roles,
      coalesce((document #>> '{monitoring,classView,shown}')::boolean, ${CLASS_VIEW_USUAL.shown}) as "showsLooks"
    from policy_version where in_force_from <= ${new Date(now)} order by number desc limit 1`.execute(tx);
  return rows[0] ?? NONE;
}

/** The school's own calendar, as its policy counts by it. */
export async function schoolCalendar(tx: Tx): Promise<Pick<SchoolFacts, 'timeZone' | 'terms'>> {
  const { time_zone } = await tx.selectFrom('school').select('time_zone').executeTakeFirstOrThrow();
  const terms = await tx
    .selectFrom('term')
    .select(['starts', 'ends', 'half_term_starts', 'half_term_ends'])
    .orderBy('starts')
    .execute();
  return {
    timeZone: time_zone,
    terms: terms.map((t) => ({
      from: t.starts,
      to: t.ends,
      halfTerm: t.half_term_starts && t.half_term_ends ? { from: t.half_term_starts, to: t.half_term_ends } : null,
    })),
  };
}

/**
 * Passwords chosen before this moment must be changed (IDA-04), by a person of this kind where one is asked about; null
 * where the policy orders no change, or no term has begun.
 */
export async function passwordsFrom(tx: Tx, now: number, kind?: PersonKind): Promise<Date | null> {
  const { rotation } = (await identityPolicy(tx, now)).passwords;
  if (!rotation || (kind && rotation.for && !rotation.for.includes(kind))) return null;
  const { terms, timeZone } = await schoolCalendar(tx);
  const boundary = lastBoundary(rotation, terms, now, timeZone);
  return boundary === null ? null : new Date(boundary);
}
