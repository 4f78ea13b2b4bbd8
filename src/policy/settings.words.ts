import type { Period } from './sections.ts';
import type { Audience, Cell, PasswordRotation, PersonKind, PolicyDocument, RoleId } from './types.ts';

/** The words that sentences about settings are made of. */

/** "a", "a and b", "a, b and c". */
export function and(words: readonly string[], none = 'nobody'): string {
  return words.length < 2 ? (words[0] ?? none) : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** A role by the school's own title. */
export function title(doc: PolicyDocument, role: RoleId | null, none = 'nobody'): string {
  if (role === null) return none;
  return doc.roles.find((r) => r.id === role)?.title ?? role.replaceAll('-', ' ');
}
export const titles = (doc: PolicyDocument, roles: readonly RoleId[]): string => and(roles.map((r) => title(doc, r)));

const EVERY = {
  day: ['every day', 'days'],
  week: ['every week', 'weeks'],
  month: ['every month', 'months'],
  'half-term': ['every half term', 'half terms'],
  term: ['every term', 'terms'],
  'academic-year': ['every school year', 'school years'],
  'calendar-year': ['every year', 'years'],
} as const;

/** "every term", "every 2 school years", "after a new starter". */
export function period(p: Period): string {
  if ('after' in p) return `after ${p.after}`;
  const [once, several] = EVERY[p.every];
  return p.times === undefined || p.times === 1 ? once : `every ${p.times} ${several}`;
}

/** When a duty comes round, or that the document has none. */
export function when(doc: PolicyDocument, duty: string): string {
  const found = doc.duties.find((d) => d.id === duty);
  return found ? `${period(found.period)}${found.proposed ? ' (our proposal)' : ''}` : 'at no set time';
}

const CELL: Readonly<Record<Cell['value'], string>> = {
  allowed: 'yes',
  'not-allowed': 'no',
  illegal: 'no, it is against the law',
  times: 'at certain times',
  selected: 'those on a list',
  nominated: 'those nominated',
  permission: 'with permission',
};

/** A rule's answer for one audience. */
export function cell(doc: PolicyDocument, rule: string, audience: Audience): string {
  const found = doc.rules.find((r) => r.id === rule)?.cells[audience];
  return found ? CELL[found.value] : 'not said';
}
export const cells = (doc: PolicyDocument, rule: string): string =>
  `staff ${cell(doc, rule, 'staff')}, pupils ${cell(doc, rule, 'pupil')}`;

/** Who gets a kind of report. */
export function recipients(doc: PolicyDocument, report: string): string {
  const found = doc.recipients.find((r) => r.report === report);
  return found ? titles(doc, found.to) : 'nobody';
}

/** Marks what the school has yet to confirm. */
export const unconfirmed = (part: { readonly unconfirmed?: boolean } | undefined): string =>
  part?.unconfirmed ? ' The school has still to confirm this.' : '';

const WHOSE: Readonly<Record<PersonKind, string>> = {
  pupil: 'pupils',
  staff: 'staff',
  governor: 'governors',
  parent: 'parents',
  volunteer: 'volunteers',
  visitor: 'visitors',
};

/** D01 in a sentence. */
export function saysRotation({ every, days, for: whose }: PasswordRotation): string {
  const who = whose ? and(whose.map((kind) => WHOSE[kind])) : 'everybody';
  const when = every === 'days' ? `every ${days} days` : period({ every });
  return `A new password is chosen ${when}, by ${who}.`;
}
