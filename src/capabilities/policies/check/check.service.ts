import { dayIn } from '#core/days.ts';
import type { Tx } from '#platform/db.ts';
import { type Lint, lint, type PolicyDocument, unsettled } from '#policy/index.ts';
import { type PolicyInForce, policyInForce, taxonomy } from '../policies.service.ts';
import { registerStates } from '../registers/registers.store.ts';
import { rolesNow } from '../roles/standing.store.ts';

/** The policy in force with everything that is contradictory, wrong or open in it, as this school stands today. */
export async function policyCheck(tx: Tx, now: number): Promise<{ policy: PolicyInForce; lints: Lint[] } | null> {
  const found = await rolesNow(tx, now);
  if (!found) return null;
  const { policy, standings } = found;
  const register = await registerStates(tx, now);
  const lints = lint(policy.document, {
    today: dayIn(policy.compiled.timeZone, now),
    taxonomy: taxonomy().categories,
    holders: new Map(
      standings.map((s) => [s.role.id, { holders: s.people ?? s.holders.length, deputies: s.deputies.length }]),
    ),
    given: new Set(register.filter((r) => r.kind === 'document' && r.state !== 'missing').map((r) => r.id)),
  });
  return { policy, lints };
}

/** How the text of the policy in force stands, for Today (GOV-34). */
export interface CheckState {
  readonly contradictions: number;
  readonly questions: number;
}

/** Counted once a day for each version: the text does not change in between. */
const counted = new WeakMap<PolicyDocument, CheckState & { readonly today: string }>();

export async function checkState(tx: Tx, now: number): Promise<CheckState | null> {
  const policy = await policyInForce(tx, now);
  if (!policy) return null;
  const today = dayIn(policy.compiled.timeZone, now);
  const last = counted.get(policy.document);
  if (last?.today === today) return last;
  const lints = lint(policy.document, { today, taxonomy: taxonomy().categories });
  const questions = lints.filter((l) => l.severity === 'question' && !l.settled).length;
  const state = { contradictions: unsettled(lints).length, questions, today };
  counted.set(policy.document, state);
  return state;
}
