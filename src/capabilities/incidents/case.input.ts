import { Type } from 'typebox';
import { invalid } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import { type Field, STEP_FORMS, type StepForm } from './case.forms.ts';
import type { Step } from './case.judge.ts';

const LONGEST = 10_000;
const value = Type.String({ maxLength: LONGEST });
const names = new Set(['text', ...STEP_FORMS.flatMap((f) => f.fields.map((x) => x.name))]);

/** Every field of every step; which of them a step has, its form says. */
export const StepBody = Type.Object(
  Object.fromEntries(
    ['_csrf', ...names].map((n) => [n, Type.Optional(Type.Union([value, Type.Array(value, { maxItems: 60 })]))]),
  ),
  { additionalProperties: false },
);
export type Typed = Readonly<Record<string, string | string[] | undefined>>;

/** What was typed into the form of a step, or which field needs another look. */
export function readStep(form: StepForm, typed: Typed): Step {
  const wrong: Record<string, string> = {};
  const detail: Record<string, unknown> = {};
  for (const field of form.fields) {
    const given = typed[field.name];
    const list = (Array.isArray(given) ? given : [given ?? '']).map((v) => v.trim()).filter((v) => v !== '');
    const known = new Set(field.options?.map((o) => o.value));
    if (field.options && list.some((v) => !known.has(v))) wrong[field.name] = 'Choose from the list.';
    if (!field.optional && list.length === 0) wrong[field.name] = empty(field);
    if (field.name === 'text' || field.name === 'person' || field.name === 'outcome') continue;
    if (list.length > 0) detail[field.name] = field.kind === 'checks' ? list : list[0];
  }
  if (Object.keys(wrong).length > 0)
    throw invalid(`case.${form.action}.form`, Object.values(wrong)[0] ?? 'Some of this needs another look.', wrong);
  const one = (name: string) => [typed[name] ?? ''].flat()[0]?.trim() ?? '';
  const has = (name: string) => form.fields.some((f) => f.name === name);
  const person = has('person') && isUuid(one('person')) ? one('person') : undefined;
  return {
    action: form.action,
    text: has('text') ? one('text') : '',
    detail,
    ...(person && { person }),
    ...(has('outcome') && one('outcome') && { outcome: one('outcome') }),
  };
}

function empty(field: Field): string {
  if (field.kind === 'text') return 'Write down what there is to say.';
  return field.kind === 'line' ? 'Fill this in.' : 'Choose one.';
}
