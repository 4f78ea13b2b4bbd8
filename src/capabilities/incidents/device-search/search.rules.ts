import { Refusal } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { DeviceSearch } from '#policy/sections.ts';
import type { PolicyDocument } from '#policy/types.ts';
import { policyInForce, versionDocument } from '#rooms/policies/index.ts';
import type { SearchActor, Standing } from './search.facts.ts';
import type { Search } from './search.store.ts';

/** The policy's part on searching, in the version that holds. */
export interface SearchPolicy {
  readonly number: number;
  readonly document: PolicyDocument;
  readonly rules: DeviceSearch;
}

const partOf = (document: PolicyDocument): DeviceSearch | null =>
  document.modules.deviceSearch ? document.deviceSearch : null;

/** D23: null where the school's policy has no such part. */
export async function searchPolicyOrNull(tx: Tx, now: number): Promise<SearchPolicy | null> {
  const policy = await policyInForce(tx, now);
  const rules = policy && partOf(policy.document);
  return policy && rules ? { number: policy.number, document: policy.document, rules } : null;
}

/** The same for everything that only exists where the policy has it. */
export async function searchPolicy(tx: Tx, now: number): Promise<SearchPolicy> {
  const policy = await searchPolicyOrNull(tx, now);
  if (policy) return policy;
  throw new Refusal('not-found', 'device-search.off', 'Your school’s policy has no device search.', {
    remedy: 'A worry about something on a device goes to the designated safeguarding lead, as any other does.',
  });
}

/** A search that was begun is finished by the rules in force or, where a newer policy has none, by those it began under. */
export async function policyOfSearch(tx: Tx, now: number, search: Pick<Search, 'policyNumber'>): Promise<SearchPolicy> {
  const now_ = await searchPolicyOrNull(tx, now);
  if (now_) return now_;
  const document = await versionDocument(tx, search.policyNumber);
  const rules = partOf(document);
  return rules ? { number: search.policyNumber, document, rules } : searchPolicy(tx, now);
}

/** What the clauses that keep a row of the catalogue point to. */
const pointedTo = (document: PolicyDocument, row: string, to: 'documents' | 'references'): string[] => [
  ...new Set(document.clauses.filter((c) => c.rows.includes(row)).flatMap((c) => c[to] ?? [])),
];
/** SRC-22: policies that a search keeps to besides this one. */
export const documentsOf = (document: PolicyDocument): string[] => pointedTo(document, 'SRC-22', 'documents');
/** SRC-21: guidance that the DSL's decision follows. */
export const guidanceOf = (document: PolicyDocument): string[] => pointedTo(document, 'SRC-21', 'references');

/**
 * What somebody is to a search. Whom it is about is nothing to it, whoever they are. Where it is about everybody who leads
 * on safeguarding, whoever holds the role above decides in their place (ROL-20): somebody must.
 */
export function partsOf(
  person: { readonly id: string; readonly duties: readonly string[] },
  search: Pick<Search, 'about' | 'searchers'>,
  rules: DeviceSearch,
  leads: readonly string[],
): SearchActor[] {
  if (search.about.includes(person.id)) return [];
  const head = person.duties.includes(rules.authorisedBy);
  const noLead = leads.every((id) => search.about.includes(id));
  const parts: [SearchActor, boolean][] = [
    ['searcher', search.searchers.includes(person.id)],
    ['dsl', person.duties.includes('dsl') || (noLead && head)],
    ['head', head],
  ];
  return parts.filter(([, holds]) => holds).map(([part]) => part);
}

/** Everything that would show, copy or print what was found is closed (SRC-19). */
export const isSealed = (standing: Pick<Standing, 'suspected'>): boolean => standing.suspected;
