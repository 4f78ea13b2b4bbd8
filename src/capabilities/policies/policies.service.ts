import { sql } from 'kysely';
import { invalid, notFound } from '#core/errors.ts';
import { loadTaxonomy, type Taxonomy } from '#filter/index.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { bumpSnapshot } from '#platform/school.ts';
import {
  type CompiledMay,
  type CompiledPolicy,
  compileMay,
  compilePolicy,
  type PolicyDocument,
  parsePolicy,
  SHIPPED_POLICIES,
  shippedPolicy,
} from '#policy/index.ts';
import { insertVersion } from './life/versions.store.ts';
import { schoolFacts } from './school-facts.ts';

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

/** How such a version is marked until one that was reviewed and approved takes its place (GOV-05, GOV-08). */
const UNREVIEWED = 'Adopted unreviewed at set-up';

/**
 * Put a document in force as the next version without the procedure of a draft: what a school begins with (GOV-33).
 * Author and approver are two people where both are named; the version that was in force stays readable.
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
  const { id, number, digest } = await insertVersion(tx, {
    school_id: by.school,
    document: text,
    author: by.person,
    approver,
    in_force_from: new Date(deps.clock.now()),
    label: UNREVIEWED,
  });
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'policy.adopt',
    object: { kind: 'policy_version', id },
    detail: { number, policy: doc.id, version: doc.version, digest, approver },
    at: deps.clock.now(),
  });
  return { number };
}

export interface PolicyInForce {
  readonly number: number;
  readonly from: Date;
  readonly document: PolicyDocument;
  /** What gateways decide addresses by. */
  readonly compiled: CompiledPolicy;
  /** What questions about actions and devices are answered by. */
  readonly may: CompiledMay;
}

/** Read and compiled once per version: all of it is asked for on every page and every snapshot. */
const kept = new Map<string, Pick<PolicyInForce, 'document' | 'compiled' | 'may'>>();
const KEPT = 32;

/** The version that holds now, with its compiled form; null while a school has none. */
export async function policyInForce(tx: Tx, now: number): Promise<PolicyInForce | null> {
  const version = await tx
    .selectFrom('policy_version')
    .innerJoin('school', 'school.id', 'policy_version.school_id')
    .select(['policy_version.id', 'number', 'in_force_from', 'snapshot_number'])
    .select(sql<boolean>`coalesce(school.xmin = pg_current_xact_id_if_assigned()::xid, false)`.as('being_changed'))
    .where('in_force_from', '<=', new Date(now))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('policy_version_withdrawal as w')
            .select('w.version_id')
            .whereRef('w.version_id', '=', 'policy_version.id'),
        ),
      ),
    )
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!version) return null;
  // The snapshot's number rises with everything that the compiled form holds of the school. While this very command
  // raises it, what it will mean is not settled yet, so nothing is kept under the new number.
  const key = `${version.id} ${version.snapshot_number}`;
  let policy = version.being_changed ? undefined : kept.get(key);
  if (!policy) {
    const document = await documentOf(tx, version.id);
    const school = await schoolFacts(tx, now);
    const compiled = compilePolicy(document, taxonomy().categories, school);
    policy = { document, compiled, may: compileMay(document, school) };
    if (kept.size >= KEPT) kept.clear();
    if (!version.being_changed) kept.set(key, policy);
  }
  return { number: version.number, from: version.in_force_from, ...policy };
}

/** The document of one version, as it was adopted. */
export async function documentOf(tx: Tx, version: string): Promise<PolicyDocument> {
  const row = await tx.selectFrom('policy_version').select('document').where('id', '=', version).executeTakeFirst();
  if (!row) throw notFound('this version of the policy');
  return row.document as PolicyDocument;
}

/** The profiles that the policy in force gives out, for forms. */
export async function profilesInForce(tx: Tx, now: number): Promise<{ id: string; name: string }[]> {
  const policy = await policyInForce(tx, now);
  return policy?.document.profiles.map(({ id, name }) => ({ id, name })) ?? [];
}
