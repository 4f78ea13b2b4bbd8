import { existsSync } from 'node:fs';
import {
  type Address,
  type CategoryIndex,
  type Explanation,
  explainHost,
  loadIndex,
  loadMapping,
} from '#filter/index.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import {
  changed,
  changeFor,
  type Decision,
  decide,
  decideByEvidence,
  type EvidenceLevel,
  type LiveChange,
  profileFor,
  UNIDENTIFIED,
  withSchoolMail,
} from '#policy/index.ts';
import { personById, rolesHeld } from '#rooms/identity/index.ts';
import { type PolicyInForce, policyInForce, taxonomy } from '#rooms/policies/index.ts';
import { liveChanges } from './changes/changes.snapshot.ts';
import { downloadsOf, indexFile, newestVersion } from './lists.service.ts';
import { ownHosts, ownSource } from './source-own-hosts.ts';
import { evidenceWith, mappingWith, type Readings, readingsOf } from './source-readings.ts';
import { sourcesOf } from './sources.rules.ts';
import { sourceRows } from './versions.service.ts';

/** Loaded indexes by version: a version never changes. Two, so that a swap needs no second load. */
const loaded = new Map<string, CategoryIndex>();

/** The index of the lists in use; null until lists are compiled, or while the file is gone. */
export async function currentIndex(deps: Deps, tx: Tx): Promise<CategoryIndex | null> {
  const version = await newestVersion(tx);
  return version ? indexOfVersion(deps, version.sha256) : null;
}

/** The index of any version; null when its file is gone, as only the last few are kept. */
export function indexOfVersion(deps: Deps, sha256: string): CategoryIndex | null {
  const have = loaded.get(sha256);
  if (have) return have;
  const file = indexFile(deps, sha256);
  if (!existsSync(file)) return null;
  const index = loadIndex(file);
  const oldest = loaded.keys().next().value;
  if (loaded.size > 1 && oldest !== undefined) loaded.delete(oldest);
  loaded.set(sha256, index);
  return index;
}

export interface Verdict {
  readonly address: Address;
  readonly profile: string;
  readonly decision: Decision;
  readonly categories: readonly string[];
  /** Version of the lists; null when there is none, and then everything is closed. */
  readonly list: string | null;
}

export type Asker = { readonly profile: string } | { readonly person: string };

/** What the filter answers: the same policy, index, openings and decision that the gateways have. */
export async function judgeFor(
  tx: Tx,
  deps: Deps,
  who: Asker & { readonly host: string; readonly path?: string },
): Promise<Verdict> {
  const verdict = await judgeByLists(tx, deps, who);
  const policy = await policyInForce(tx, deps.clock.now());
  return policy
    ? withChanges(
        verdict,
        await changesNow(tx, deps, policy),
        policy,
        'person' in who ? who.person : null,
        deps.clock.now(),
      )
    : verdict;
}

const changesNow = (tx: Tx, deps: Deps, { document, compiled }: PolicyInForce): Promise<LiveChange[]> =>
  liveChanges(tx, deps.clock.now(), document, compiled.timeZone);

/** A verdict with what people opened and closed. */
export function withChanges(
  verdict: Verdict,
  changes: readonly LiveChange[],
  { compiled }: Pick<PolicyInForce, 'compiled'>,
  person: string | null,
  now: number,
): Verdict {
  const change = changeFor(changes, { person, profile: verdict.profile }, verdict.address.host, now);
  return change ? { ...verdict, decision: changed(compiled, verdict.decision, verdict.categories, change) } : verdict;
}

/** The same without what people opened and closed: what the lists and the policy say. */
export async function judgeByLists(
  tx: Tx,
  deps: Deps,
  who: Asker & { readonly host: string; readonly path?: string },
): Promise<Verdict> {
  const [policy, index] = [await policyInForce(tx, deps.clock.now()), await currentIndex(deps, tx)];
  const person = 'person' in who ? who.person : null;
  const profile = 'person' in who ? await profileOf(tx, policy, who.person) : who.profile;
  const address = { host: who.host, path: who.path ?? '' };
  return judge(policy, index, address, { profile, person, at: deps.clock.now() });
}

/** The same for every profile of the policy in force. */
export async function judgeForAll(tx: Tx, deps: Deps, address: Address): Promise<(Verdict & { name: string })[]> {
  const [policy, index] = [await policyInForce(tx, deps.clock.now()), await currentIndex(deps, tx)];
  if (!policy) return [];
  const changes = await changesNow(tx, deps, policy);
  return policy.compiled.profiles.map(({ id, name }) => {
    const verdict = judge(policy, index, address, { profile: id, person: null, at: deps.clock.now() });
    return { ...withChanges(verdict, changes, policy, null, deps.clock.now()), name };
  });
}

/** The answers of all profiles, those that get the same one together. */
export function together(verdicts: readonly (Verdict & { name: string })[]): { names: string[]; decision: Decision }[] {
  const groups = Object.groupBy(verdicts, ({ decision: { outcome, because } }) =>
    JSON.stringify([outcome, because.rule, because.text]),
  );
  return Object.values(groups).flatMap((group = []) => {
    const [first] = group;
    return first ? [{ names: group.map((v) => v.name), decision: first.decision }] : [];
  });
}

/** As the gateway does it: the host decides; only where it is open is the rest of the address looked at. */
export function judge(
  policy: Pick<PolicyInForce, 'compiled'> | null,
  index: CategoryIndex | null,
  address: Address,
  { profile, person, at }: { readonly profile: string; readonly person: string | null; readonly at: number },
): Verdict {
  const compiled = index ? (policy?.compiled ?? null) : null;
  const own = (decision: Decision, categories: readonly string[]): Decision =>
    compiled
      ? withSchoolMail(compiled, decision, address.host, categories, (left) =>
          decide(compiled, profile, { categories: left, at, person }),
        )
      : decision;
  const verdict = (set: number): Verdict => {
    const categoriesBy = (level: EvidenceLevel) => index?.categoriesOf(set, level) ?? [];
    const { categories, ...decision } = decideByEvidence(compiled, profile, categoriesBy, { at, person });
    return { address, profile, decision: own(decision, categories), categories, list: index?.version ?? null };
  };
  const byHost = verdict(index?.find(address.host) ?? 0);
  if (!index || address.path === '' || byHost.decision.outcome === 'block') return byHost;
  const byUrl = index.findUrl(address.host, address.path);
  return byUrl === 0 ? byHost : verdict(byUrl);
}

/** The profile that a policy gives to a person as they are today. */
export async function profileOf(
  tx: Tx,
  policy: Pick<PolicyInForce, 'document'> | null,
  person: string,
): Promise<string> {
  const row = await personById(tx, person);
  if (!row || !policy) return UNIDENTIFIED;
  const { kind, yearGroup: year, groupName: group } = row;
  return profileFor(policy.document, { kind, year, group, roles: await rolesHeld(tx, person) });
}

/** Must nothing be said about this address but that it is closed (FIL-02, FIL-19)? As the block page sees it. */
export const isNeutral = ({ categories, decision: { outcome, because } }: Verdict): boolean =>
  categories.some(isIllegal) || (outcome === 'block' && because.category !== null && because.remedy === null);

/** Of such a category nothing is shown to anybody (FIL-02). */
export const isIllegal = (category: string): boolean => taxonomy().byId.get(category)?.nature === 'illegal';

/** Which lists speak of an address, by which line. Lists of illegal content are never quoted (FIL-02). */
export async function explainAddress(
  tx: Tx,
  deps: Deps,
  school: string,
  { host, path }: Address,
): Promise<Explanation> {
  const downloads = downloadsOf(deps, school);
  const rows = (await sourceRows(tx))
    .filter((row) => row.enabled)
    .map((row) => ({ row, sources: sourcesOf(row, downloads) }));
  const { settings } = await tx.selectFrom('school').select('settings').executeTakeFirstOrThrow();
  const sources = [...rows.flatMap((r) => r.sources), ...ownSource(downloads, ownHosts(settings, deps.config))];
  const readings: Readings = Object.assign({}, ...rows.map((r) => readingsOf(r.row, r.sources)));
  const all = taxonomy();
  const mapping = mappingWith(loadMapping(all), all, readings);
  const explained = await explainHost(sources, all, mapping, host, path, evidenceWith(all, readings));
  return {
    matches: explained.matches.filter((m) => m.category === null || !isIllegal(m.category)),
    weighed: explained.weighed.filter((w) => !isIllegal(w.category)),
  };
}
