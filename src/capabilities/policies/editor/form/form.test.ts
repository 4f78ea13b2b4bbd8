import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import Value from 'typebox/value';
import { loadTaxonomy } from '#filter/index.ts';
import { PolicySchema, SHIPPED_POLICIES, shippedPolicy } from '#policy/index.ts';
import { wordsOf } from '../words.ts';
import { fromBody, toBody, withoutGone, withRow } from './body.ts';
import { type Field, fieldsOf } from './fields.ts';
import type { FormWords, Schema } from './shape.ts';

const doc = shippedPolicy('secondary-school', loadTaxonomy().categories);
const known = wordsOf(doc, true);
const parts = PolicySchema.properties as unknown as Readonly<Record<string, Schema>>;

/** What a browser sends of a drawn form: the fields that are drawn, and nothing else. */
function sent(fields: readonly Field[]): Record<string, string | string[]> {
  const body: Record<string, string | string[]> = {};
  for (const f of fields) {
    switch (f.kind) {
      case 'text':
      case 'lines':
      case 'one':
        body[f.name] = f.value.replaceAll('\n', '\r\n');
        break;
      case 'many':
        body[f.name] = f.options.flatMap((o) => (o.checked ? o.value : []));
        break;
      case 'group':
        Object.assign(body, sent(f.fields));
        break;
      case 'list':
        body[`${f.name}:count`] = String(f.count);
        for (const [i, row] of f.rows.entries()) {
          body[`${f.name}/${i}:was`] = row.was;
          Object.assign(body, sent(row.fields));
        }
        break;
      case 'choice':
        body[`${f.name}:kind`] = f.value;
        for (const b of f.branches) Object.assign(body, sent(b.fields));
    }
  }
  return body;
}

const roundTrip = (schema: Schema, value: unknown, words: FormWords = known) =>
  fromBody(schema, sent(fieldsOf(schema, toBody(schema, value, words), words)), value, words);

/** What is left out and what is empty say the same. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, v) => (v && typeof v === 'object' && !Array.isArray(v) ? sorted(v) : v));
const sorted = (item: object) =>
  Object.fromEntries(
    Object.entries(item)
      .filter(([, v]) => !emptyGroup(v))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
const emptyGroup = (v: unknown) =>
  typeof v === 'object' &&
  v !== null &&
  !Array.isArray(v) &&
  Object.values(v).every((x) => Array.isArray(x) && x.length === 0);

test('GOV-33 every part of both shipped policies goes through its form and comes back as it was', () => {
  for (const id of SHIPPED_POLICIES) {
    const policy = shippedPolicy(id, loadTaxonomy().categories);
    for (const [key, schema] of Object.entries(parts)) {
      const value = policy[key as keyof typeof policy];
      const { value: back, faults } = roundTrip(schema, value, wordsOf(policy, true));
      assert.deepEqual(faults, {}, `${id} ${key}`);
      assert.deepEqual(plain(back), plain(value), `${id} ${key}`);
    }
  }
});

/** Values that fit a schema, as people could have typed them. */
function valueFor(schema: Schema, key: string): fc.Arbitrary<unknown> {
  const options = schema.type === 'array' ? null : known.options(schema, key);
  if (options) return fc.constantFrom(...options.map((o) => o.value));
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((s) => valueFor(s as Schema, key)));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  switch (schema.type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer': {
      const { minimum, maximum } = schema as unknown as { minimum: number; maximum: number };
      return fc.integer({ min: minimum, max: maximum });
    }
    case 'string':
      return schema.pattern
        ? fc.stringMatching(new RegExp(schema.pattern)).filter((s) => Value.Check(schema, s))
        : fc
            .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
            .map((s) => `x${s.replace(/[\r\n\p{Z}\p{C}]/gu, '-')}`);
    case 'array': {
      const own = known.options(schema, key);
      const item = own
        ? fc.constantFrom(...own.map((o) => (schema.items?.type === 'integer' ? Number(o.value) : o.value)))
        : valueFor(schema.items as Schema, key);
      const { minItems: minLength = 0 } = schema;
      return schema.uniqueItems
        ? fc.uniqueArray(item, { minLength, maxLength: 4, selector: (v) => JSON.stringify(v) })
        : fc.array(item, { minLength, maxLength: 4 });
    }
    default: {
      const required = new Set(schema.required);
      const entries = Object.entries(schema.properties ?? {}).map(([k, s]): [string, fc.Arbitrary<unknown>] => {
        const value = valueFor(s as Schema, k);
        // Not ticked and not there are the same to a form.
        const told = value.map((v) => (v === false || (Array.isArray(v) && v.length === 0) ? undefined : v));
        return [k, required.has(k) ? value : fc.option(told, { nil: undefined })];
      });
      return fc.record(Object.fromEntries(entries)).map((r) => {
        const there = Object.entries(r).filter(([, v]) => v !== undefined);
        return Object.fromEntries(there);
      });
    }
  }
}

test('whatever fits the schema of settings, cover, duties, recipients, roles and devices survives its form', () => {
  for (const key of [
    'settings',
    'meta',
    'passwords',
    'incidents',
    'modules',
    'recipients',
    'duties',
    'training',
    'notice',
  ]) {
    const schema = parts[key] as Schema;
    // Rows and ids are kept, not asked: they come from the value itself.
    fc.assert(
      fc.property(valueFor(schema, key), (value) => {
        fc.pre(Value.Check(schema, value));
        const { value: back, faults } = roundTrip(schema, value);
        assert.deepEqual(faults, {});
        assert.deepEqual(plain(back), plain(value));
      }),
      { numRuns: 40 },
    );
  }
});

test('whatever is sent, reading a form ends with a value or with faults, and never with an error', () => {
  const name = fc.oneof(
    fc.constantFrom(
      '/title',
      '/period:kind',
      '/period:0/every',
      '/evidence/form',
      ':count',
      '/0:was',
      ':gone',
      '__proto__',
    ),
    fc.string(),
  );
  const body = fc.dictionary(name, fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 3 })));
  fc.assert(
    fc.property(body, fc.constantFrom(...Object.keys(parts)), (sentBody, key) => {
      const schema = parts[key] as Schema;
      const { value, faults } = fromBody(schema, withoutGone(sentBody), undefined, known);
      fieldsOf(schema, sentBody, known);
      if (Object.keys(faults).length === 0) assert.ok(Value.Check(schema, value), key);
    }),
    { numRuns: 300 },
  );
});

test('a row is added empty, and rows marked to go leave the others as they were', () => {
  const schema = parts.recipients as Schema;
  const body = toBody(schema, doc.recipients, known);
  const more = withRow(body, '');
  assert.equal(more[':count'], String(doc.recipients.length + 1));
  const { value, faults } = fromBody(schema, withoutGone({ ...body, ':gone': ['0', '2'] }), doc.recipients, known);
  assert.deepEqual(faults, {});
  assert.deepEqual(plain(value), plain(doc.recipients.filter((_, i) => i !== 0 && i !== 2)));
});

test('what is missing is said at its field, in words', () => {
  const schema = parts.duties?.items as Schema;
  const body = { ...toBody(schema, doc.duties[0], known), '/title': '', '/escalation/afterDays': 'soon' };
  const { faults } = fromBody(schema, body, doc.duties[0], known);
  assert.deepEqual(faults, {
    '/title': 'Give a text of 1 to 200 characters.',
    '/escalation/afterDays': 'Give a whole number from 0 to 90.',
  });
});
