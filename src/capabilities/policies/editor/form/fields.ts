import { at } from '#policy/locate.ts';
import { type Body, branchName, countOf, many, one } from './body.ts';
import { type FormWords, type Option, type Schema, shapeOf } from './shape.ts';

interface Base {
  readonly name: string;
  readonly label: string;
  readonly hint: string | undefined;
}

/** One thing that a form asks, ready to be drawn (views/fields.njk). */
export type Field =
  | (Base & { readonly kind: 'text'; readonly value: string; readonly long: boolean; readonly width: string })
  | (Base & { readonly kind: 'lines'; readonly value: string })
  | (Base & {
      readonly kind: 'one';
      readonly value: string;
      readonly options: readonly Option[];
      readonly few: boolean;
      /** Nothing is chosen yet, and nothing is no answer. */
      readonly choose: boolean;
    })
  | (Base & { readonly kind: 'many'; readonly options: readonly (Option & { readonly checked: boolean })[] })
  | (Base & { readonly kind: 'group'; readonly fields: readonly Field[] })
  | (Base & {
      readonly kind: 'list';
      readonly count: number;
      readonly rows: readonly { readonly was: string; readonly fields: readonly Field[] }[];
    })
  | (Base & {
      readonly kind: 'choice';
      readonly value: string;
      readonly branches: readonly {
        readonly value: string;
        readonly text: string;
        readonly fields: readonly Field[];
      }[];
    });

const YES_NO: readonly Option[] = [
  { value: 'yes', text: 'Yes' },
  { value: 'no', text: 'No' },
];
/** More choices than these are a drop-down. */
const FEW = 7;

/** The form of a schema, filled in from what was sent or would be sent; what is kept as it is has no field. */
export function fieldsOf(schema: Schema, body: Body, words: FormWords, name = '', key = ''): readonly Field[] {
  const shape = shapeOf(schema, key, words);
  const base = { name, label: words.label(key), hint: words.hint(key, schema) };
  const value = one(body, name);
  switch (shape.is) {
    case 'kept':
      return [];
    case 'flag':
      return [{ ...base, kind: 'one', value: value || 'no', options: YES_NO, few: true, choose: false }];
    case 'one': {
      const unset = shape.nullable ? [{ value: '', text: 'Not decided' }] : [];
      const options = [...shape.options, ...unset];
      return [
        { ...base, kind: 'one', value, options, few: options.length <= FEW, choose: value === '' && !shape.nullable },
      ];
    }
    case 'text': {
      const { maxLength = 200 } = shape.schema;
      const long = maxLength > 120;
      return [{ ...base, kind: 'text', value, long, width: maxLength <= 10 ? '10' : maxLength <= 60 ? '20' : '' }];
    }
    case 'whole':
      return [{ ...base, kind: 'text', value, long: false, width: '5' }];
    case 'lines':
      return [{ ...base, hint: base.hint ?? 'One on each line.', kind: 'lines', value }];
    case 'many': {
      const chosen = many(body, name);
      return [
        { ...base, kind: 'many', options: shape.options.map((o) => ({ ...o, checked: chosen.includes(o.value) })) },
      ];
    }
    case 'group': {
      const fields = shape.parts.flatMap(([k, s]) => fieldsOf(s, body, words, at(name, k), k));
      return key === '' ? fields : [{ ...base, kind: 'group', fields }];
    }
    case 'list': {
      const count = countOf(body, name);
      const rows = Array.from({ length: count }, (_, i) => ({
        was: one(body, `${name}/${i}:was`),
        fields: fieldsOf(shape.item, body, words, at(name, String(i)), ''),
      }));
      return [{ ...base, kind: 'list', count, rows }];
    }
    case 'choice': {
      const branches = shape.branches.map((b, i) => ({
        value: String(i),
        text: b === null ? words.label('~none') : words.label(`~${Object.keys(b.properties ?? {}).join('+')}`),
        fields: b === null ? [] : fieldsOf(b, body, words, branchName(name, i), ''),
      }));
      return [{ ...base, kind: 'choice', value: one(body, `${name}:kind`), branches }];
    }
  }
}
