import type { Tx } from '#platform/db.ts';
import { LEADING_ROLES, type PolicyDocument, type RoleId } from '#policy/types.ts';
import { holders } from '#rooms/identity/index.ts';
import { escalationSteps } from '#rooms/monitoring/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import type { Procedure } from './case.facts.ts';
import type { Leads } from './cases.rules.ts';

type ReportKind = PolicyDocument['recipients'][number]['report'];

/** Without a policy the strictest of both shipped ones holds. */
const WITHOUT_POLICY: Procedure & Pick<PolicyDocument['incidents'], 'clocks'> = {
  lead: 'dsl',
  seniors: 2,
  designatedComputer: true,
  abuseImageFirst: 'police',
  closedBy: ['dsl'],
  externalRecord: null,
  clocks: [],
};

export const procedureOf = async (
  tx: Tx,
  now: number,
): Promise<Procedure & Pick<PolicyDocument['incidents'], 'clocks'>> =>
  (await policyInForce(tx, now))?.document.incidents ?? WITHOUT_POLICY;

/** UAR-01: does the policy call what this row is about against the law? */
export const isUnlawful = async (tx: Tx, now: number, row: string | undefined): Promise<boolean> =>
  (await policyInForce(tx, now))?.document.rules.find((r) => r.id === row)?.class === 'illegal';

const ids = async (tx: Tx, role: RoleId, rank?: 'holder' | 'deputy') =>
  (await holders(tx, role, rank)).map((h) => h.id);

/** Whom the policy has a kind of report go to (D06). */
export async function recipientsOf(tx: Tx, now: number, report: ReportKind): Promise<string[]> {
  const roles = (await policyInForce(tx, now))?.document.recipients.find((r) => r.report === report)?.to ?? [];
  return (await Promise.all(roles.map((r) => ids(tx, r)))).flat();
}

/** Who leads. A restricted case is led by those whom the policy has allegations against staff go to, and by nobody else (INC-22). */
export async function leadsOf(
  tx: Tx,
  now: number,
  file: { readonly restricted: boolean; readonly subjects: readonly string[] } = { restricted: false, subjects: [] },
): Promise<Leads> {
  const heads = await ids(tx, 'head');
  if (file.restricted) {
    const aboutHead = heads.some((id) => file.subjects.includes(id));
    const named = await recipientsOf(tx, now, aboutHead ? 'head-allegation' : 'staff-allegation');
    const inTurn = [named, await ids(tx, 'lead-governor'), await ids(tx, 'chair'), heads];
    return { leads: named, deputies: [], heads: [], inTurn };
  }
  const [leads, deputies, inTurn]: [string[], string[], string[][]] = [[], [], []];
  for (const role of LEADING_ROLES) {
    leads.push(...(await ids(tx, role, 'holder')));
    deputies.push(...(await ids(tx, role, 'deputy')));
  }
  for (const step of await escalationSteps(tx, now)) inTurn.push(await ids(tx, step.role, step.rank));
  return { leads, deputies, heads, inTurn: [...inTurn, leads, deputies, heads] };
}
