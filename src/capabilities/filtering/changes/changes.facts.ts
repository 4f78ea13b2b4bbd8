import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { ASSESSED_FIRST, neverOpened, profileFor } from '#policy/index.ts';
import type { PolicyInForce } from '#rooms/policies/index.ts';
import { isNeutral, judgeByLists, type Verdict } from '../verdict.service.ts';
import { siteFault } from './changes.rules.ts';
import { type FilterChange, type Member, membersOf } from './changes.store.ts';
import type { SiteFacts } from './changes.workflow.ts';

/** A site as it stands for whom a change is for: what the guards ask, and what people are shown. */
export interface SiteSeen extends SiteFacts {
  readonly seen: {
    readonly outcome: 'allow' | 'warn' | 'block';
    readonly text: string;
    readonly rule: string;
    readonly categories: readonly string[];
  };
}

/** The profiles of everybody in a scope, each once. */
export function profilesOf(
  policy: PolicyInForce,
  scope: FilterChange['scope'],
  members: readonly Member[] | null,
): string[] {
  if (scope.kind === 'profile') return scope.value === null ? [] : [scope.value];
  if (members === null) return policy.compiled.profiles.map((p) => p.id);
  return [...new Set(members.map((m) => profileFor(policy.document, m)))];
}

/** What the filter says of each host to the people of a scope: the strictest answer that any of them gets. */
export async function seeSites(
  tx: Tx,
  deps: Deps,
  policy: PolicyInForce,
  hosts: readonly string[],
  scope: FilterChange['scope'],
): Promise<{ sites: SiteSeen[]; members: number | null }> {
  const members = await membersOf(tx, scope);
  const profiles = profilesOf(policy, scope, members);
  const sites: SiteSeen[] = [];
  for (const host of hosts) {
    const verdicts: Verdict[] = [];
    for (const profile of profiles) verdicts.push(await judgeByLists(tx, deps, { profile, host }));
    const strictest = verdicts.find((v) => v.decision.outcome === 'block') ?? verdicts[0];
    sites.push(siteOf(policy, host, strictest, verdicts.some(isNeutral)));
  }
  return { sites, members: members?.length ?? null };
}

/** Of what is closed for good nothing is said, neither which list nor which kind (FIL-02, FIL-19). */
function siteOf(policy: PolicyInForce, host: string, verdict: Verdict | undefined, neutral: boolean): SiteSeen {
  const fault = siteFault(host);
  const categories = verdict?.categories ?? [];
  const never = neverOpened(policy.compiled);
  const unjudged = verdict !== undefined && verdict.list === null;
  const closed = neutral || categories.some((c) => never.has(c));
  const { outcome = 'block', because } = verdict?.decision ?? {};
  return {
    host,
    fault,
    never: closed
      ? `${host} stays closed to everybody. Nobody can open it.`
      : unjudged
        ? `The lists cannot be read just now, so nobody knows what ${host} is. Try again when they can.`
        : null,
    help: because?.rule === 'safety.help',
    narrow: categories.includes('extremism'),
    ai: categories.some((c) => ASSESSED_FIRST.has(c)),
    seen: closed
      ? { outcome: 'block', text: 'This site stays closed to everybody.', rule: 'closed', categories: [] }
      : { outcome, text: because?.text ?? '', rule: because?.rule ?? '', categories },
  };
}
