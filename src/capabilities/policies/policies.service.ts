import { createHash } from 'node:crypto';
import { invalid } from '#core/errors.ts';
import { loadTaxonomy, type Taxonomy } from '#filter/index.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { bumpSnapshot } from '#platform/school.ts';
import {
  bareSchool,
  type CompiledPolicy,
  compilePolicy,
  type PolicyDocument,
  parsePolicy,
  SHIPPED_POLICIES,
  shippedPolicy,
} from '#policy/index.ts';

let loaded: Taxonomy | undefined;
/** Gatehouse's categories, read once. */
export function taxonomy(): Taxonomy {
  loaded ??= loadTaxonomy();
  return loaded;
}

/** The policies that a school may begin from. */
export const shippedPolicies = (): { id: string; title: string; model: string }[] =>
  SHIPPED_POLICIES.map((id) => {
    const { title, model } = shippedPolicy(id);
    return { id, title, model };
  });

/**
 * Put a document in force as the next version (GOV-33). Author and approver are two people where both are named; the
 * version that was in force stays readable.
 */
export async function adoptPolicy(
  tx: Tx,
  deps: Deps,
  by: Context,
  document: PolicyDocument | string,
  { approver }: { approver: string | null },
): Promise<{ number: number }> {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  const doc = parsePolicy(text, 'The policy', taxonomy().categories);
  if (approver !== null && approver === by.person) {
    throw invalid('policy.same-person', 'A policy is written and approved by two different people.', {
      approver: 'Choose somebody else to approve it.',
    });
  }
  // Also takes the school's row, so two adoptions come one after the other and cannot take the same number.
  await bumpSnapshot(tx, by.school);
  const last = await tx
    .selectFrom('policy_version')
    .select((eb) => eb.fn.max('number').as('number'))
    .executeTakeFirst();
  const number = (last?.number ?? 0) + 1;
  const digest = createHash('sha256').update(text).digest();
  const { id } = await tx
    .insertInto('policy_version')
    .values({
      school_id: by.school,
      number,
      document: text,
      digest,
      author: by.person,
      approver,
      in_force_from: new Date(deps.clock.now()),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'policy.adopt',
    object: { kind: 'policy_version', id },
    detail: { number, policy: doc.id, version: doc.version, digest: digest.toString('hex'), approver },
    at: deps.clock.now(),
  });
  return { number };
}

export interface PolicyInForce {
  readonly number: number;
  readonly from: Date;
  readonly document: PolicyDocument;
  readonly compiled: CompiledPolicy;
}

/** Read and compiled once per version: both are asked for on every page and every snapshot. */
const kept = new Map<string, Pick<PolicyInForce, 'document' | 'compiled'>>();
const KEPT = 32;

/** The newest version, with its compiled form; null while a school has none. */
export async function policyInForce(tx: Tx): Promise<PolicyInForce | null> {
  const version = await tx
    .selectFrom('policy_version')
    .innerJoin('school', 'school.id', 'policy_version.school_id')
    .select(['policy_version.id', 'number', 'in_force_from', 'time_zone'])
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!version) return null;
  const key = `${version.id} ${version.time_zone}`;
  let policy = kept.get(key);
  if (!policy) {
    const { document: stored } = await tx
      .selectFrom('policy_version')
      .select('document')
      .where('id', '=', version.id)
      .executeTakeFirstOrThrow();
    const document = stored as PolicyDocument;
    policy = { document, compiled: compilePolicy(document, taxonomy().categories, bareSchool(version.time_zone)) };
    if (kept.size >= KEPT) kept.clear();
    kept.set(key, policy);
  }
  return { number: version.number, from: version.in_force_from, ...policy };
}

/** The profiles that the policy in force gives out, for forms. */
export async function profilesInForce(tx: Tx): Promise<{ id: string; name: string }[]> {
  const policy = await policyInForce(tx);
  return policy?.document.profiles.map(({ id, name }) => ({ id, name })) ?? [];
}
