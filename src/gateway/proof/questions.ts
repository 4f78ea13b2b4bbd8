import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FLOOR } from '#policy/floor.ts';
import { type CompiledPolicy, type CompiledProfile, decide } from '#policy/index.ts';
import { type ProofSet, proofName } from '#policy/proof.ts';

/** The sets of docs/proof-sets.md, as they ship. */
export interface ProofSites {
  readonly crisis: readonly string[];
  readonly education: readonly string[];
}

/** Read the shipped sets, or others of the same layout. */
export function loadProofSites(folder = fileURLToPath(new URL('../../../lists/proof', import.meta.url))): ProofSites {
  const hosts = (set: string) =>
    readFileSync(`${folder}/${set}/domains`, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
  return { crisis: hosts('crisis'), education: hosts('education') };
}

/** One thing to prove to one profile. */
export interface ProofItem {
  readonly set: ProofSet;
  readonly host: string;
  /** Asked one after the other; the first that is not as it must be counts. */
  readonly names: readonly string[];
  readonly expect: 'blocked' | 'open';
  /** Of a test name. */
  readonly category?: string;
}

/** Everything that is to be proved to a profile at this moment. */
export function questionsFor(
  policy: CompiledPolicy,
  profile: CompiledProfile,
  at: number,
  sites: ProofSites,
): ProofItem[] {
  return [
    ...closedItems(policy, profile, at),
    ...openItems('crisis', sites.crisis),
    ...openItems('education', sites.education),
  ];
}

/** What the policy itself says of a category now; the sockets must say the same. */
export const isClosed = (policy: CompiledPolicy, profile: string, category: string, at: number): boolean =>
  decide(policy, profile, { categories: [category], at }).outcome === 'block';

/**
 * That grave names are closed is asked without asking the policy: they would be even where a document, or the code that
 * reads it, forgot (FIL-02, FIL-05, FIL-08).
 */
function closedItems(policy: CompiledPolicy, profile: CompiledProfile, at: number): ProofItem[] {
  const floor = new Set(FLOOR.filter((f) => f.audiences.includes(profile.audience)).flatMap((f) => f.categories));
  return Object.entries(policy.categories).flatMap(([category, { nature }]): ProofItem[] => {
    const grave = nature === 'illegal' || floor.has(category);
    if (!grave && !isClosed(policy, profile.id, category, at)) return [];
    const host = proofName(category);
    return [{ set: grave ? 'grave' : 'closed', host, names: [host], expect: 'blocked', category }];
  });
}

/** By its host and with `www.` before it, as docs/proof-sets.md measures. */
const openItems = (set: 'crisis' | 'education', hosts: readonly string[]): ProofItem[] =>
  hosts.map((host) => {
    const names = host.startsWith('www.') ? [host] : [host, `www.${host}`];
    return { set, host, names, expect: 'open' };
  });
