import Value from 'typebox/value';
import { at, locate } from '#policy/locate.ts';
import { type FormWords, type Schema, shapeOf } from './shape.ts';

/**
 * What a browser sends: field → text, or several. A field's name is the JSON Pointer of its value within the form, so
 * that whatever is found wrong with a value is found at its field. Beside the values stand a few marks: `:kind` (which
 * of several forms), `:count` (rows of a list), `:was` (which row it was) and `:gone` (rows to be taken out).
 */
export type Body = Readonly<Record<string, string | readonly string[]>>;
export type Faults = Record<string, string>;

export const one = (body: Body, name: string): string => {
  const v = body[name];
  return (typeof v === 'string' ? v : v?.[0]) ?? '';
};
export const many = (body: Body, name: string): readonly string[] => {
  const v = body[name];
  return v === undefined ? [] : typeof v === 'string' ? [v] : v;
};

/** A value as the form that shows it would send it. */
export function toBody(schema: Schema, value: unknown, words: FormWords, name = '', key = ''): Body {
  const shape = shapeOf(schema, key, words);
  switch (shape.is) {
    case 'kept':
      return {};
    case 'flag':
      return { [name]: value === true ? 'yes' : value === false ? 'no' : '' };
    case 'one':
    case 'text':
    case 'whole':
      return { [name]: value == null ? '' : String(value) };
    case 'many':
      return { [name]: Array.isArray(value) ? value.map(String) : [] };
    case 'lines':
      return { [name]: Array.isArray(value) ? value.join('\n') : '' };
    case 'group': {
      const item = (value ?? {}) as Record<string, unknown>;
      return Object.assign({}, ...shape.parts.map(([k, s]) => toBody(s, item[k], words, at(name, k), k)));
    }
    case 'list': {
      const list = Array.isArray(value) ? value : [];
      const rows = list.map((v, i) => ({
        ...toBody(shape.item, v, words, at(name, String(i)), ''),
        [`${name}/${i}:was`]: String(i),
      }));
      return Object.assign({ [`${name}:count`]: String(list.length) }, ...rows);
    }
    case 'choice': {
      const kind = shape.branches.findIndex((b) => (b === null ? value === null : Value.Check(b, value)));
      const branch = shape.branches[kind];
      const chosen = { [`${name}:kind`]: kind < 0 ? '' : String(kind) };
      return branch ? { ...chosen, ...toBody(branch, value, words, branchName(name, kind), key) } : chosen;
    }
  }
}

/** Was anything given below this name? Where nothing was, a group that may be left out is left out. */
const filled = (body: Body, name: string): boolean =>
  Object.keys(body).some(
    (field) => field.startsWith(`${name}/`) && !/:(count|was)$/.test(field) && many(body, field).some((v) => v !== ''),
  );

/** Where the fields of one of several forms stand. */
export const branchName = (name: string, kind: number): string => `${name}:${kind}`;

/** Most rows that a form may show; the schema says how many there may be. */
const MAX_ROWS = 500;
export const countOf = (body: Body, name: string): number =>
  Math.min(Number.parseInt(one(body, `${name}:count`), 10) || 0, MAX_ROWS);

/** One row more, empty. */
export const withRow = (body: Body, name: string): Body => ({
  ...body,
  [`${name}:count`]: String(countOf(body, name) + 1),
});

/** Rows that were marked to go are taken out, and those after them move up. */
export function withoutGone(body: Body): Body {
  const list = Object.keys(body).find((n) => n.endsWith(':gone'));
  if (list === undefined) return body;
  const name = list.slice(0, -':gone'.length);
  const gone = new Set(many(body, list).map(Number));
  const kept = Array.from({ length: countOf(body, name) }, (_, i) => i).filter((i) => !gone.has(i));
  const moved: Record<string, string | readonly string[]> = {};
  for (const [field, value] of Object.entries(body)) {
    if (field === list) continue;
    const row = field.startsWith(`${name}/`) ? /^\d+/.exec(field.slice(name.length + 1))?.[0] : undefined;
    if (row === undefined) moved[field] = value;
    else if (kept.includes(Number(row))) {
      moved[`${name}/${kept.indexOf(Number(row))}${field.slice(name.length + 1 + row.length)}`] = value;
    }
  }
  return withoutGone({ ...moved, [`${name}:count`]: String(kept.length) });
}

/**
 * The value that a form gives, and what is wrong with it, field by field. `was` is the value the form was made from: what
 * the form does not show is taken over from there.
 */
export function fromBody(
  schema: Schema,
  body: Body,
  was: unknown,
  words: FormWords,
): { value: unknown; faults: Faults } {
  const faults: Faults = {};
  const value = read({ body, words, faults }, schema, was, '', '', false);
  if (Object.keys(faults).length === 0) note(faults, schema, value, '');
  return { value, faults };
}

interface Reading {
  readonly body: Body;
  readonly words: FormWords;
  readonly faults: Faults;
}

function read(r: Reading, schema: Schema, was: unknown, name: string, key: string, optional: boolean): unknown {
  const { body, words, faults } = r;
  const shape = shapeOf(schema, key, words);
  const leaf = (value: unknown): unknown => {
    if (value !== undefined || !optional) note(faults, schema, value, name);
    return value;
  };
  const text = one(body, name).replaceAll('\r\n', '\n').trim();
  switch (shape.is) {
    case 'kept':
      return was === undefined && !optional ? empty(schema) : was;
    case 'flag':
      return leaf(text === 'yes' ? true : text === 'no' && !optional ? false : undefined);
    case 'text':
    case 'one':
      return leaf(text !== '' ? text : shape.nullable ? null : optional ? undefined : text);
    case 'whole':
      return leaf(/^-?\d{1,9}$/.test(text) ? Number(text) : text !== '' ? text : shape.nullable ? null : undefined);
    case 'many': {
      const values = inOrderOf(
        was,
        many(body, name).map((v) => (shape.numbers ? Number(v) : v)),
      );
      return leaf(values.length === 0 && optional ? undefined : values);
    }
    case 'lines': {
      const lines = text.split('\n').flatMap((line) => line.trim() || []);
      return leaf(lines.length === 0 && optional ? undefined : lines);
    }
    case 'group': {
      if (optional && !filled(body, name)) return undefined;
      const item = (typeof was === 'object' && was !== null ? was : {}) as Record<string, unknown>;
      const parts = shape.parts.flatMap(([k, s, o]) => {
        const v = read(r, s, item[k], at(name, k), k, o);
        return v === undefined ? [] : [[k, v] as const];
      });
      return optional && parts.length === 0 ? undefined : Object.fromEntries(parts);
    }
    case 'list': {
      const before = Array.isArray(was) ? was : [];
      const rows = Array.from({ length: countOf(body, name) }, (_, i) => {
        const row = at(name, String(i));
        const from = one(body, `${row}:was`);
        return read(r, shape.item, from === '' ? undefined : before[Number(from)], row, '', false);
      });
      return rows.length === 0 && optional ? undefined : rows;
    }
    case 'choice': {
      const chosen = one(body, `${name}:kind`);
      const kind = chosen === '' ? -1 : Number(chosen);
      const branch = shape.branches[kind];
      if (branch === null) return null;
      if (chosen === '' && optional) return undefined;
      if (branch) return read(r, branch, was, branchName(name, kind), key, false);
      faults[`${name}:kind`] = 'Choose one of these.';
      return undefined;
    }
  }
}

/** Ticks have no order of their own; what was there stays where it was. */
function inOrderOf(was: unknown, values: readonly (string | number)[]): (string | number)[] {
  const before: unknown[] = Array.isArray(was) ? was : [];
  const place = (v: unknown) => (before.includes(v) ? before.indexOf(v) : before.length);
  return values.toSorted((a, b) => place(a) - place(b));
}

const empty = (schema: Schema): unknown => (schema.type === 'array' ? [] : schema.type === 'object' ? {} : undefined);

function note(faults: Faults, schema: Schema, value: unknown, name: string): void {
  for (const { path, expected } of locate(schema, value, name)) {
    faults[path] ??= expected.startsWith('one of') ? 'Choose one of these.' : `Give ${expected}.`;
  }
}
