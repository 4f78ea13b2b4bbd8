import { Type } from 'typebox';
import { taxonomy } from '#rooms/policies/index.ts';
import { KIND, KINDS, type Kind, PART_IDS } from './kinds.ts';
import type { Told } from './tell.service.ts';

const closed = { additionalProperties: false };
const oneOf = <T extends string>(...values: readonly T[]) =>
  Type.Optional(Type.Unsafe<T | ''>(Type.Union(['', ...values].map((v) => Type.Literal(v)))));
const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const tick = Type.Optional(Type.Literal('yes'));

/** Where it came from: a school's own page, or a block page that says which site and kind of site it stood for. */
export const From = Type.Object(
  { school: text(40), site: Type.Optional(Type.String({ maxLength: 253 })), category: text(60) },
  closed,
);
export const AtSchool = Type.Object({ slug: Type.String({ pattern: '^[a-z0-9-]{2,40}$' }) }, closed);

export const TellBody = Type.Object(
  {
    _csrf: Type.Optional(Type.String()),
    words: Type.String({ maxLength: 50_000 }),
    kind: oneOf(...KINDS),
    name: text(200),
    part: oneOf(...PART_IDS),
    safe: oneOf('yes', 'no', 'unsure'),
    now: tick,
    picture: oneOf('yes', 'no', 'unsure'),
    role: text(60),
    who: text(2000),
    children: tick,
    names: text(2000),
    site: text(253),
    category: text(60),
  },
  closed,
);
export type TellForm = Type.Static<typeof TellBody>;

const HOST = /^[a-z0-9.:-]{1,253}$/;
export const siteOf = (site: string | undefined): string | null => (site && HOST.test(site) ? site : null);
export const categoryOf = (id: string | undefined): string | null => (id && taxonomy().byId.has(id) ? id : null);

/** What was typed, of the fields that the kind has. Whoever does not choose a kind tells of a worry, which waits least. */
export function toldBy(form: TellForm, page: 'people' | 'fault'): Told {
  const kind: Kind =
    KINDS.find((k) => k === form.kind && KIND[k].form === page) ?? (page === 'people' ? 'concern' : 'filter-failure');
  const people = page === 'people';
  return {
    kind,
    words: form.words,
    name: form.name ?? '',
    part: form.part || null,
    safe: people ? form.safe || null : null,
    now: people && form.now === 'yes',
    picture: people ? form.picture || null : null,
    role: (people && form.role) || null,
    who: people ? (form.who ?? '') : '',
    children: !people && form.children === 'yes',
    names: people ? '' : (form.names ?? ''),
    site: siteOf(form.site),
    category: categoryOf(form.category),
  };
}
