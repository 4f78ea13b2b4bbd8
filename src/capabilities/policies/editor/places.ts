import { notFound } from '#core/errors.ts';
import { type PolicyDocument, PolicySchema } from '#policy/index.ts';
import { at } from '#policy/locate.ts';
import type { Schema } from './form/shape.ts';

/** A part of the document that one form edits as a whole. */
export interface Part {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly at: string;
}

export const PARTS: readonly Part[] = [
  {
    id: 'cover',
    title: 'Cover',
    about: 'Author, dates, reviewers, who approves, and the key stages you teach.',
    at: '/meta',
  },
  { id: 'title', title: 'Title', about: 'How the policy is called.', at: '/title' },
  {
    id: 'notice',
    title: 'Notice at sign-in',
    about: 'What everybody is told before their first session.',
    at: '/notice',
  },
  { id: 'passwords', title: 'Passwords', about: 'How strong they are and when they change.', at: '/passwords' },
  {
    id: 'monitoring',
    title: 'Monitoring',
    about: 'Repeated attempts, and who is told in which order.',
    at: '/monitoring',
  },
  {
    id: 'incidents',
    title: 'Incidents',
    about: 'Who leads, who closes, and how soon something is done.',
    at: '/incidents',
  },
  { id: 'activity', title: 'Record of web use', about: 'For how many days it is kept.', at: '/retention/activityDays' },
  {
    id: 'device-search',
    title: 'Search of devices',
    about: 'Who may authorise one, and on which grounds.',
    at: '/deviceSearch',
  },
  { id: 'self-audit', title: 'Self-audit', about: 'What staff are asked about what they know.', at: '/selfAudit' },
  { id: 'modules', title: 'Parts of the product', about: 'What this policy switches on.', at: '/modules' },
];

/** A list whose entries have a page each. */
export interface List {
  readonly id: string;
  readonly title: string;
  readonly one: string;
  readonly about: string;
  readonly at: string;
}

export const LISTS: readonly List[] = [
  { id: 'roles', title: 'Roles', one: 'role', about: 'What each role does, and how many must hold it.', at: '/roles' },
  {
    id: 'duties',
    title: 'Duties',
    one: 'duty',
    about: 'Everything that comes round: owner, deputy, period, evidence, and who hears when it is late.',
    at: '/duties',
  },
  {
    id: 'recipients',
    title: 'Who gets what',
    one: 'kind of report',
    about: 'Which report goes to whom, and how soon it is acknowledged.',
    at: '/recipients',
  },
  { id: 'training', title: 'Training', one: 'course', about: 'Who learns what, and how often.', at: '/training' },
  {
    id: 'documents',
    title: 'Linked documents',
    one: 'document',
    about: 'Policies, procedures and forms this policy belongs with.',
    at: '/documents',
  },
  {
    id: 'references',
    title: 'Guidance and law',
    one: 'reference',
    about: 'What the policy rests on, and in which edition.',
    at: '/references',
  },
  {
    id: 'retention',
    title: 'How long records are kept',
    one: 'kind of record',
    about: 'Days, from when, and what happens then.',
    at: '/retention/classes',
  },
  {
    id: 'curriculum',
    title: 'Curriculum',
    one: 'outcome',
    about: 'What pupils are to learn, by key stage.',
    at: '/curriculum',
  },
  { id: 'agreements', title: 'Agreements', one: 'agreement', about: 'Terms, and who signs them.', at: '/agreements' },
  {
    id: 'profiles',
    title: 'Profiles',
    one: 'profile',
    about: 'Who is filtered alike. The first that matches somebody wins.',
    at: '/profiles',
  },
];

export const partOf = (id: string): Part => found(PARTS, id);
export const listOf = (id: string): List => found(LISTS, id);

function found<T extends { readonly id: string }>(all: readonly T[], id: string): T {
  const one = all.find((p) => p.id === id);
  if (!one) throw notFound('this part of the policy');
  return one;
}

type Json = Readonly<Record<string, unknown>>;

/** What tells an entry from others: its id, for recipients the report, for questions the number. */
export const keyOf = (entry: unknown): string => {
  const { id, report, number } = entry as Json;
  return String(id ?? report ?? number);
};

/** A place with its entries by index, as JSON Pointer has it; null where the document has no such place. */
export function exactly(doc: PolicyDocument, place: string): string | null {
  let node: unknown = doc;
  let exact = '';
  for (const step of place.split('/').slice(1)) {
    const key = Array.isArray(node) && !/^\d+$/.test(step) ? String(node.findIndex((e) => keyOf(e) === step)) : step;
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return null;
    node = (node as Json)[key];
    exact = at(exact, key);
  }
  return exact;
}

/** What the schema says of that place. */
export function schemaAt(place: string): Schema {
  let schema = PolicySchema as unknown as Schema;
  for (const step of place.split('/').slice(1)) {
    // A part that a policy may leave out is that part or null.
    const part = schema.anyOf?.find((s) => s.properties) ?? schema;
    schema = (part.properties?.[step] ?? part.items) as Schema;
  }
  return schema;
}

/** What stands at an exact place. */
export const getAt = (doc: PolicyDocument, exact: string): unknown =>
  exact
    .split('/')
    .slice(1)
    .reduce<unknown>((node, step) => (node as Json)[step], doc);

/** The document with something else at an exact place; `undefined` takes an entry out of its list. */
export function putAt(doc: PolicyDocument, exact: string, value: unknown): PolicyDocument {
  const put = (node: unknown, steps: readonly string[]): unknown => {
    const [step, ...rest] = steps;
    if (step === undefined) return value;
    if (Array.isArray(node)) {
      const index = Number(step);
      if (rest.length === 0 && value === undefined) return node.filter((_, i) => i !== index);
      return node.length === index ? [...node, value] : node.map((e, i) => (i === index ? put(e, rest) : e));
    }
    return { ...(node as Json), [step]: put((node as Json)[step], rest) };
  };
  return put(doc, exact.split('/').slice(1)) as PolicyDocument;
}
