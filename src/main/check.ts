import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { invalid } from '#core/errors.ts';
import {
  type Address,
  buildIndex,
  type Explanation,
  explainAll,
  loadIndex,
  loadMapping,
  loadTaxonomy,
  readAddress,
  type Source,
  type Taxonomy,
} from '#filter/index.ts';
import {
  bareSchool,
  compilePolicy,
  type Decision,
  decideByEvidence,
  type EvidenceLevel,
  evidenceOf,
  type PolicyDocument,
  parsePolicy,
  profileFor,
  SHIPPED_POLICIES,
  shippedPolicy,
  UNIDENTIFIED,
} from '#policy/index.ts';
import { ROOT } from './installation.ts';

export interface CheckOptions {
  /** A shipped policy's id, or the path of a policy file. */
  readonly policy: string;
  /** A profile's id, or `year-8` for the profile of a pupil of that year. */
  readonly profile: string;
  /** A folder of sources: each folder, `.tar.gz` or file in it is one. Left out: our own lists alone. */
  readonly lists: string | undefined;
  /** The addresses: a file with one on each line, besides those given as words. */
  readonly file: string | undefined;
  readonly addresses: readonly string[];
  /** When it is asked: epoch ms, or a time such as 2026-11-24T12:30 on a British wall clock. */
  readonly at: number | string;
}

/** One answer, as `--json` prints it. */
export interface Checked {
  readonly address: string;
  /** Id and version of the policy. */
  readonly policy: string;
  readonly profile: string;
  /** How sure the lists must be for this profile; `weighed` says how sure they are. */
  readonly evidence: EvidenceLevel;
  readonly outcome: Decision['outcome'] | 'not-an-address';
  readonly because: Decision['because'] | null;
  readonly categories: readonly string[];
  /** `name`: encrypted, so that a gateway sees the name only; then the answer is `byName`. */
  readonly seen: 'address' | 'name';
  readonly byName: Decision['outcome'] | null;
  /** Which lists speak of it, what each says, and whether it counts. */
  readonly sources: readonly { source: string; says: string; category: string | null; listed: string }[];
  /** Every category that anybody claims: the points for it, against it and needed, and how surely it is one. */
  readonly weighed: Explanation['weighed'];
}

/** Of whoever gives no other. */
export const TIME_ZONE = 'Europe/London';

/**
 * What the filter would answer, without a server, for many addresses at once. Lists are compiled as a school would
 * compile them, our own among them; the same index, policy and decision as at a gateway.
 */
export async function check(options: CheckOptions): Promise<Checked[]> {
  const taxonomy = loadTaxonomy();
  const document = policyOf(options.policy, taxonomy);
  const profile = profileOf(document, options.profile);
  const policy = compilePolicy(document, taxonomy.categories, bareSchool(TIME_ZONE));
  const at = momentOf(options.at);
  const version = `${document.id} ${document.version}`;
  const asked = addressesOf(options).map((text) => ({ text, address: readAddress(text) }));
  const sources = sourcesOf(options.lists);
  const mapping = loadMapping(taxonomy);

  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-check-'));
  try {
    const file = join(folder, 'index');
    await buildIndex(sources, taxonomy, mapping, file);
    const index = loadIndex(file);
    const known = asked.flatMap(({ address }) => (address ? [address] : []));
    const explained = new Map<Address, Explanation>();
    for (const [i, e] of (await explainAll(sources, taxonomy, mapping, known)).entries()) {
      const address = known[i];
      if (address) explained.set(address, e);
    }
    return asked.map(({ text, address }) => {
      const same = { address: text, policy: version, profile, evidence: evidenceOf(policy, profile) };
      if (!address) return { ...NOTHING, ...same };
      const answer = (path: string) => {
        const set = index.findUrl(address.host, path);
        const by = (level: EvidenceLevel) => index.categoriesOf(set, level);
        return decideByEvidence(policy, profile, by, { at });
      };
      const plain = /^http:/i.test(text) && address.path !== '';
      return {
        ...same,
        ...answer(address.path),
        seen: plain ? 'address' : 'name',
        byName: plain ? null : answer('').outcome,
        ...quotable(explained.get(address), taxonomy),
      };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same, printed: a line of JSON or a few words for each. */
export async function checkAndPrint(options: CheckOptions, json: boolean): Promise<void> {
  for (const one of await check(options)) console.log(json ? JSON.stringify(one) : inWords(one));
}

function inWords({ address, outcome, because, sources }: Checked): string {
  if (!because) return `${address}: this is no web address`;
  const said = sources.map((s) => `${s.source} (${s.says})`).join(', ');
  const rule = because.clause ? `${because.rule}, ${because.clause}` : because.rule;
  return `${address}: ${outcome}. ${because.text} [${rule}]${said ? ` Listed by ${said}.` : ''}`;
}

const NOTHING = {
  outcome: 'not-an-address',
  because: null,
  categories: [],
  seen: 'name',
  byName: null,
  sources: [],
  weighed: [],
} as const;

function momentOf(at: number | string): number {
  if (typeof at === 'number') return at;
  try {
    return Temporal.PlainDateTime.from(at).toZonedDateTime(TIME_ZONE).epochMilliseconds;
  } catch {
    throw invalid('check.at', `"${at}" is no time. Write it as 2026-11-24T12:30.`);
  }
}

/** Lists of illegal content are never quoted (FIL-02). */
function quotable(explained: Explanation | undefined, taxonomy: Taxonomy): Pick<Checked, 'sources' | 'weighed'> {
  const open = (category: string | null) => category === null || taxonomy.byId.get(category)?.nature !== 'illegal';
  return {
    sources: (explained?.matches ?? [])
      .filter((m) => open(m.category))
      .map((m) => ({ source: m.source, says: m.outsideCategory, category: m.category, listed: m.listed })),
    weighed: (explained?.weighed ?? []).filter((w) => open(w.category)),
  };
}

/** The policy document that an option names. */
export function policyOf(policy: string, taxonomy: Taxonomy): PolicyDocument {
  const shipped = SHIPPED_POLICIES.find((id) => id === policy);
  if (shipped) return shippedPolicy(shipped, taxonomy.categories);
  return parsePolicy(readText(policy, 'check.policy'), policy, taxonomy.categories);
}

function profileOf(document: PolicyDocument, wanted: string): string {
  const year = /^year-(\d{1,2})$/.exec(wanted)?.[1];
  const id = year ? profileFor(document, { kind: 'pupil', year: Number(year) }) : wanted;
  // A year that no profile takes is a mistake here, though a pupil of it would be treated as unidentified.
  if (document.profiles.some((p) => p.id === id) && !(year && id === UNIDENTIFIED)) return id;
  const ids = document.profiles.map((p) => p.id).join(', ');
  throw invalid('check.profile', `This policy has no profile "${wanted}". There are: ${ids}; or year-7, year-8 …`);
}

function addressesOf({ addresses, file }: CheckOptions): string[] {
  const lines = file === undefined ? [] : readText(file, 'check.file').split(/\r?\n/);
  const all = [...addresses, ...lines.map((l) => l.trim()).filter((l) => l !== '' && !l.startsWith('#'))];
  if (all.length === 0) throw invalid('check.nothing', 'Give at least one address, or --file with one on each line.');
  return all;
}

function readText(file: string, code: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (e) {
    throw invalid(code, `${file} cannot be read: ${e instanceof Error ? e.message : String(e)}.`);
  }
}

/** Every source of a folder, under the name that its file or folder has, after our own lists. */
export function sourcesOf(folder: string | undefined): Source[] {
  const own: Source = { name: 'starter', kind: 'folder', path: join(ROOT, 'lists/starter'), own: true };
  if (folder === undefined) return [own];
  let names: string[];
  try {
    names = readdirSync(folder).filter((n) => !n.startsWith('.'));
  } catch (e) {
    throw invalid('check.lists', `${folder} cannot be read: ${e instanceof Error ? e.message : String(e)}.`);
  }
  const sources = names.sort().flatMap((name): Source[] => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return [{ name, kind: 'folder', path }];
    if (/\.(tar\.gz|tgz)$/.test(name)) return [{ name: name.replace(/\.(tar\.gz|tgz)$/, ''), kind: 'archive', path }];
    const category = /^(.+)\.(txt|hosts|list)$/.exec(name)?.[1];
    return category ? [{ name: basename(folder), kind: 'file', path, category }] : [];
  });
  if (sources.length === 0) throw invalid('check.lists', `${folder} holds no list: folders, .tar.gz or .txt files.`);
  return [own, ...sources];
}
