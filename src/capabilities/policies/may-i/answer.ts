import {
  type Audience,
  type Decision,
  decide,
  deviceAccess,
  type MayAnswer,
  may,
  type Rule,
  SLOT_KINDS,
  type Spoken,
  UNIDENTIFIED,
  ZONE_KINDS,
} from '#policy/index.ts';
import type { PolicyInForce } from '../policies.service.ts';
import type { Asked } from './may-i.rules.ts';
import { momentAsked } from './moment.ts';
import { type Circumstances, EQUIPMENT_KINDS, sayCircumstances } from './words.ts';

/** In one word, what an answer comes to. `depends`: not the same at all times, in all places, for all who are meant. */
export type Verdict =
  | 'yes'
  | 'unconfirmed'
  | 'no'
  | 'illegal'
  | 'times'
  | 'permission'
  | 'list'
  | 'unsaid'
  | 'unclear'
  | 'depends'
  | 'network'
  | 'internet'
  | 'no-network';

/** An answer that holds for some or all of what was asked, and why. */
export interface Case {
  readonly verdict: Verdict;
  /** When, where, with what or for whom; empty: for all that was asked. */
  readonly holds: readonly string[];
  readonly rule: string;
  readonly name: string | null;
  readonly clause: string | null;
  readonly text: string;
  readonly trace: readonly Spoken[];
}

export interface Answer {
  readonly verdict: Verdict;
  readonly cases: readonly Case[];
  /** Whether a cell that decided is one the school is still to confirm. */
  readonly unconfirmed: boolean;
  /** Whether the answer turns on the time of day and the school has entered no timetable or terms. */
  readonly noTimetable: boolean;
  readonly filtering: readonly Filtered[];
}

/** What the filter does with one kind of site, group by group. */
export interface Filtered {
  readonly category: string;
  readonly groups: readonly { readonly names: readonly string[]; readonly decision: Decision }[];
}

/** Whom the question is about. */
export interface About {
  readonly audience: Audience;
  /** Null: anybody of the audience. */
  readonly profile: string | null;
  readonly person: string | null;
}

/** The answer of the policy in force, or null where the question names nothing that the policy knows. */
export function answerOf(policy: PolicyInForce, asked: Asked, about: About, now: number): Answer | null {
  const [kind, id = ''] = [asked.what.slice(0, asked.what.indexOf(':')), asked.what.slice(asked.what.indexOf(':') + 1)];
  if (kind === 'action' && policy.may.voices.has(id)) return actionAnswer(policy, id, asked, about, now);
  if (kind === 'category' && policy.compiled.categories[id]) return categoryAnswer(policy, id, asked, about, now);
  if (kind === 'device' && policy.document.devices.some((d) => d.id === id)) {
    return deviceAnswer(policy, id, asked, about, now);
  }
  return null;
}

function actionAnswer(policy: PolicyInForce, action: string, asked: Asked, about: About, now: number): Answer {
  const { document, may: compiled } = policy;
  const own = document.rules.filter((r) => r.action === action);
  const categories = new Set(own.flatMap((r) => r.categories));
  const spoken = document.rules.filter(
    (r) => r.cells[about.audience] && (r.action === action || r.categories.some((c) => categories.has(c))),
  );
  const timed = spoken.some((r) => r.applies?.slots || r.cells[about.audience]?.value === 'times');
  const given: Circumstances = {
    slot: oneOf(SLOT_KINDS, asked.when),
    zone: oneOf(ZONE_KINDS, asked.zone),
    equipment: oneOf(EQUIPMENT_KINDS, asked.equipment) ?? implied(own),
  };
  const open = {
    slot: asked.when === '' && timed ? SLOT_KINDS : [],
    equipment: given.equipment || !spoken.some((r) => r.applies?.equipment) ? [] : EQUIPMENT_KINDS,
    zone: given.zone || !spoken.some((r) => r.applies?.zones) ? [] : ZONE_KINDS,
  };
  const ask = (c: Circumstances): MayAnswer =>
    may(compiled, { ...about, action, ...c, slot: c.slot ?? null, at: momentAsked(compiled, asked, c.slot, now) });
  const cases = unfold(ask, given, open).map(([circumstances, answer]): Case => {
    const decided = answer.trace.find((s) => s.rule === answer.because.rule && s.spoke !== 'silent');
    const { rule, clause, text } = answer.because;
    const holds = [sayCircumstances(circumstances, given)].filter(Boolean);
    const name = decided?.name ?? null;
    return { verdict: verdictOf(answer, decided), holds, rule, name, clause, text, trace: answer.trace };
  });
  const groups = together(cases);
  const deciding = new Set(groups.map((c) => c.rule));
  return {
    verdict: overall(groups),
    cases: groups,
    unconfirmed: spoken.some((r) => deciding.has(r.id) && r.cells[about.audience]?.unconfirmed),
    noTimetable: timed && compiled.timetable === null,
    filtering: filteringOf(policy, [...categories], about, momentAsked(compiled, asked, given.slot, now)),
  };
}

/** Where all that is said of an action is about one kind of equipment, so is the question. */
function implied(rules: readonly Rule[]): Circumstances['equipment'] {
  const kinds = [...new Set(rules.flatMap((r) => r.applies?.equipment ?? []))];
  return kinds.length === 1 ? kinds[0] : undefined;
}

type Open = { readonly [D in keyof Circumstances]-?: readonly NonNullable<Circumstances[D]>[] };
const DIMENSIONS = ['slot', 'equipment', 'zone'] as const;

/** What the question leaves open is asked for each way it could be meant; where that makes no difference, once. */
function unfold(
  ask: (c: Circumstances) => MayAnswer,
  circumstances: Circumstances,
  open: Open,
  [dimension, ...rest]: readonly (typeof DIMENSIONS)[number][] = DIMENSIONS,
): (readonly [Circumstances, MayAnswer])[] {
  if (!dimension) return [[circumstances, ask(circumstances)]];
  if (open[dimension].length === 0) return unfold(ask, circumstances, open, rest);
  const ways = open[dimension].flatMap((value) => unfold(ask, { ...circumstances, [dimension]: value }, open, rest));
  const alike = new Set(ways.map(([, { outcome, because }]) => `${outcome} ${because.rule} ${because.clause}`));
  const [first] = ways;
  return first && alike.size === 1 ? [[circumstances, first[1]]] : ways;
}

function verdictOf(answer: MayAnswer, decided: Spoken | undefined): Verdict {
  if (answer.outcome === 'allow') return 'yes';
  if (answer.outcome === 'warn') return 'unconfirmed';
  if (answer.because.rule === 'not-said') return 'unsaid';
  if (answer.because.rule === 'unclear') return 'unclear';
  switch (decided?.value) {
    case 'illegal':
      return 'illegal';
    case 'times':
      return 'times';
    case 'permission':
      return 'permission';
    case 'selected':
    case 'nominated':
      return 'list';
    default:
      return 'no';
  }
}

/** Cases with one verdict of one rule are one case. */
function together(cases: readonly Case[]): Case[] {
  const groups = [...Map.groupBy(cases, (c) => `${c.verdict} ${c.rule} ${c.clause}`).values()];
  return groups.flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const holds = groups.length === 1 ? [] : [...new Set(group.flatMap((c) => c.holds))].filter(Boolean);
    return [{ ...first, holds }];
  });
}

const REFUSED: ReadonlySet<Verdict> = new Set(['no', 'illegal', 'unsaid']);

function overall(cases: readonly Case[]): Verdict {
  const verdicts = new Set(cases.map((c) => c.verdict));
  const [only = 'unsaid'] = verdicts;
  if (verdicts.size <= 1) return only;
  return [...verdicts].every((v) => REFUSED.has(v)) ? 'no' : 'depends';
}

function categoryAnswer(policy: PolicyInForce, category: string, asked: Asked, about: About, now: number): Answer {
  const at = momentAsked(policy.may, asked, oneOf(SLOT_KINDS, asked.when), now);
  const cases = profilesOf(policy, about).map(({ id, name }): Case => {
    const { outcome, because } = decide(policy.compiled, id, { categories: [category], at, person: about.person });
    const verdict = outcome !== 'block' ? 'yes' : because.remedy === null ? 'illegal' : 'no';
    return {
      verdict,
      holds: [name],
      rule: because.rule,
      name: null,
      clause: because.clause,
      text: because.text,
      trace: [],
    };
  });
  const groups = together(cases);
  return {
    verdict: overall(groups),
    cases: groups,
    unconfirmed: false,
    noTimetable: false,
    filtering: filteringOf(policy, [category], about, at),
  };
}

const ACCESS = { FULL: 'network', INTERNET_ONLY: 'internet', NONE: 'no-network' } as const;

/** As for a device that is registered and, where the class needs it, recorded: without that there is no network at all. */
function deviceAnswer(policy: PolicyInForce, deviceClass: string, asked: Asked, about: About, now: number): Answer {
  const device = policy.document.devices.find((d) => d.id === deviceClass);
  const slot = oneOf(SLOT_KINDS, asked.when);
  const { access, because } = deviceAccess(policy.may, {
    ...about,
    // A shared device gives its network to whoever is signed in, and so it is asked about.
    person: about.person ?? 'whoever is signed in',
    deviceClass,
    registered: true,
    schemeRecord: true,
    slot,
    zone: oneOf(ZONE_KINDS, asked.zone),
    at: momentAsked(policy.may, asked, slot, now),
  });
  const { rule, clause, text } = because;
  return {
    verdict: ACCESS[access],
    cases: [{ verdict: ACCESS[access], holds: [], rule, name: device?.name ?? null, clause, text, trace: [] }],
    unconfirmed: device?.unconfirmed ?? false,
    noTimetable: false,
    filtering: [],
  };
}

/** What the filter does with each kind of site, for every profile of the audience; those with one answer together. */
function filteringOf(policy: PolicyInForce, categories: readonly string[], about: About, at: number): Filtered[] {
  const everyone = profilesOf(policy, { ...about, profile: null });
  return categories.map((category) => {
    const answers = everyone.map(({ id, name }) => {
      const person = id === about.profile ? about.person : null;
      return { name, decision: decide(policy.compiled, id, { categories: [category], at, person }) };
    });
    const groups = Map.groupBy(answers, ({ decision: { outcome, because } }) => `${outcome} ${because.text}`);
    return {
      category: policy.compiled.categories[category]?.name ?? category,
      groups: [...groups.values()].flatMap((group) => {
        const [first] = group;
        return first ? [{ names: group.map((a) => a.name), decision: first.decision }] : [];
      }),
    };
  });
}

const profilesOf = ({ compiled }: PolicyInForce, { audience, profile }: About) =>
  compiled.profiles.filter(
    (p) => p.audience === audience && (profile === null ? p.id !== UNIDENTIFIED : p.id === profile),
  );

export const oneOf = <T extends string>(all: readonly T[], text: string): T | undefined => all.find((v) => v === text);
