import { MINUTE } from '#core/clock.ts';
import { showsOthers } from '#filter/wrappers.ts';
import { BYPASS_USUAL, type PolicyDocument } from '#policy/types.ts';
import { type Finding, repeated, type Seen } from './detectors.rules.ts';

/** FCR-06: going round the filter without asking is a matter of its own. By the policy: which sites, how many tries. */
export interface BypassRules {
  readonly categories: ReadonlySet<string>;
  readonly count: number;
  readonly minutes: number;
  readonly clause: string;
}

const ACTION = 'bypass-filter';
/** Names of resolvers that programs are set to, and ask for without anybody's doing. */
const RESOLVERS = 'doh-resolver';

/** Null where the policy has no row about it. */
export function bypassRules({ rules, monitoring }: PolicyDocument): BypassRules | null {
  const rows = rules.filter((r) => r.action === ACTION);
  const [row] = rows;
  if (!row) return null;
  const categories = new Set(rows.flatMap((r) => r.categories));
  return { ...BYPASS_USUAL, clause: row.clause, ...monitoring.bypass, categories };
}

/** Rules of decisions that people made for a while (policy/changes.ts). */
const PEOPLES_CHOICE = /^(?:change|access)\./;

/**
 * Is this request a try to get round the filter: at a site that is for that, or at a closed site by way of one that shows
 * other sites' pages? Canaries, which browsers ask for to learn whether a network filters, are answered before anything is
 * judged and have no category (gateway/canaries.ts). What people closed for a lesson or a case is no try either.
 */
export function triesToBypass(rules: BypassRules, e: Pick<Seen, 'host' | 'category' | 'outcome' | 'rule'>): boolean {
  if (e.outcome !== 'block' || PEOPLES_CHOICE.test(e.rule)) return false;
  if (e.rule === 'safety.wrapped') return true;
  if (e.category === null) return false;
  return rules.categories.has(e.category) || (e.category !== 'translation' && showsOthers(e.host));
}

/**
 * Of one person's tries, in rising order: those of them that are enough to be found. A page asks for many things at once, so
 * one site in one minute is one try; a resolver's name is one try however often a program asks for it, so no device
 * raises an alert by itself. Who keeps asking for the same site is found as everybody is who is stopped again and again
 * (MON-07).
 */
export function enoughTries(rules: BypassRules, often: Parameters<typeof repeated>[0], tries: readonly Seen[]): Seen[] {
  const caught = new Set<Seen>();
  const inWindow = new Map<string, number>();
  let first = 0;
  for (const [i, last] of tries.entries()) {
    inWindow.set(tryOf(last), (inWindow.get(tryOf(last)) ?? 0) + 1);
    for (let oldest = tries[first]; oldest && last.t - oldest.t > rules.minutes * MINUTE; oldest = tries[first]) {
      const left = (inWindow.get(tryOf(oldest)) ?? 1) - 1;
      if (left === 0) inWindow.delete(tryOf(oldest));
      else inWindow.set(tryOf(oldest), left);
      first++;
    }
    if (inWindow.size >= rules.count) for (const t of tries.slice(first, i + 1)) caught.add(t);
  }
  const meant = tries.filter((t) => t.category !== RESOLVERS);
  const times = meant.map((t) => t.t);
  for (const t of meant) if (!caught.has(t) && repeated(often, times, t)) caught.add(t);
  return tries.filter((t) => caught.has(t));
}

const tryOf = ({ host, category, t }: Seen): string =>
  category === RESOLVERS ? host : `${host} ${Math.floor(t / MINUTE)}`;

export const bypassFinding = ({ clause }: BypassRules): Finding => ({ detector: 'bypass', urgency: 'soon', clause });
