import { FLOOR } from './floor.ts';
import { type IsOpen, openingOf, untilNext } from './open.ts';
import { privateUse } from './private-use.ts';
import { resolveCell, resolveWindow } from './resolve.ts';
import { type Applies, type DeviceClass, type Settings, SLOT_KINDS, type SlotKind, ZONE_KINDS } from './sections.ts';
import {
  type Audience,
  type Because,
  type Outcome,
  type PolicyDocument,
  type ResolvedCell,
  type SchoolFacts,
  STRICTNESS,
  UNIDENTIFIED,
} from './types.ts';
import { nextFlip, type Plan, planOf, sayWhen, WallClock } from './windows.ts';
import * as words from './words.ts';

/** What questions about actions and devices need of a document and its school, every answer of every rule made once. */
export interface CompiledMay {
  readonly version: string;
  readonly clock: WallClock;
  /** When each kind of slot is; null while the school has no timetable or no terms, and so nobody can tell. */
  readonly timetable: ReadonlyMap<SlotKind, Plan> | null;
  /** Action → audience → whatever speaks of it. */
  readonly voices: ReadonlyMap<string, ReadonlyMap<Audience, readonly Voice[]>>;
  readonly devices: readonly DeviceClass[];
  readonly guests: Settings['guests'];
}

/** What one rule says to one audience. */
export interface Voice {
  /** To this profile alone; null: to the whole audience. */
  readonly profile: string | null;
  /** When, where and with what it speaks, as bits; 0: always. */
  readonly slots: number;
  readonly zones: number;
  readonly equipment: number;
  readonly isOpen: IsOpen;
  readonly open: Heard;
  readonly closed: Heard | ((at: number) => Heard);
  /** Where its conditions are not met. */
  readonly elsewhere: Heard;
  /** Where it would open, but nobody can tell whether its conditions are met. */
  readonly unclear: Heard;
}

/** What came of a voice. The highest rank decides: closed before open, open before unclear, and last what says nothing. */
export interface Heard {
  readonly rank: number;
  readonly outcome: Outcome;
  readonly because: MayBecause;
  readonly spoken: Spoken | null;
}

export interface MayBecause {
  /** A rule id; `profile`; `safety.…`; `not-said` where nothing speaks; `unclear` where too little is known. */
  readonly rule: string;
  readonly clause: string | null;
  readonly text: string;
  readonly remedy: Because['remedy'];
}

/** What one rule had to say, and why. */
export interface Spoken {
  readonly rule: string;
  readonly name: string;
  readonly clause: string | null;
  readonly value: ResolvedCell['value'];
  readonly spoke: 'allow' | 'block' | 'silent';
  readonly why: string;
}

const bits = <T extends string>(names: readonly T[]): ReadonlyMap<T, number> =>
  new Map(names.map((name, i) => [name, 1 << i]));
export const SLOT_BITS = bits(SLOT_KINDS);
export const ZONE_BITS = bits(ZONE_KINDS);
export const EQUIPMENT_BITS = bits(['school', 'personal']);

const RANKS = { unsaid: 0, unclear: 1, open: 10, closed: 20 };
const refusal = (rank: number, rule: string, text: string): Heard => ({
  rank,
  outcome: 'block',
  because: { rule, clause: null, text, remedy: 'ask' },
  spoken: null,
});
export const UNSAID = refusal(RANKS.unsaid, 'not-said', words.UNSAID);
export const UNCLEAR = refusal(RANKS.unclear, 'unclear', words.UNCLEAR);

/** What a document says of actions and devices in this school. */
export function compileMay(doc: PolicyDocument, school: SchoolFacts): CompiledMay {
  const clock = new WallClock(school.timeZone);
  const actions = new Set(doc.rules.map((r) => r.action));
  const audiences = ['staff', 'pupil', 'guest'] as const;
  const voices = (action: string) =>
    new Map(audiences.map((who) => [who, statements(doc, school, action, who).map((s) => voiceOf(s, clock))]));
  return {
    version: doc.version,
    clock,
    timetable: timetableOf(school),
    voices: new Map([...actions].map((action) => [action, voices(action)])),
    devices: doc.devices,
    guests: doc.settings.guests,
  };
}

function timetableOf(school: SchoolFacts): CompiledMay['timetable'] {
  if (school.slots.length === 0 || school.terms.length === 0) return null;
  return new Map(SLOT_KINDS.map((kind) => [kind, planOf(resolveWindow({ slots: [kind], term: true }, school))]));
}

interface Statement extends Pick<Spoken, 'rule' | 'name' | 'clause'> {
  readonly whom: string;
  readonly profile: string | null;
  readonly applies: Applies;
  readonly cell: ResolvedCell;
}

/**
 * All that speaks of an action. Where it has categories, so does whatever else speaks of these: one question must not
 * have one answer here and another at the filter. And as the filter sees neither place nor equipment, rules with
 * categories hold everywhere.
 */
function statements(doc: PolicyDocument, school: SchoolFacts, action: string, audience: Audience): Statement[] {
  const own = doc.rules.filter((r) => r.action === action);
  const categories = new Set(own.flatMap((r) => r.categories));
  const related = doc.rules.filter((r) => r.action !== action && r.categories.some((c) => categories.has(c)));
  const shut = { applies: {}, cell: { value: 'not-allowed' } } as const;

  const rules = [...own, ...related].flatMap(({ id: rule, name, clause, applies, categories, cells }): Statement[] => {
    const cell = cells[audience];
    if (!cell) return [];
    const conditions = categories.length === 0 ? (applies ?? {}) : {};
    const resolved = resolveCell(cell, rule, school);
    return [{ rule, name, clause, whom: words.audience(audience), profile: null, applies: conditions, cell: resolved }];
  });
  const { category, action: _, ...use } = privateUse(doc, school);
  const staff = audience === 'staff' && categories.has(category);
  const privately: Statement[] = staff ? [{ ...use, whom: words.audience(audience), profile: null, applies: {} }] : [];
  const profiles = doc.profiles
    .filter((p) => p.audience === audience && p.id !== UNIDENTIFIED)
    .flatMap(({ id: profile, name, blocks }) =>
      Object.entries(blocks)
        .filter(([category]) => categories.has(category))
        .map(([, clause]): Statement => ({ rule: 'profile', name, clause, whom: name, profile, ...shut })),
    );
  const floor = FLOOR.filter((f) => f.audiences.includes(audience) && f.categories.some((c) => categories.has(c))).map(
    ({ rule }): Statement => ({
      rule,
      name: words.FLOOR,
      clause: null,
      whom: words.audience(audience),
      profile: null,
      ...shut,
    }),
  );
  return [...rules, ...privately, ...profiles, ...floor];
}

function voiceOf({ rule, name, clause, whom, profile, applies, cell }: Statement, clock: WallClock): Voice {
  const strictness = STRICTNESS[cell.value];
  const spoken = (spoke: Spoken['spoke'], why: string): Spoken => ({
    rule,
    name,
    clause,
    value: cell.value,
    spoke,
    why,
  });
  const open = (text: string): Heard => ({
    rank: RANKS.open + strictness,
    // Allowed as it is written; but nobody has confirmed that it is written rightly.
    outcome: cell.unconfirmed ? 'warn' : 'allow',
    because: { rule, clause, text, remedy: null },
    spoken: spoken('allow', text),
  });
  const closed = (text: string, remedy: Because['remedy'] = 'ask'): Heard => ({
    rank: RANKS.closed + strictness,
    outcome: 'block',
    because: { rule, clause, text, remedy },
    spoken: spoken('block', text),
  });
  const conditions = words.about(applies);
  return {
    profile,
    slots: mask(SLOT_BITS, applies.slots),
    zones: mask(ZONE_BITS, applies.zones),
    equipment: mask(EQUIPMENT_BITS, applies.equipment && [applies.equipment]),
    isOpen: openingOf(cell, clock),
    ...answersOf(cell, name, whom, clock, open, closed),
    elsewhere: { ...UNSAID, spoken: spoken('silent', words.elsewhere(conditions)) },
    unclear: { ...UNCLEAR, spoken: spoken('silent', words.unclear(conditions)) },
  };
}

const mask = <T>(bits: ReadonlyMap<T, number>, names: readonly T[] | undefined): number =>
  (names ?? []).reduce((sum, name) => sum | (bits.get(name) ?? 0), 0);

function answersOf(
  cell: ResolvedCell,
  name: string,
  whom: string,
  clock: WallClock,
  open: (text: string) => Heard,
  closed: (text: string, remedy?: Because['remedy']) => Heard,
): Pick<Voice, 'open' | 'closed'> {
  const no = closed(words.mayNot(name, whom));
  switch (cell.value) {
    case 'allowed':
      return { open: open(words.may(name, whom)), closed: no };
    case 'not-allowed':
      return { open: no, closed: no };
    case 'illegal': {
      const never = closed(words.AGAINST_THE_LAW, null);
      return { open: never, closed: never };
    }
    case 'permission':
      return { open: open(words.mayByName(name, whom)), closed: closed(words.mayByPermission(name, whom)) };
    case 'selected':
    case 'nominated':
      return { open: open(words.mayByName(name, whom)), closed: closed(words.mayBySelection(name, whom)) };
    case 'quota':
      return {
        open: open(words.mayForMinutes(name, whom, cell.minutes)),
        closed: closed(words.mayNoMoreToday(name, whom, cell.minutes), 'wait'),
      };
    case 'times': {
      const plan = planOf(cell.windows);
      const later = (opening: number): Heard =>
        opening === Number.POSITIVE_INFINITY
          ? closed(words.mayAtNoTimeAhead(name, whom))
          : closed(words.mayLater(name, whom, sayWhen(opening, clock)), 'wait');
      return {
        open: open(words.mayNow(name, whom)),
        closed:
          cell.windows.length === 0
            ? closed(words.mayAtTimesUnset(name, whom))
            : untilNext((at) => nextFlip(plan, at, clock), later),
      };
    }
  }
}
