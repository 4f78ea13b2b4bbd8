import type { Tx } from '#platform/db.ts';
import { compilePolicy } from '#policy/index.ts';
import { documentOf, type PolicyInForce, taxonomy } from './policies.service.ts';
import { schoolFacts } from './school-facts.ts';

/**
 * The version that held at a moment that is over, with the permissions of people as they were then; null where there was
 * none. Of calendar and timetable only today's are known.
 */
export async function policyAt(tx: Tx, at: number): Promise<Omit<PolicyInForce, 'may'> | null> {
  const version = await tx
    .selectFrom('policy_version as v')
    .leftJoin('policy_version_withdrawal as w', 'w.version_id', 'v.id')
    .select(['v.id', 'v.number', 'v.in_force_from'])
    .where('v.in_force_from', '<=', new Date(at))
    .where((e) => e.or([e('w.at', 'is', null), e('w.at', '>', new Date(at))]))
    .orderBy('v.number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!version) return null;
  const document = await documentOf(tx, version.id);
  const compiled = compilePolicy(document, taxonomy().categories, await schoolFacts(tx, at));
  return { number: version.number, from: version.in_force_from, document, compiled };
}
