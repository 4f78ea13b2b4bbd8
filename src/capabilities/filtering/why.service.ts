import { sql } from 'kysely';
import { MINUTE } from '#core/clock.ts';
import type { Address } from '#filter/index.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { type Decision, type EvidenceLevel, evidenceOf, type LiveChange } from '#policy/index.ts';
import { type PolicyInForce, policyAt, policyInForce } from '#rooms/policies/index.ts';
import { changesHeld } from './changes/changes.history.ts';
import { liveChanges } from './changes/changes.snapshot.ts';
import { newestVersion } from './lists.service.ts';
import { type Asker, indexOfVersion, judge, profileOf, type Verdict, withChanges } from './verdict.service.ts';

/** What a gateway wrote down about one person and site. */
export interface Recorded {
  readonly at: Date;
  readonly via: string;
  readonly profile: string;
  readonly category: string | null;
  readonly outcome: 'allow' | 'warn' | 'block';
  readonly rule: string;
  readonly clause: string | null;
  readonly list: string | null;
  readonly count: number;
}

/** Which lists were in use. */
export interface ListsThen {
  readonly version: string;
  readonly since: Date;
  /** In use to this day, so that their lines can be shown. */
  readonly inUse: boolean;
}

/** Why an address is open or closed to somebody, now or at a moment that is over. */
export interface Why {
  readonly at: number;
  readonly past: boolean;
  readonly policy: Pick<PolicyInForce, 'number' | 'from' | 'compiled'> | null;
  readonly lists: ListsThen | null;
  /** Null: the lists of that time are kept no longer, so that nobody can ask them again. */
  readonly verdict: Verdict | null;
  readonly profile: string;
  /** How sure the lists must be for this profile. */
  readonly level: EvidenceLevel;
  /** The change of the filter that decided. */
  readonly change: LiveChange | null;
  /** The answer where only the name is seen, if it is another. */
  readonly byName: Decision | null;
  readonly recorded: readonly Recorded[];
}

export interface WhyAsked {
  readonly address: Address;
  readonly who: Asker;
  /** Epoch ms; left out: now. */
  readonly at?: number | undefined;
  /** Does a gateway see the whole address, or only its name? */
  readonly seen: 'address' | 'name';
}

/** Recorded requests so near belong to the question. */
const NEAR = 15 * MINUTE;

/** The answer with all that it rests on: for the past, policy, lists, permissions and openings as they were. */
export async function why(tx: Tx, deps: Deps, asked: WhyAsked): Promise<Why> {
  const { address, who } = asked;
  const now = deps.clock.now();
  const past = asked.at !== undefined && asked.at < now;
  const at = past ? (asked.at ?? now) : now;
  const person = 'person' in who ? who.person : null;
  const policy = past ? await policyAt(tx, at) : await policyInForce(tx, now);
  const recorded = past && person !== null ? await recordedNear(tx, person, address.host, at) : [];
  const [nearest] = recorded;
  // Pupils go up a year, so what the gateway knew then is better than what is known now.
  const known = policy?.compiled.profiles.some((p) => p.id === nearest?.profile) ? nearest?.profile : undefined;
  const profile = 'profile' in who ? who.profile : (known ?? (await profileOf(tx, policy, who.person)));
  const lists = past ? await listsAt(tx, at, nearest?.list ?? null) : await listsNow(tx);
  const index = lists && indexOfVersion(deps, lists.version);
  const changes = policy ? await (past ? changesThen(tx, at, policy) : changesNow(tx, now, policy)) : [];

  const answer = (of: Address): Verdict => {
    const verdict = judge(policy, index, of, { profile, person, at });
    return policy ? withChanges(verdict, changes, policy, person, at) : verdict;
  };
  const verdict = past && lists && !index ? null : answer(address);
  const byName = asked.seen === 'name' && address.path !== '' && verdict ? answer({ ...address, path: '' }) : null;
  return {
    at,
    past,
    policy,
    lists,
    verdict,
    profile,
    level: evidenceOf(policy?.compiled ?? null, profile),
    change: changes.find((c) => verdict?.decision.because.rule === `change.${c.reference}`) ?? null,
    byName: byName && byName.decision.outcome !== verdict?.decision.outcome ? byName.decision : null,
    recorded,
  };
}

type Then = Pick<PolicyInForce, 'document' | 'compiled'>;
const changesNow = (tx: Tx, now: number, { document, compiled }: Then) =>
  liveChanges(tx, now, document, compiled.timeZone);
const changesThen = (tx: Tx, at: number, { document, compiled }: Then) =>
  changesHeld(tx, { from: at, until: at + 1 }, document, compiled.timeZone);

async function listsNow(tx: Tx): Promise<ListsThen | null> {
  const newest = await newestVersion(tx);
  return newest ? { version: newest.sha256, since: newest.built_at, inUse: true } : null;
}

/** What the gateway named, or what was compiled last before. */
async function listsAt(tx: Tx, at: number, named: string | null): Promise<ListsThen | null> {
  const { rows } = await sql<Omit<ListsThen, 'inUse'>>`
    select version, since from gh_lists_in_use(${new Date(at)}, ${named})`.execute(tx);
  const [then] = rows;
  if (!then) return null;
  const newest = await newestVersion(tx);
  return { ...then, inUse: newest?.sha256 === then.version };
}

/** What was written down of this person and host, the nearest first. Row security shows it only to whom activity is shown. */
async function recordedNear(tx: Tx, person: string, host: string, at: number): Promise<Recorded[]> {
  const rows = await tx
    .selectFrom('activity')
    .select(['at', 'via', 'profile', 'category', 'outcome', 'rule', 'clause', 'list', 'count'])
    .where('person_id', '=', person)
    .where('host', '=', host)
    .where('at', '>=', new Date(at - NEAR))
    .where('at', '<=', new Date(at + NEAR))
    .execute();
  const distance = (r: Recorded) => Math.abs(r.at.getTime() - at);
  return rows.sort((a, b) => distance(a) - distance(b)).slice(0, 5);
}
