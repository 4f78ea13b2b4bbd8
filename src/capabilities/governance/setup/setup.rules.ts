import { invalid } from '#core/errors.ts';
import { locate } from '#policy/locate.ts';
import { isTimeZone } from '#policy/windows.ts';
import { isEmail, mailFaults } from '../mail-server.rules.ts';
import { termFaults } from '../terms.rules.ts';
import { type SetupInput, SetupSchema } from './setup.schema.ts';

/** Place in the document (JSON Pointer, RFC 6901) → what is wrong there. */
export type Faults = Record<string, string>;

/** The input, checked whole; or a refusal that names every fault by its place. */
export function readSetup(value: unknown): SetupInput {
  const faults: Faults = {};
  for (const f of locate(SetupSchema, value)) faults[f.path || '/'] ??= `Expected ${f.expected}; found ${f.found}.`;
  if (Object.keys(faults).length === 0) Object.assign(faults, meaningFaults(value as SetupInput));
  if (Object.keys(faults).length > 0) throw invalid('setup.invalid', 'Some of this needs another look.', faults);
  return value as SetupInput;
}

/** What a well-formed input may still get wrong. */
function meaningFaults(input: SetupInput): Faults {
  const faults: Faults = {};
  if (input.school.timeZone && !isTimeZone(input.school.timeZone)) {
    faults['/school/timeZone'] = 'Give a time zone such as Europe/London.';
  }
  input.terms.forEach((term, i) => {
    for (const [field, why] of Object.entries(termFaults(term, input.terms.slice(0, i))))
      faults[`/terms/${i}/${field}`] = why;
  });
  for (const part of ['administrator', 'dsl'] as const) {
    const { email } = input[part];
    if (email && !isEmail(email)) faults[`/${part}/email`] = 'Give an e-mail address such as name@school.example.';
  }
  const same = samePerson(input);
  if (same) faults[`/dsl/${same}`] ??= TWO_PEOPLE;
  if (input.lists) {
    const why = locationFault(input.lists.location);
    if (why) faults['/lists/location'] = why;
  }
  for (const [field, why] of Object.entries(input.mail ? mailFaults(input.mail) : {})) faults[`/mail/${field}`] = why;
  return faults;
}

const TWO_PEOPLE =
  'The administrator and the designated safeguarding lead must be two people, so that nobody both runs the filter and judges its alerts alone.';

/** FIL-04: the field by which administrator and DSL are seen to be one person. */
function samePerson({ administrator: a, dsl: b }: SetupInput): 'username' | 'email' | 'name' | null {
  const plain = (text: string | undefined) => text?.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase() || null;
  const alike = (field: 'username' | 'email' | 'name') =>
    plain(a[field]) !== null && plain(a[field]) === plain(b[field]);
  return (['username', 'email', 'name'] as const).find(alike) ?? null;
}

function locationFault(location: string): string | null {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(location)) {
    return location.startsWith('/') ? null : 'Give a whole path that begins with / or a web address.';
  }
  const url = URL.parse(location);
  return url && (url.protocol === 'https:' || url.protocol === 'http:')
    ? null
    : 'Give an address that begins with https://.';
}

/** `ashgrove-school` from "Ashgrove School (Main)". */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return slug.length >= 2 ? slug : 'school';
}
