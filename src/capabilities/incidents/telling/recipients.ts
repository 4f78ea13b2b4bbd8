import type { Tx } from '#platform/db.ts';
import type { ReportKind } from '#policy/sections.ts';
import type { RoleId } from '#policy/types.ts';
import { holders, roleTitle } from '#rooms/identity/index.ts';
import { escalationSteps, type RouteStep } from '#rooms/monitoring/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { leadsOf } from '../case.leads.ts';
import { actingLead, type KeptFrom } from '../cases.rules.ts';
import { KIND, type Kind } from './kinds.ts';

/** Whom a report goes to, in how many minutes somebody is to take it up, and the clause that says so (D06). */
export interface Recipients {
  readonly roles: readonly RoleId[];
  readonly within: number | null;
  readonly clause: string | null;
}

/** Under a policy that says nothing of this kind it goes to whom the escalation names first. */
export async function recipientsFor(tx: Tx, now: number, report: ReportKind): Promise<Recipients> {
  const row = (await policyInForce(tx, now))?.document.recipients.find((r) => r.report === report);
  if (row) return { roles: row.to, within: row.within, clause: row.clause };
  const [first] = await escalationSteps(tx, now);
  return { roles: [first?.role ?? 'dsl'], within: first?.acknowledgeMinutes ?? 5, clause: null };
}

/**
 * Which row of the policy a report falls under: what is said of the head or of others who work here goes to whom the policy
 * has such allegations go to, before anything else (INC-22, ALR-10); what may show a child's abuse to those for that (EVI-04).
 */
export function rowFor(kind: Kind, facts: { aboutHead: boolean; aboutAdult: boolean; imagery: boolean }): ReportKind {
  if (KIND[kind].form === 'fault') return kind;
  if (facts.aboutHead) return 'head-allegation';
  if (facts.aboutAdult) return 'staff-allegation';
  return facts.imagery ? 'abuse-image' : kind;
}

/**
 * The first steps of an alert: the holders, then their deputies, each for the policy's minutes. Where somebody may not be
 * safe nobody waits longer than for any other urgent alert.
 */
export async function alertRoute(
  tx: Tx,
  now: number,
  to: Recipients,
  urgency: 'urgent' | 'soon',
): Promise<readonly RouteStep[]> {
  const usual = (await escalationSteps(tx, now))[0]?.acknowledgeMinutes ?? 5;
  const set = to.within ?? usual;
  const acknowledgeMinutes = urgency === 'urgent' ? Math.min(set, usual) : set;
  return (['holder', 'deputy'] as const).map((rank) => ({ roles: to.roles, rank, acknowledgeMinutes }));
}

/** Everybody who holds one of these roles and from whom it is not kept. */
export async function holdersOf(
  tx: Tx,
  roles: readonly string[],
  rank: 'holder' | 'deputy',
  keptFrom: readonly string[],
) {
  const found = new Map<string, Awaited<ReturnType<typeof holders>>[number]>();
  for (const role of roles)
    for (const h of await holders(tx, role, rank)) if (!keptFrom.includes(h.id)) found.set(h.id, h);
  return [...found.values()];
}

/** Who leads on what is kept from these people. */
export const leadsFor = async (tx: Tx, now: number, kept: KeptFrom): Promise<readonly string[]> =>
  actingLead(await leadsOf(tx, now), kept);

/** The roles that the policy has deal with reports of this kind, by the school's own titles. */
export async function reportRoles(tx: Tx, now: number): Promise<{ role: RoleId; title: string }[]> {
  const document = (await policyInForce(tx, now))?.document;
  const named = document?.recipients.filter((r) => r.report in KIND).flatMap((r) => r.to) ?? [];
  const roles = new Set<RoleId>([...(await escalationSteps(tx, now)).map((s) => s.role), ...named]);
  return [...roles].map((role) => ({ role, title: roleTitle(role, document?.roles) }));
}
