import type { CompiledPolicy, Decision, PolicyDocument } from './types.ts';

const WEBMAIL = 'webmail';

/** COM-13: where the school's own mail is at, of all services of mail the one that stays open. */
export function schoolMail(doc: PolicyDocument): CompiledPolicy['mail'] {
  const hosts = doc.settings.schoolMail?.hosts ?? [];
  if (hosts.length === 0) return undefined;
  const clause = doc.clauses.find((c) => c.rows.includes('COM-13')) ?? null;
  return { hosts, clause: clause?.id ?? null };
}

/** Is it closed for being mail, so that it has to be asked whose? Nothing else costs a thought. */
export const closedAsMail = ({ outcome, because }: Decision): boolean =>
  outcome === 'block' && because.category === WEBMAIL;

/**
 * The same decision where the host is the school's own mail: what the lists call mail does not close it; what they call
 * it besides may. `again` decides on the categories that are left.
 */
export function withSchoolMail(
  { mail }: CompiledPolicy,
  decision: Decision,
  host: string,
  categories: readonly string[],
  again: (categories: readonly string[]) => Decision,
): Decision {
  if (!mail || !closedAsMail(decision) || !mail.hosts.some((h) => host === h || host.endsWith(`.${h}`)))
    return decision;
  const others = categories.filter((c) => c !== WEBMAIL);
  const rest = others.length > 0 ? again(others) : null;
  if (rest?.outcome === 'block') return rest;
  return {
    outcome: 'allow',
    because: {
      rule: 'COM-13',
      category: WEBMAIL,
      clause: mail.clause,
      text: 'This is the school’s own mail, which is open to everybody who has an address there.',
      remedy: null,
    },
  };
}
