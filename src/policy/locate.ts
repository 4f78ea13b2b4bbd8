import type { TSchema } from 'typebox';
import Value from 'typebox/value';

/** One thing wrong with a document: where it stands, what would be right, and what is there. */
export interface Fault {
  /** JSON Pointer (RFC 6901). */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/** The parts of a TypeBox schema that are read here. */
export interface Node {
  readonly type?: string;
  readonly pattern?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly (TSchema & Node)[];
  readonly properties?: Readonly<Record<string, TSchema & Node>>;
  readonly patternProperties?: Readonly<Record<string, TSchema & Node>>;
  readonly required?: readonly string[];
  readonly items?: TSchema & Node;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}

/**
 * Where exactly a value departs from a schema. The library says whether it does; its own error list repeats
 * every branch of a union and stops at eight entries, which tells an editor of policies too little.
 */
export function* locate(schema: TSchema & Node, value: unknown, path = ''): Generator<Fault> {
  if (fits(schema, value)) return;
  const here = (expected: string): Fault => ({ path, expected, found: show(value) });
  if (schema.anyOf) {
    const branch = schema.anyOf.find((b) => isObject(value) && b.properties?.value?.const === value.value);
    if (branch) yield* locate(branch, value, path);
    else yield here(say(schema));
  } else if (schema.type === 'object' && isObject(value)) {
    yield* locateInObject(schema, value, path);
  } else if (schema.type === 'array' && Array.isArray(value)) {
    yield* locateInArray(schema, value, path);
  } else {
    yield here(say(schema));
  }
}

function* locateInObject(schema: Node, value: Record<string, unknown>, path: string): Generator<Fault> {
  const properties = schema.properties ?? {};
  const patterns = Object.entries(schema.patternProperties ?? {});
  for (const key of schema.required ?? []) {
    if (Object.hasOwn(value, key)) continue;
    yield { path: at(path, key), expected: say(properties[key] ?? {}), found: 'nothing' };
  }
  for (const [key, item] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key)
      ? properties[key]
      : patterns.find(([pattern]) => new RegExp(pattern).test(key))?.[1];
    if (known) yield* locate(known, item, at(path, key));
    else yield { path: at(path, key), expected: `only ${keysOf(schema)}`, found: `the unknown key ${show(key)}` };
  }
}

function* locateInArray(schema: Node, value: readonly unknown[], path: string): Generator<Fault> {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  if (value.length < minItems || value.length > maxItems) {
    const most = maxItems === Number.POSITIVE_INFINITY ? '' : ` and at most ${maxItems}`;
    yield { path, expected: `at least ${minItems}${most} entries`, found: show(value) };
    return;
  }
  if (schema.items) for (const [i, item] of value.entries()) yield* locate(schema.items, item, at(path, String(i)));
  if (!schema.uniqueItems) return;
  const seen = new Set<unknown>();
  for (const [i, item] of value.entries()) {
    if (seen.has(item)) {
      yield { path: at(path, String(i)), expected: 'each entry once', found: `${show(item)} again` };
    }
    seen.add(item);
  }
}

/** One value of a document beside the schema that describes it. */
export interface Visited {
  readonly path: string;
  readonly schema: Node;
  readonly value: unknown;
}

/** Every value of a document that fits the schema, with its own schema. As deep as the schema, so it always ends. */
export function visit(schema: TSchema & Node, value: unknown, path = '', into: Visited[] = []): Visited[] {
  into.push({ path, schema, value });
  if (schema.anyOf) {
    const branch = schema.anyOf.find((b) => fits(b, value));
    if (branch) visit(branch, value, path, into);
  } else if (schema.type === 'array' && schema.items && Array.isArray(value)) {
    for (const [i, item] of value.entries()) visit(schema.items, item, `${path}/${i}`, into);
  } else if (schema.type === 'object' && isObject(value)) {
    const [perKey] = Object.values(schema.patternProperties ?? {});
    for (const [key, item] of Object.entries(value)) {
      const below = schema.properties?.[key] ?? perKey;
      if (below) visit(below, item, at(path, key), into);
    }
  }
  return into;
}

// As a plain boolean: the type guard would leave `never` behind for what does not fit.
const fits = (schema: TSchema, value: unknown): boolean => Value.Check(schema, value);
const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);

/** A step down in a JSON Pointer. */
export const at = (path: string, key: string): string => `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

function say(schema: Node): string {
  if (schema.description !== undefined) return schema.description;
  if (schema.enum) return `one of ${schema.enum.map((v) => JSON.stringify(v)).join(', ')}`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf) return schema.anyOf.map(say).join(' or ');
  if (schema.type === 'object') return `an object with ${keysOf(schema)}`;
  if (schema.type === 'array') return 'a list';
  return schema.type === 'boolean' ? 'true or false' : (schema.type ?? 'something else');
}

function keysOf(schema: Node): string {
  const keys = Object.keys(schema.properties ?? {});
  return keys.length > 0 ? `the keys ${keys.join(', ')}` : (schema.description ?? 'no keys');
}

/** What is there, short enough for a message. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? 'a list of 1 entry' : `a list of ${value.length} entries`;
  if (isObject(value)) return 'an object';
  if (typeof value === 'bigint') return String(value);
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
