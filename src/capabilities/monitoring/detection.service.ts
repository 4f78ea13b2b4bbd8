import { sql } from 'kysely';
import { MINUTE } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { PolicyDocument } from '#policy/types.ts';
import { raiseLocked } from './alerts.service.ts';
import { type EvidenceLine, lockAlerts } from './alerts.store.ts';
import { bypassFinding, bypassRules, enoughTries, triesToBypass } from './detectors.bypass.rules.ts';
import { actor, countsAsAttempt, type Finding, grave, openKey, repeated, type Seen } from './detectors.rules.ts';
import { canonicalAddress } from './events.rules.ts';

/**
 * Look at a batch that was just stored. Detection is one at a time in a school: whoever comes second sees what the first
 * has stored, so what two controls take at the same moment is counted together and raised once.
 */
export async function detect(
  tx: Tx,
  deps: Deps,
  school: string,
  document: PolicyDocument,
  lines: readonly Seen[],
): Promise<void> {
  const { monitoring: rules } = document;
  const ways = bypassRules(document);
  const graves = lines.filter((l) => grave(rules, l));
  const tries = ways ? lines.filter((l) => triesToBypass(ways, l)) : [];
  // What is a try to get round the filter is found as that, and not a second time as a kind of site.
  const attempts = lines.filter((l) => countsAsAttempt(rules, l) && !ways?.categories.has(l.category ?? ''));
  if (graves.length === 0 && attempts.length === 0 && tries.length === 0) return;
  await lockAlerts(tx, school);

  for (const [key, seen] of groupBy(graves, (l) => openKey('grave', l))) {
    const finding = grave(rules, seen[0]);
    if (finding) await raiseFor(tx, deps, school, key, finding, seen, seen);
  }
  if (ways && tries.length > 0) {
    const span = Math.max(ways.minutes, rules.repeated.minutes) * MINUTE;
    const around = await blockedAround(tx, tries, span, bypassKey, null);
    for (const [key, fresh] of groupBy(tries, bypassKey)) {
      const all = (around.get(key) ?? fresh).filter((l) => triesToBypass(ways, l));
      const caught = enoughTries(ways, rules, all);
      const isCaught = (l: Seen) => caught.some((c) => c.t === l.t && c.host === l.host);
      const news = fresh.filter(isCaught);
      if (news.length > 0) await raiseFor(tx, deps, school, key, bypassFinding(ways), caught, news);
    }
  }
  if (attempts.length === 0) return;
  const keyOf = (l: Seen) => openKey('repeated', l);
  const groups = groupBy(attempts, keyOf);
  const categories = [...new Set(attempts.map((a) => a.category))];
  const around = await blockedAround(tx, attempts, rules.repeated.minutes * MINUTE, keyOf, categories);
  for (const [key, fresh] of groups) {
    const all = around.get(key) ?? fresh;
    const times = all.map((l) => l.t);
    const caught = (l: Seen) => repeated(rules, times, l) !== null;
    const finding = fresh.map((l) => repeated(rules, times, l)).find((f) => f !== null);
    if (finding) await raiseFor(tx, deps, school, key, finding, all.filter(caught), fresh.filter(caught));
  }
}

type Group = [Seen, ...Seen[]];

function groupBy(lines: readonly Seen[], keyOf: (line: Seen) => string): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const l of lines) {
    const group = groups.get(keyOf(l));
    if (group) group.push(l);
    else groups.set(keyOf(l), [l]);
  }
  return groups;
}

const raiseFor = (
  tx: Tx,
  deps: Deps,
  school: string,
  key: string,
  finding: Finding,
  lines: readonly Seen[],
  fresh: readonly Seen[],
) =>
  raiseLocked(tx, deps, {
    ...finding,
    school,
    subject: lines[0]?.person ?? null,
    category: lines[0]?.category ?? null,
    openKey: key,
    lines: lines.map(evidence),
    fresh: fresh.map(evidence),
  });

const evidence = (l: Seen): EvidenceLine => ({
  at: new Date(l.t).toISOString(),
  host: l.host,
  category: l.category,
  outcome: l.outcome,
  via: l.via,
  ...(l.person === null && { address: l.address }),
});

/**
 * What was blocked for the same people, as far before and after as the rule looks, by key.
 * One pass over what was blocked in that time: the lists are hashed, however many people a batch is about.
 */
async function blockedAround(
  tx: Tx,
  attempts: readonly Seen[],
  span: number,
  keyOf: (line: Seen) => string,
  categories: readonly (string | null)[] | null,
): Promise<Map<string, Group>> {
  let from = Number.POSITIVE_INFINITY;
  let until = Number.NEGATIVE_INFINITY;
  for (const { t } of attempts) {
    from = Math.min(from, t - span);
    until = Math.max(until, t + span);
  }
  const each = (values: (string | null)[]) => [...new Set(values.filter((v) => v !== null))];
  const people = each(attempts.map((a) => a.person));
  const addresses = each(attempts.filter((a) => a.person === null).map((a) => a.address));
  const { rows } = await sql<Omit<Seen, 't' | 'outcome'> & { at: Date }>`
    select at, person_id as person, host(address) as address, host, category, via, rule
    from activity
    where outcome = 'block' and at between ${new Date(from)} and ${new Date(until)}
      and (${categories}::text[] is null or category = any (${categories}::text[]))
      and (person_id = any (${people}::uuid[]) or person_id is null and address = any (${addresses}::inet[]))
    order by at`.execute(tx);
  const seen = rows.map(
    ({ at, ...r }): Seen => ({
      ...r,
      t: at.getTime(),
      address: canonicalAddress(r.address) ?? r.address,
      outcome: 'block',
    }),
  );
  return groupBy(seen, keyOf);
}

/** One open alert per person, whichever way they try. */
const bypassKey = (line: Seen): string => `bypass ${actor(line)}`;
