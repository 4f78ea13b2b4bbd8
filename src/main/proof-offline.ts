import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { buildIndex, loadIndex, loadMapping, loadTaxonomy } from '#filter/index.ts';
import { loadProofSites, type ProofItem, questionsFor } from '#gateway/proof/questions.ts';
import { GatewayState } from '#gateway/state.ts';
import { bareSchool, compilePolicy, type Snapshot } from '#policy/index.ts';
import { PROOF_SETS, type ProofSet } from '#policy/proof.ts';
import { policyOf, sourcesOf, TIME_ZONE } from './check.ts';

export interface OfflineProof {
  readonly profile: string;
  readonly set: ProofSet;
  readonly asked: number;
  readonly wrong: readonly string[];
}

/**
 * What a gateway would find if it proved itself over these lists, without a server: the same questions to the same judge, for
 * every profile. Sockets are not proved by it.
 */
export async function proofOffline(options: {
  readonly policy: string;
  readonly lists: string | undefined;
}): Promise<OfflineProof[]> {
  const taxonomy = loadTaxonomy();
  const document = policyOf(options.policy, taxonomy);
  const policy = compilePolicy(document, taxonomy.categories, bareSchool(TIME_ZONE));
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-proof-'));
  try {
    const file = join(folder, 'index');
    await buildIndex(sourcesOf(options.lists), taxonomy, loadMapping(taxonomy), file);
    const index = loadIndex(file);
    const state = new GatewayState(systemClock);
    const settings = { dnsBlock: 'page', allowedPrivate: [], proxySignIn: 'accept' } as const;
    const school = { id: 'offline', name: 'offline' };
    const rest = { number: 1, issuedAt: 0, pagesUrl: '', index: index.version, people: {}, addresses: [] };
    state.use({ format: 1, school, policy, settings, ...rest } satisfies Snapshot, index);
    const sites = loadProofSites();
    const at = systemClock.now();
    return policy.profiles.flatMap((profile) => {
      const client = state.testClient('127.0.0.1', profile.id);
      const isWrong = ({ names, expect }: ProofItem): boolean =>
        names.some(
          (name) => client === null || (state.judge(client, name).outcome === 'block') !== (expect === 'blocked'),
        );
      const items = questionsFor(policy, profile, at, sites);
      return PROOF_SETS.map((set) => {
        const own = items.filter((item) => item.set === set);
        return { profile: profile.id, set, asked: own.length, wrong: own.filter(isWrong).map((item) => item.host) };
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const SHOWN = 3;

/** The same, printed; 0 when grave names are closed, help is open, and lessons lose at most half a percent. */
export async function proofAndPrint(options: Parameters<typeof proofOffline>[0], json: boolean): Promise<number> {
  const found = await proofOffline(options);
  for (const { profile, set, asked, wrong } of found) {
    const share = asked > 0 ? `${((100 * wrong.length) / asked).toFixed(2)} %` : '';
    const examples = wrong.slice(0, SHOWN).join(', ');
    console.log(
      json
        ? JSON.stringify({ profile, set, asked, wrong })
        : `${profile.padEnd(16)} ${set.padEnd(10)} ${String(wrong.length).padStart(5)} wrong of ${String(asked).padStart(5)}  ${share.padStart(8)}  ${examples}`.trimEnd(),
    );
  }
  const failed = found.some(({ set, asked, wrong }) => wrong.length > (set === 'education' ? asked * 0.005 : 0));
  return failed ? 3 : 0;
}
