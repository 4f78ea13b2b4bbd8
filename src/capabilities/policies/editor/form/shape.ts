import type { TSchema } from 'typebox';
import type { Node } from '#policy/locate.ts';

export type Schema = TSchema & Node & { readonly maxLength?: number };

export interface Option {
  readonly value: string;
  readonly text: string;
  readonly hint?: string;
}

/** What a schema does not say: how things are called, and what there is to choose from in this document. */
export interface FormWords {
  readonly label: (key: string) => string;
  /** A value that is chosen from a list. */
  readonly value: (value: string) => string;
  readonly hint: (key: string, schema: Schema) => string | undefined;
  /** The choices for a value, or for the entries of a list; null where it is typed. */
  readonly options: (schema: Schema, key: string) => readonly Option[] | null;
  /** Kept as it is and not shown: what is not for people to type. */
  readonly keeps: (schema: Schema, key: string) => boolean;
}

/** How a value is asked for. One reading of the schema serves drawing a form, filling it in, and reading it back. */
export type Shape =
  | { readonly is: 'flag' }
  | { readonly is: 'one'; readonly options: readonly Option[]; readonly nullable: boolean; readonly numbers: boolean }
  | { readonly is: 'many'; readonly options: readonly Option[]; readonly numbers: boolean }
  | { readonly is: 'text'; readonly nullable: boolean; readonly schema: Schema }
  | { readonly is: 'whole'; readonly nullable: boolean }
  | { readonly is: 'lines' }
  | { readonly is: 'group'; readonly parts: readonly (readonly [key: string, schema: Schema, optional: boolean])[] }
  | { readonly is: 'list'; readonly item: Schema }
  /** One of several forms; null: nothing. */
  | { readonly is: 'choice'; readonly branches: readonly (Schema | null)[] }
  | { readonly is: 'kept' };

export function shapeOf(schema: Schema, key: string, words: FormWords): Shape {
  if (words.keeps(schema, key)) return { is: 'kept' };
  const all = flat(schema);
  const some = all.filter((s) => s.type !== 'null');
  const nullable = some.length < all.length;
  const [only] = some;
  if (!only) return { is: 'kept' };
  const own = only.type === 'array' ? null : words.options(only, key);
  if (own && some.length === 1) return { is: 'one', options: own, nullable, numbers: false };
  if (some.every(isListed)) {
    const options = some.flatMap((s) => words.options(s, key) ?? valuesOf(s, words));
    return { is: 'one', options, nullable, numbers: false };
  }
  if (some.length > 1 || (nullable && only.type === 'object')) {
    return { is: 'choice', branches: nullable ? [null, ...some] : some };
  }
  switch (only.type) {
    case 'boolean':
      return { is: 'flag' };
    case 'string':
      return { is: 'text', nullable, schema: only };
    case 'integer':
      return { is: 'whole', nullable };
    case 'array':
      return arrayShape(only, key, words);
    case 'object':
      return only.properties ? groupShape(only) : { is: 'kept' };
    default:
      return { is: 'kept' };
  }
}

/** Anything of several, however they are nested. */
const flat = (schema: Schema): Schema[] => (schema.anyOf ? schema.anyOf.flatMap((s) => flat(s as Schema)) : [schema]);

const isListed = (s: Schema): boolean => s.enum !== undefined || typeof s.const === 'string';

const valuesOf = (s: Schema, words: FormWords): Option[] =>
  (s.enum ?? [s.const]).map((v) => ({ value: String(v), text: words.value(String(v)) }));

function arrayShape(schema: Schema, key: string, words: FormWords): Shape {
  const item = schema.items as Schema;
  const options = words.options(schema, key) ?? words.options(item, key);
  // Where something may stand twice its place counts, as with whom a report goes to first: a row each.
  if ((options || isListed(item)) && !schema.uniqueItems) return { is: 'list', item };
  if (options) return { is: 'many', options, numbers: item.type === 'integer' };
  if (isListed(item)) return { is: 'many', options: valuesOf(item, words), numbers: false };
  return item.type === 'string' ? { is: 'lines' } : { is: 'list', item };
}

function groupShape(schema: Schema): Shape {
  const required = new Set(schema.required);
  const parts = Object.entries(schema.properties ?? {}).map(
    ([key, part]) => [key, part as Schema, !required.has(key)] as const,
  );
  return { is: 'group', parts };
}
