import { Type } from 'typebox';

const TERMS = 3;
/** The page's fields are named by their place in the document, so one name serves the form, the check and the message. */
export const FIELDS: readonly string[] = [
  '/school/name',
  '/site',
  '/school/timeZone',
  '/policy',
  ...['administrator', 'dsl'].flatMap((p) => ['name', 'username', 'email'].map((f) => `/${p}/${f}`)),
  ...Array.from({ length: TERMS }, (_, i) =>
    ['name', 'starts', 'ends', 'halfTermStarts', 'halfTermEnds'].map((f) => `/terms/${i}/${f}`),
  ).flat(),
  '/lists/location',
  ...['host', 'port', 'security', 'username', 'password', 'from'].map((f) => `/mail/${f}`),
];

export const SetupBody = Type.Object(
  Object.fromEntries([...FIELDS, '_csrf'].map((f) => [f, Type.Optional(Type.String({ maxLength: 2000 }))])),
  { additionalProperties: false },
);
export type Typed = Readonly<Record<string, string | undefined>>;

/**
 * The document that the fields make. What was left empty is left out; terms that were left empty go, and the places of
 * those that stay are given back, so that messages find their fields.
 */
export function documentOf(typed: Typed): { document: unknown; termRows: number[] } {
  const value = (field: string) => typed[field]?.trim() || undefined;
  const group = (prefix: string, fields: readonly string[]) =>
    Object.fromEntries(fields.flatMap((f) => (value(`${prefix}/${f}`) ? [[f, value(`${prefix}/${f}`)]] : [])));
  const rows = Array.from({ length: TERMS }, (_, i) => ({
    i,
    term: group(`/terms/${i}`, ['name', 'starts', 'ends', 'halfTermStarts', 'halfTermEnds']),
  })).filter(({ term }) => Object.keys(term).length > 0);
  const mail: Record<string, unknown> = group('/mail', ['host', 'port', 'security', 'username', 'password', 'from']);
  if (typeof mail.port === 'string' && /^\d+$/.test(mail.port)) mail.port = Number(mail.port);
  const lists = value('/lists/location');
  const person = (part: string) => {
    const p = group(`/${part}`, ['name', 'username', 'email']);
    return p.username ? { ...p, username: p.username.toLowerCase() } : p;
  };
  return {
    termRows: rows.map((r) => r.i),
    document: {
      school: group('/school', ['name', 'timeZone']),
      ...(value('/site') && { site: value('/site') }),
      terms: rows.map((r) => r.term),
      ...(value('/policy') && { policy: value('/policy') }),
      administrator: person('administrator'),
      dsl: person('dsl'),
      ...(lists && { lists: { location: lists } }),
      // A server is meant only where one is named; its kind of security alone says nothing.
      ...(mail.host || mail.from || mail.username ? { mail } : {}),
    },
  };
}

/** What a field is called where a message stands by itself. */
const CALLED: readonly (readonly [RegExp, string])[] = [
  [/^\/school\/name$/, 'The school’s name'],
  [/^\/site$/, 'The first site'],
  [/^\/policy$/, 'The policy to begin from'],
  [/^\/administrator\/name$/, 'The administrator’s full name'],
  [/^\/administrator\/username$/, 'The administrator’s user name'],
  [/^\/dsl\/name$/, 'The safeguarding lead’s full name'],
  [/^\/dsl\/username$/, 'The safeguarding lead’s user name'],
  [/^\/terms\/\d\/name$/, 'The term’s name'],
  [/^\/terms\/\d\/starts$/, 'The term’s first day'],
  [/^\/terms\/\d\/ends$/, 'The term’s last day'],
  [/^\/mail\/host$/, 'The mail server'],
  [/^\/mail\/port$/, 'The mail server’s port'],
  [/^\/mail\/from$/, 'The address that letters come from'],
];

/** Words of the check, which speak of a document, as words for somebody at a form. */
function forPeople(field: string, why: string): string {
  const [, expected, found] = /^Expected (.*); found (.*)\.$/s.exec(why) ?? [];
  if (!expected) return why;
  const called = CALLED.find(([is]) => is.test(field))?.[1] ?? 'This';
  return found === 'nothing' ? `${called} is missing.` : `${called} must be ${expected}.`;
}

/** Faults of the document as faults of the fields, each with words for the page. */
export function fieldFaults(
  faults: Readonly<Record<string, string>>,
  termRows: readonly number[],
): Record<string, string> {
  const inOrder = ([a]: [string, string], [b]: [string, string]) => FIELDS.indexOf(a) - FIELDS.indexOf(b);
  return Object.fromEntries(
    Object.entries(faults)
      .map(([path, why]) => {
        const field = path.replace(/^\/terms\/(\d+)/, (_, i) => `/terms/${termRows[Number(i)] ?? i}`);
        return [field, forPeople(field, why)] as [string, string];
      })
      .sort(inOrder),
  );
}
