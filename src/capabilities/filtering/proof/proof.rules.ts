import type { ProofVerdict } from '#platform/schema.ts';
import { isAskedAt, PROOF_POINTS, type ProofMiss, type ProofReport, type ProofSet } from '#policy/proof.ts';

/** What a report is held against. */
export interface ProofFacts {
  /** Every profile of the policy that was in force. */
  readonly profiles: readonly { readonly id: string; readonly name: string }[];
  readonly policyVersion: string;
  /** Categories that the policy calls grave besides those that are so by their nature. */
  readonly grave: ReadonlySet<string>;
  readonly categoryName: (id: string) => string;
}

/** Of the lessons' sites of a profile, so many may be closed wrongly before a run fails (docs/proof-sets.md). */
export const LESSONS_LIMIT = 0.005;

export interface Judged {
  readonly standing: ProofVerdict;
  /** Sentences for whoever must act, the gravest first. */
  readonly findings: readonly string[];
}

/**
 * How a run went. Nothing is taken for granted: what was not asked or not answered is as little proved as what was wrong.
 */
export function judgeReport(report: ProofReport, facts: ProofFacts): Judged {
  const urgent: string[] = [...letThrough(report, facts, true), ...closed(report, facts, 'crisis')];
  const failed: string[] = [
    ...letThrough(report, facts, false),
    ...missing(report, facts),
    ...unanswered(report, facts),
  ];
  if (report.policy !== facts.policyVersion) {
    failed.push(`It obeyed version ${report.policy} of the policy; in force was ${facts.policyVersion}.`);
  }
  const over = report.results.some((r) => r.set === 'education' && r.wrong > r.asked * LESSONS_LIMIT);
  const notes = [...closed(report, facts, 'education')];
  if (over) failed.push(...notes);
  const standing = urgent.length > 0 ? 'urgent' : failed.length > 0 ? 'failed' : 'proved';
  return { standing, findings: [...urgent, ...failed, ...(over ? [] : notes)] };
}

const POINT_WORDS = { dns: 'DNS', proxy: 'proxy', tunnel: 'tunnel' } as const;

/** A sentence for each kind of site whose test name was open, those that are grave or those that are not. */
function* letThrough(report: ProofReport, facts: ProofFacts, grave: boolean): Generator<string> {
  for (const [host, where] of found(report, facts, ['grave', 'closed'], 'let-through')) {
    const category = host.split('.')[0] ?? host;
    if ((where.set === 'grave' || facts.grave.has(category)) !== grave) continue;
    yield `“${facts.categoryName(category)}” was let through (test name ${host}) for ${where.words}.`;
  }
  const sets = report.results.filter((r) => (grave ? r.set === 'grave' : r.set === 'closed') && r.wrong > 0);
  if (sets.some((r) => r.misses.length === 0)) yield 'Further test names were let through.';
}

function* closed(report: ProofReport, facts: ProofFacts, set: 'crisis' | 'education'): Generator<string> {
  const what = set === 'crisis' ? 'A help service was closed' : 'A site for lessons was closed';
  for (const [host, where] of found(report, facts, [set], 'blocked')) yield `${what}: ${host} for ${where.words}.`;
  if (report.results.some((r) => r.set === set && r.wrong > 0 && r.misses.length === 0)) yield `${what}: further ones.`;
}

/** Hosts with such a miss, and for whom and where in words. */
function found(report: ProofReport, facts: ProofFacts, sets: readonly ProofSet[], got: ProofMiss['got']) {
  const by = new Map<string, { set: ProofSet; profiles: Set<string>; points: Set<string> }>();
  for (const { set, profile, point, misses } of report.results) {
    if (!sets.includes(set)) continue;
    for (const miss of misses.filter((m) => m.got === got)) {
      const one = by.get(miss.host) ?? { set, profiles: new Set(), points: new Set() };
      one.profiles.add(profile);
      one.points.add(POINT_WORDS[point]);
      by.set(miss.host, one);
    }
  }
  return [...by].map(([host, { set, profiles, points }]) => {
    const words = `${whom([...profiles], facts)} by ${[...points].join(' and ')}`;
    return [host, { set, words }] as const;
  });
}

const SHOWN = 3;
function whom(ids: readonly string[], { profiles }: ProofFacts): string {
  if (ids.length === profiles.length) return 'everybody';
  const names = ids.map((id) => profiles.find((p) => p.id === id)?.name ?? id);
  return names.length > SHOWN
    ? `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`
    : names.join(', ');
}

function* unanswered(report: ProofReport, facts: ProofFacts): Generator<string> {
  for (const point of PROOF_POINTS) {
    const silent = report.results.filter((r) => r.point === point && r.unanswered > 0);
    const n = silent.reduce((sum, r) => sum + r.unanswered, 0);
    if (n > 0) {
      const profiles = [...new Set(silent.map((r) => r.profile))];
      yield `${n.toLocaleString('en-GB')} questions by ${POINT_WORDS[point]} were not answered, for ${whom(profiles, facts)}.`;
    }
  }
}

/** A profile of the policy that nobody asked for, or a set that was left out: never green by default. */
function* missing(report: ProofReport, facts: ProofFacts): Generator<string> {
  for (const { id, name } of facts.profiles) {
    const left = PROOF_POINTS.flatMap((point) =>
      (['grave', 'crisis', 'education'] as const).filter(
        (set) =>
          isAskedAt(point, set) &&
          !report.results.some((r) => r.profile === id && r.point === point && r.set === set && r.asked > 0),
      ),
    );
    if (left.length > 0) yield `Not everything was asked for ${name}.`;
  }
}
