import type { Tx } from '#platform/db.ts';
import { type PolicyInForce, registerStates } from '#rooms/policies/index.ts';

/** Documents by which cases are handled, where the policy names them (INC-25, SAN-04, CYB-09, AIG-03). */
const APPLIED = ['child-protection', 'behaviour', 'bullying', 'child-on-child', 'staff-disciplinary', 'acceptable-use'];

/** What the case was handled by: the policy's version, and each document that goes with it as the school holds it. */
export async function rulesApplied(
  tx: Tx,
  policy: PolicyInForce | null,
  now: number,
): Promise<[title: string, version: string][]> {
  if (!policy) return [['Online-safety policy', 'none was in force']];
  const held = (await registerStates(tx, now)).filter((r) => r.kind === 'document' && APPLIED.includes(r.id));
  return [
    [policy.document.title, `version ${policy.number}`],
    ...held.map((r): [string, string] => [r.title, r.held?.edition ?? 'the school has recorded none']),
  ];
}
