import { createHash } from 'node:crypto';
import { isDay } from '#core/days.ts';
import { isUuid } from '#core/ids.ts';
import type { Step } from '../case.judge.ts';
import { kindOf } from './actions.ts';

/** What an action is given besides being chosen: dates, persons, words. */
export type Given = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A decision as its form has it, in the entry of the case. */
export interface Decision {
  readonly type: string;
  readonly actions: readonly string[];
  readonly given: Given;
  /** SAN-02, INC-29, INC-30: what the answer must fit. */
  readonly circumstances: string;
  readonly nature: string;
  readonly seriousness: string;
  /** SAN-35: what the person says themself, or why they were not heard. */
  readonly account: string;
  /** Two people decide the same where this is the same: whom, for what, which actions and everything they were given. */
  readonly decision: string;
}

export type Typed = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What the form asks besides the menu, each for itself (INC-29, INC-30, SAN-35). */
export const FACTORS = [
  {
    name: 'circumstances',
    label: 'The circumstances',
    hint: 'What led to it, and what stood around it: age, pressure from others, what they knew.',
    missing: 'Say what the circumstances were.',
  },
  {
    name: 'nature',
    label: 'The nature of what was done',
    hint: 'What it was, to whom, and whether it was meant.',
    missing: 'Say of what nature it was.',
  },
  {
    name: 'seriousness',
    label: 'How serious it is',
    hint: 'What it did to others, or could have done.',
    missing: 'Say how serious it was.',
  },
  {
    name: 'account',
    label: 'What they say themselves',
    hint: 'Their own account, or why they could not be heard.',
    missing: 'Say what they say themselves, or why they could not be heard.',
  },
] as const;
export const missingFactors = (detail: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    FACTORS.filter((f) => String(detail[f.name] ?? '').trim().length < 3).map((f) => [f.name, f.missing]),
  );

export const fieldName = (action: string, field: string): string => `${action}--${field}`;

const one = (typed: Typed, name: string): string => [typed[name] ?? ''].flat()[0]?.trim() ?? '';
const all = (typed: Typed, name: string): string[] => [typed[name] ?? []].flat().filter((v) => v !== '');

/** The step that this form asks for. What it may hold the table, the menu and `givenErrors` say. */
export function readDecision(typed: Typed): Step {
  const person = one(typed, 'person');
  const type = one(typed, 'type');
  const actions = [...new Set(all(typed, 'actions'))].sort();
  const given: Given = Object.fromEntries(
    actions.map((action) => [
      action,
      Object.fromEntries(
        kindOf(action).fields.flatMap(({ name }) => {
          const value = one(typed, fieldName(action, name));
          return value === '' ? [] : [[name, value]];
        }),
      ),
    ]),
  );
  const factors = Object.fromEntries(FACTORS.map((f) => [f.name, one(typed, f.name)])) as Record<
    (typeof FACTORS)[number]['name'],
    string
  >;
  const detail = { type, actions, given, ...factors, decision: keyOf(person, type, actions, given) } satisfies Decision;
  return { action: 'sanction', text: one(typed, 'text'), detail: { ...detail }, ...(isUuid(person) && { person }) };
}

const keyOf = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24);

/** The decision in a step or an entry; what holds none gives one that no menu has. */
export function decisionOf(detail: Readonly<Record<string, unknown>>, person: string): Decision {
  const text = (name: string) => (typeof detail[name] === 'string' ? detail[name] : '');
  const actions = Array.isArray(detail.actions) ? detail.actions.map(String) : [];
  const given = (typeof detail.given === 'object' && detail.given !== null ? detail.given : {}) as Given;
  return {
    type: text('type'),
    actions,
    given,
    circumstances: text('circumstances'),
    nature: text('nature'),
    seriousness: text('seriousness'),
    account: text('account'),
    decision: keyOf(person, text('type'), actions, given),
  };
}

/** What each chosen action still lacks, by the name of its field. `today` is a day of the school. */
export function givenErrors(decision: Decision, today: string): Record<string, string> {
  const wrong: Record<string, string> = {};
  for (const action of decision.actions) {
    const given = decision.given[action] ?? {};
    for (const field of kindOf(action).fields) {
      const value = given[field.name] ?? '';
      const at = fieldName(action, field.name);
      if (value === '') {
        if (!field.optional) wrong[at] = field.kind === 'text' ? 'Write down what there is to say.' : 'Fill this in.';
      } else if (field.options && !field.options.some((o) => o.value === value)) wrong[at] = 'Choose from the list.';
      else if (field.kind === 'day' && !isDay(value)) wrong[at] = 'Give a day, such as 2026-11-30.';
      else if (field.kind === 'day' && value < today) wrong[at] = 'This day is over. Give a later one.';
    }
    const { from = today, until } = given;
    const ends = fieldName(action, 'until');
    if (until && !wrong[ends] && until <= from) wrong[ends] = 'It ends after it begins: give a later day.';
  }
  return wrong;
}
