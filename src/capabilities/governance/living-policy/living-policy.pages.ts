import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { type DocumentModel, find, type Heading, renderBlock } from '#platform/documents/index.ts';
import type { School } from '#platform/school.ts';
import { PERSON_KINDS, type PolicyDocument } from '#policy/index.ts';
import { holders } from '#rooms/identity/index.ts';
import { type PolicyInForce, policyInForce, taxonomy } from '#rooms/policies/index.ts';
import type { ChartSize } from '#web/chart.ts';
import { hasDuty, type Viewer } from '#web/index.ts';
import { clashesOf } from './clashes.ts';
import { coverageChart } from './coverage.chart.ts';
import { countStates, coverage, KEEPING, KEEPING_WORDS, type Keeping, type KeptClause, sayCounts } from './coverage.ts';
import { readEvidence } from './evidence/index.ts';
import { policyDocumentModel } from './policy.model.ts';

/**
 * Who reads what keeps a clause today: the governing body, and staff with a part in it. Never pupils, parents or the
 * public, whatever roles they were given.
 */
const KINDS: readonly Viewer['person']['kind'][] = ['staff', 'governor'];
export const OVERSIGHT = [
  'governor',
  'lead-governor',
  'chair',
  'head',
  'dsl',
  'centre-lead',
  'administrator',
  'ict-manager',
  'filter-approver',
  'coordinator',
  'online-safety-coordinator',
  'online-safety-group',
  'nominated-person',
  'senior-risk-officer',
  'data-protection-officer',
] as const;
export const seesEvidence = (viewer: Viewer | null, school: string): boolean =>
  viewer !== null && viewer.school.id === school && KINDS.includes(viewer.person.kind) && hasDuty(viewer, ...OVERSIGHT);

/** The policy as its readers get it; null while the school has none. Names are for adults of the school itself. */
export async function readPolicy(
  deps: Deps,
  school: School,
  reader: Viewer | null,
): Promise<{ policy: PolicyInForce; model: DocumentModel } | null> {
  return deps.db.in({ school: school.id, person: null, duties: [] }, async (tx) => {
    const policy = await policyInForce(tx, deps.clock.now());
    if (!policy) return null;
    const adult = reader?.school.id === school.id && reader.person.kind !== 'pupil';
    const model = policyDocumentModel({
      ...policy,
      categories: taxonomy().categories,
      clashes: clashesOf(policy, deps.clock.now()),
      edition: { school: school.name, number: policy.number, from: policy.from, timeZone: school.timeZone },
      holders: adult ? await holdersOf(tx, policy.document) : null,
    });
    return { policy, model };
  });
}

/** Roles that whole groups of people hold; a list of their names would help nobody. */
const OF_MANY: readonly string[] = ['teacher', ...PERSON_KINDS];

async function holdersOf(tx: Tx, document: PolicyDocument): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const role of document.roles) {
    if (OF_MANY.includes(role.id) && role.holders.min === 0) continue;
    const people = await holders(tx, role.id);
    found.set(
      role.id,
      people.map((p) => (p.rank === 'deputy' ? `${p.displayName} (deputy)` : p.displayName)),
    );
  }
  return found;
}

/** Today's evidence for every clause; null while no policy is in force. */
export async function readCoverage(deps: Deps, school: string): Promise<KeptClause[] | null> {
  const read = await readEvidence(deps, school);
  if (!read) return null;
  const { document } = read.policy;
  return coverage(document, read.answers, read.duties);
}

/** The page: blocks as HTML, each clause with what keeps it where the reader may know. */
export async function policyPage(deps: Deps, school: School, viewer: Viewer | null, q: string) {
  const read = await readPolicy(deps, school, viewer);
  if (!read) return { school, policy: null };
  const { policy, model } = read;
  const kept = seesEvidence(viewer, school.id) ? await readCoverage(deps, school.id) : null;
  const byClause = new Map(kept?.map((k) => [k.clause.id, k]));
  const found = find(model, q);
  return {
    school,
    policy,
    q,
    title: model.title,
    contents: found.blocks.filter((b): b is Heading => b.kind === 'heading' && b.level === 2 && b.id !== undefined),
    parts: found.blocks
      .filter((b) => b.kind !== 'heading' || b.level > 1)
      .map((b) => ({ html: renderBlock(b), kept: (b.kind === 'paragraph' && b.id && byClause.get(b.id)) || null })),
    summary: kept && sayCounts(countStates(kept)),
  };
}

export interface CoverageSearch {
  readonly q: string;
  readonly state: Keeping | '';
  readonly section: string;
}

/** The summary for those who answer for the policy: sections in numbers, and the clauses that the search finds. */
export async function coveragePage(deps: Deps, viewer: Viewer, search: CoverageSearch) {
  const kept = await readCoverage(deps, viewer.school.id);
  if (!kept) return { kept: null };
  const wanted = search.q.trim().toLowerCase();
  const fits = ({ clause, state, controls, duties }: KeptClause) =>
    (search.state === '' || state === search.state) &&
    (search.section === '' || clause.section === search.section) &&
    [
      clause.number,
      clause.text,
      ...controls.flatMap((c) => [c.control.name, c.evidence.text]),
      ...duties.map((d) => d.title),
    ]
      .join('\n')
      .toLowerCase()
      .includes(wanted);
  const counts = countStates(kept);
  return {
    kept: kept.filter(fits),
    sections: sectionsOf(kept),
    counts,
    all: kept.length,
    summary: sayCounts(counts),
    states: KEEPING.map((value) => ({ value, text: KEEPING_WORDS[value].name })),
    words: KEEPING_WORDS,
    sectionChoices: [...new Set(kept.map((k) => k.clause.section))].map((title) => ({ value: title, text: title })),
    // `search` is the macro's name in the template.
    search_: search,
  };
}

const sectionsOf = (kept: readonly KeptClause[]) =>
  [...Map.groupBy(kept, (k) => k.clause.section)].map(([title, own]) => ({
    title,
    all: own.length,
    counts: countStates(own),
  }));

/** The same numbers as a picture. */
export async function coverageSvg(deps: Deps, viewer: Viewer, size?: ChartSize): Promise<string> {
  return coverageChart(sectionsOf((await readCoverage(deps, viewer.school.id)) ?? []), size);
}
