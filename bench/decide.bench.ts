import { loadTaxonomy } from '#filter/index.ts';
import {
  bareSchool,
  type Cell,
  type CompiledMay,
  type CompiledPolicy,
  compileMay,
  compilePolicy,
  decide,
  may,
  nextChange,
  type PolicyDocument,
  type Question,
  type SchoolFacts,
  SHIPPED_POLICIES,
  shippedPolicy,
} from '#policy/index.ts';
import type { Figure } from './run.ts';

const QUESTIONS = 200_000;
const ROUNDS = 5;
const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 23, 8, 0);
const WEEKDAYS = [1, 2, 3, 4, 5];
const PEOPLE = 1200;

/** Decisions a second on one core: about addresses, each of one to three categories, and about actions. */
export async function run(): Promise<Figure[]> {
  const { categories: taxonomy } = loadTaxonomy();
  const figures: Figure[] = [];
  for (const id of SHIPPED_POLICIES) {
    const doc = shippedPolicy(id, taxonomy);
    const bare = compilePolicy(doc, taxonomy, bareSchool('Europe/London'));
    const [lively, school] = [atLunchInTerm(doc), busySchool(doc)];
    const compiled = compilePolicy(lively, taxonomy, school);
    const measured = [
      ['addresses', addresses(bare)],
      ['addresses, with times, terms, leases', addresses(compiled)],
      ['actions, with the same', actions(lively, compileMay(lively, school))],
      ['when the next answer changes', changes(compiled)],
    ] as const;
    figures.push(...measured.map(([what, value]) => ({ name: `${id}: ${what}`, value, unit: '/s' })));
  }
  return figures;
}

/** The document with times where it leaves them to the school, so that a wall clock and a calendar must be read. */
function atLunchInTerm(doc: PolicyDocument): PolicyDocument {
  const times: Cell = { value: 'times', windows: [{ slots: ['lunch', 'break'], term: true }] };
  const everybody = { staff: times, pupil: times, guest: times };
  const rules = doc.rules.map((rule) => (rule.categories.includes('games') ? { ...rule, cells: everybody } : rule));
  return { ...doc, rules };
}

/** Three terms, a school day in slots, and a permission under every rule for every tenth person. */
function busySchool(doc: PolicyDocument): SchoolFacts {
  const slot = (kind: SchoolFacts['slots'][number]['kind'], from: string, to: string) => ({
    kind,
    days: WEEKDAYS,
    from,
    to,
  });
  const named = Array.from({ length: PEOPLE / 10 }, (_, i) => `person-${i * 10}`);
  return {
    timeZone: 'Europe/London',
    terms: [
      { from: '2026-09-02', to: '2026-12-18', halfTerm: { from: '2026-10-26', to: '2026-10-30' } },
      { from: '2027-01-04', to: '2027-03-25', halfTerm: { from: '2027-02-15', to: '2027-02-19' } },
      { from: '2027-04-12', to: '2027-07-21', halfTerm: { from: '2027-05-31', to: '2027-06-04' } },
    ],
    slots: [
      slot('tutor-time', '08:40', '09:00'),
      slot('lesson', '09:00', '10:40'),
      slot('break', '10:40', '11:00'),
      slot('lesson', '11:00', '12:20'),
      slot('lunch', '12:20', '13:05'),
      slot('lesson', '13:05', '15:15'),
    ],
    grants: doc.rules.flatMap(({ id: rule }) =>
      named.map((person, i) => ({ rule, person, from: START + i * MINUTE, until: START + (i + 600) * MINUTE })),
    ),
  };
}

function addresses(policy: CompiledPolicy): number {
  const profiles = policy.profiles.map((p) => p.id);
  const categories = Object.keys(policy.categories).filter((c) => c !== 'help');
  return measure((i) => {
    const some = Array.from({ length: 1 + (i % 3) }, (_, k) => categories[(i * 7 + k * 13) % categories.length] ?? '');
    const question: Question = { categories: some, at: timeOf(i), person: `person-${i % PEOPLE}` };
    const profile = profiles[i % profiles.length] ?? '';
    return () => decide(policy, profile, question);
  });
}

function actions(doc: PolicyDocument, policy: CompiledMay): number {
  const audiences = ['staff', 'pupil', 'guest'] as const;
  return measure((i) => {
    const action = doc.rules[i % doc.rules.length]?.action ?? '';
    const audience = audiences[i % 3] ?? 'guest';
    const question = { action, audience, at: timeOf(i), person: `person-${i % PEOPLE}` };
    return () => may(policy, question);
  });
}

/** The clock moves on by a minute every hundred questions. */
const timeOf = (i: number): number => START + Math.floor(i / 100) * MINUTE;

function measure(ask: (i: number) => () => { readonly outcome: string }): number {
  const asked = Array.from({ length: QUESTIONS }, (_, i) => ask(i));
  let best = 0;
  let blocked = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    for (const answer of asked) if (answer().outcome === 'block') blocked++;
    best = Math.max(best, QUESTIONS / ((performance.now() - begun) / 1000));
  }
  if (blocked === 0) throw new Error('nothing was blocked: the policy was not asked');
  return best;
}

function changes(policy: CompiledPolicy): number {
  const begun = performance.now();
  const count = 20_000;
  for (let i = 0; i < count; i++) nextChange(policy, START + i * MINUTE);
  return count / ((performance.now() - begun) / 1000);
}
