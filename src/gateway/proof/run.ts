import type { Clock } from '#core/clock.ts';
import type { Endpoint } from '#core/endpoint.ts';
import { newId } from '#core/ids.ts';
import type { CompiledProfile, Snapshot } from '#policy/index.ts';
import {
  isAskedAt,
  MOST_MISSES,
  PROOF_POINTS,
  PROOF_SETS,
  type ProofMiss,
  type ProofPoint,
  type ProofProgress,
  type ProofReason,
  type ProofReport,
  type ProofResult,
  type ProofSet,
} from '#policy/proof.ts';
import type { Asker, Heard } from './ask.ts';
import { dnsAsker } from './ask-dns.ts';
import { proxyAsker, tunnelAsker } from './ask-proxy.ts';
import { mintCredential } from './credential.ts';
import { isClosed, type ProofItem, type ProofSites, questionsFor } from './questions.ts';

export interface ProofRun {
  readonly why: ProofReason;
  readonly request: string | null;
  readonly snapshot: Snapshot;
  readonly list: string;
  readonly key: Uint8Array;
  readonly dns: Endpoint;
  readonly proxy: Endpoint;
  readonly block: Endpoint;
  readonly proxyTls: boolean;
  readonly clock: Clock;
  readonly sites: ProofSites;
  /** Do the threads still obey this snapshot? When not, the run is worth nothing and ends. */
  readonly current: () => boolean;
  readonly progress: (progress: ProofProgress) => void;
}

/** Questions under way at once: few, since people's own requests come first. */
const AT_ONCE: Readonly<Record<ProofPoint, number>> = { dns: 16, proxy: 8, tunnel: 8 };
/** A change that a gateway obeys has such a rule (policy/changes.ts). */
const CHANGE = 'change.';

/** Ask everything of everyone, through the sockets. Null when the snapshot was replaced meanwhile. */
export async function runProof(run: ProofRun): Promise<ProofReport | null> {
  const { snapshot, clock, current, progress } = run;
  const { profiles } = snapshot.policy;
  const id = newId(clock.now());
  const begunAt = clock.now();
  const plan = profiles.flatMap((profile) => PROOF_POINTS.map((point) => ({ profile, point })));
  const count = (profile: CompiledProfile, point: ProofPoint) => itemsFor(run, profile, point).length;
  const total = plan.reduce((sum, { profile, point }) => sum + count(profile, point), 0);
  let done = 0;
  const results: ProofResult[] = [];
  const askers: Record<ProofPoint, Asker> = {
    dns: await dnsAsker(run.dns, run.block.address),
    proxy: proxyAsker(run.proxy, run.proxyTls, AT_ONCE.proxy),
    tunnel: tunnelAsker(run.proxy, run.proxyTls),
  };
  try {
    for (const { profile, point } of plan) {
      const tally = new Tally(point, profile.id);
      await inParallel(itemsFor(run, profile, point), AT_ONCE[point], async (item) => {
        if (!current()) return;
        await prove(run, askers[point], profile, item, tally);
        done++;
        progress({ run: id, done, total });
      });
      if (!current()) return null;
      results.push(...tally.results());
    }
  } finally {
    for (const asker of Object.values(askers)) asker.close();
  }
  const { why, request, list } = run;
  const policy = snapshot.policy.version;
  const report = { run: id, why, request, begunAt, endedAt: clock.now(), snapshot: snapshot.number, list, policy };
  return { ...report, results: bounded(results) };
}

const itemsFor = ({ snapshot, clock, sites }: ProofRun, profile: CompiledProfile, point: ProofPoint): ProofItem[] =>
  questionsFor(snapshot.policy, profile, clock.now(), sites).filter((item) => isAskedAt(point, item.set));

async function prove(
  { key, snapshot, clock }: ProofRun,
  asker: Asker,
  profile: CompiledProfile,
  item: ProofItem,
  tally: Tally,
): Promise<void> {
  for (const name of item.names) {
    const answer = await asker.ask(name, mintCredential(key, profile.id, snapshot.number));
    if (answer.got === item.expect) continue;
    // The hour at which a kind of site opens may strike between question and answer.
    const turned = item.set === 'closed' && !isClosed(snapshot.policy, profile.id, item.category ?? '', clock.now());
    return turned ? undefined : tally.miss(item.set, name, answer);
  }
  tally.asExpected(item.set);
}

type Counts = { -readonly [K in keyof ProofResult]: ProofResult[K] } & { misses: ProofMiss[] };

/** Counts of one enforcement point and profile. */
class Tally {
  readonly #sets: Readonly<Record<ProofSet, Counts>>;

  constructor(point: ProofPoint, profile: string) {
    const none = { asked: 0, expected: 0, wrong: 0, decided: 0, unanswered: 0 };
    this.#sets = Object.fromEntries(
      PROOF_SETS.map((set) => [set, { point, profile, set, ...none, misses: [] as ProofMiss[] }]),
    ) as unknown as Record<ProofSet, Counts>;
  }

  asExpected(set: ProofSet): void {
    this.#sets[set].asked++;
    this.#sets[set].expected++;
  }

  miss(set: ProofSet, host: string, { got, stamp }: Heard): void {
    const counts = this.#sets[set];
    counts.asked++;
    if (set === 'education' && got === 'blocked' && stamp?.rule.startsWith(CHANGE)) {
      counts.decided++;
      return;
    }
    const unanswered = got === 'silent' || got === 'refused';
    if (unanswered) counts.unanswered++;
    else counts.wrong++;
    if (counts.misses.length >= MOST_MISSES.perResult) return;
    counts.misses.push({
      host,
      got: unanswered ? 'unanswered' : got === 'blocked' ? 'blocked' : 'let-through',
      rule: stamp?.rule ?? null,
      category: stamp?.category ?? null,
      text: stamp?.text ?? null,
    });
  }

  results(): ProofResult[] {
    return Object.values(this.#sets).filter((r) => r.asked > 0);
  }
}

/** When everything is wrong, the counts say so; examples of everything would only burst the report. */
function bounded(results: readonly ProofResult[]): ProofResult[] {
  let left: number = MOST_MISSES.perRun;
  return results.map((result) => {
    const misses = result.misses.slice(0, left);
    left -= misses.length;
    return { ...result, misses };
  });
}

async function inParallel<T>(items: readonly T[], n: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const one = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: n }, one));
}
