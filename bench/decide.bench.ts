import { loadTaxonomy } from '#filter/index.ts';
import {
  bareSchool,
  type CompiledPolicy,
  compilePolicy,
  decide,
  nextChange,
  type Question,
  SHIPPED_POLICIES,
  shippedPolicy,
} from '#policy/index.ts';
import type { Figure } from './run.ts';

const QUESTIONS = 200_000;
const ROUNDS = 5;
const MINUTE = 60_000;

/** Decisions a second on one core: every profile asks about one to three categories, the clock moving on meanwhile. */
export async function run(): Promise<Figure[]> {
  const { categories: taxonomy } = loadTaxonomy();
  const figures: Figure[] = [];
  for (const id of SHIPPED_POLICIES) {
    const doc = shippedPolicy(id, taxonomy);
    figures.push({
      name: `${id}: decisions`,
      value: measure(compilePolicy(doc, taxonomy, bareSchool('Europe/London'))),
      unit: '/s',
    });

    // With times set, and so a wall clock to be read, where the document leaves them to the school.
    const windows = [{ days: [1, 2, 3, 4, 5], from: '12:20', to: '13:05' }];
    const times = { value: 'times', windows } as const;
    const rules = doc.rules.map((rule) =>
      rule.categories.includes('games') ? { ...rule, cells: { staff: times, pupil: times, guest: times } } : rule,
    );
    const timed = compilePolicy({ ...doc, rules }, taxonomy, bareSchool('Europe/London'));
    figures.push({ name: `${id}: decisions, with times set`, value: measure(timed), unit: '/s' });
    figures.push({ name: `${id}: when the next window opens or closes`, value: changes(timed), unit: '/s' });
  }
  return figures;
}

function measure(policy: CompiledPolicy): number {
  const profiles = policy.profiles.map((p) => p.id);
  const categories = Object.keys(policy.categories).filter((c) => c !== 'help');
  const start = Date.UTC(2026, 10, 23, 8, 0);
  const asked: [profile: string, question: Question][] = Array.from({ length: QUESTIONS }, (_, i) => {
    const some = Array.from({ length: 1 + (i % 3) }, (_, k) => categories[(i * 7 + k * 13) % categories.length] ?? '');
    const at = start + Math.floor(i / 100) * MINUTE;
    return [profiles[i % profiles.length] ?? '', { categories: some, at, person: `person-${i % 1200}` }];
  });
  let best = 0;
  let blocked = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    for (const [profile, question] of asked) if (decide(policy, profile, question).outcome === 'block') blocked++;
    best = Math.max(best, QUESTIONS / ((performance.now() - begun) / 1000));
  }
  if (blocked === 0) throw new Error('nothing was blocked: the policy was not asked');
  return best;
}

function changes(policy: CompiledPolicy): number {
  const begun = performance.now();
  const count = 2000;
  for (let i = 0; i < count; i++) nextChange(policy, Date.UTC(2026, 10, 23) + i * MINUTE);
  return count / ((performance.now() - begun) / 1000);
}
