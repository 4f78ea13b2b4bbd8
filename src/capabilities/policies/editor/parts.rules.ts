import { Type } from 'typebox';
import { type PolicyDocument, SETTINGS } from '#policy/index.ts';
import { sayKey } from '#policy/say.ts';
import { type Body, fromBody } from './form/body.ts';
import type { FormWords, Schema } from './form/shape.ts';
import { exactly, getAt, keyOf, partOf, putAt, schemaAt } from './places.ts';
import { refuseFaults } from './save.service.ts';
import { sound } from './sound.ts';
import { wordsOf } from './words.ts';

/** An entry as people call it. */
export function titleOf(e: Readonly<Record<string, unknown>>): string {
  const own = e.title ?? e.name ?? e.text;
  return typeof own === 'string' ? own : sayKey(keyOf(e)).replace(/^./, (c) => c.toUpperCase());
}

/** The places of a part or a setting that one form can hold; cells, lists and what is not there have pages of their own. */
export function placesOf(doc: PolicyDocument, part: string): string[] {
  const setting = SETTINGS.find((s) => s.id === part);
  if (!setting) return [partOf(part).at];
  return setting.at.filter((p) => !/\*|^\/(rules|devices)\//.test(p)).flatMap((p) => exactly(doc, p) ?? []);
}

/** One form of several places: each is a key of its own. */
export function formOf(
  doc: PolicyDocument,
  places: readonly string[],
): { schema: Schema; value: Record<string, unknown>; words: FormWords } {
  const [single] = places;
  const words = wordsOf(doc, true);
  if (single !== undefined && places.length === 1 && schemaAt(single).properties) {
    return { schema: schemaAt(single), value: getAt(doc, single) as Record<string, unknown>, words };
  }
  const schema = Type.Object(Object.fromEntries(places.map((p) => [p, schemaAt(p)]))) as unknown as Schema;
  const value = Object.fromEntries(places.map((p) => [p, getAt(doc, p)]));
  const keyIn = (place: string): string => place.split('/').at(-1) ?? place;
  // A key of this form is a place; what it means, and how it reads, follows from its last step.
  const last = (key: string): string => (key.startsWith('/') ? keyIn(key) : key);
  return {
    schema,
    value,
    words: {
      ...words,
      label: (key) => (key.startsWith('/') ? labelOfPlace(doc, key, words) : words.label(key)),
      hint: (key, s) => words.hint(last(key), s),
      keeps: (s, key) => words.keeps(s, last(key)),
      options: (s, key) => words.options(s, last(key)),
    },
  };
}

function labelOfPlace(doc: PolicyDocument, place: string, words: FormWords): string {
  const steps = place.split('/').slice(1);
  const label = words.label(steps.at(-1) ?? '');
  const index = steps.findIndex((s) => /^\d+$/.test(s));
  if (index < 0) return label;
  return `${titleOf(getAt(doc, `/${steps.slice(0, index + 1).join('/')}`) as Record<string, unknown>)}: ${label.toLowerCase()}`;
}

export function changePlaces(doc: PolicyDocument, places: readonly string[], body: Body): PolicyDocument {
  const { schema, value: was, words } = formOf(doc, places);
  const { value, faults } = fromBody(schema, body, was, words);
  refuseFaults(faults);
  const [single] = places;
  if (single !== undefined && places.length === 1 && schemaAt(single).properties)
    return sound(putAt(doc, single, value), single);
  const values = value as Record<string, unknown>;
  return sound(places.reduce((d, p) => putAt(d, p, values[p]), doc));
}
