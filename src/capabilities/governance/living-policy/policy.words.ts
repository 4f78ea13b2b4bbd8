import { heading, type Piece, type Rich } from '#platform/documents/index.ts';
import type { Cell, Period, PolicyDocument, RoleId, TimeWindow } from '#policy/index.ts';
import { roleTitle } from '#rooms/identity/index.ts';

/** What every part of the policy's text is made with: how its codes read as words. */

export const SLOTS = {
  lesson: 'lessons',
  'tutor-time': 'tutor time',
  break: 'breaks',
  lunch: 'lunch',
  club: 'clubs',
} as const;
const ZONES = { 'main-building': 'in the main building', outside: 'outside', 'off-site': 'off site' } as const;
const DAYS = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** "a", "a and b", "a, b and c" */
export const listed = (words: readonly string[], last = 'and'): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;

const counted = (n: number, one: string): string => `${n.toLocaleString('en-GB')} ${one}${n === 1 ? '' : 's'}`;
export const days = (n: number): string =>
  n % 365 === 0 ? counted(n / 365, 'year') : n % 7 === 0 && n < 60 ? counted(n / 7, 'week') : counted(n, 'day');
const months = (n: number): string => (n % 12 === 0 ? counted(n / 12, 'year') : counted(n, 'month'));
/** "every year", "every 18 months" */
export const everyMonths = (n: number): string =>
  n === 12 ? 'every year' : n === 1 ? 'every month' : `every ${months(n)}`;
export const minutes = (n: number): string =>
  n === 0 ? 'at once' : n % 1440 === 0 ? days(n / 1440) : n % 60 === 0 ? counted(n / 60, 'hour') : counted(n, 'minute');

/** "3 November 2026" for a day written YYYY-MM-DD. */
export const date = (day: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00Z`));

/** "Mon–Fri", "Wed, Sat" */
export function sayDays(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
  const run = sorted.length > 2 && last - first === sorted.length - 1;
  return run ? `${DAYS[first]}–${DAYS[last]}` : sorted.map((d) => DAYS[d]).join(', ');
}

function sayWindow(window: TimeWindow): string {
  const term = window.term ? ' in term' : '';
  if ('slots' in window) {
    const when = window.days ? ` (${sayDays(window.days)})` : '';
    return `in ${listed(window.slots.map((s) => SLOTS[s]))}${when}${term}`;
  }
  return `${sayDays(window.days)} ${window.from}–${window.to}${term}`;
}

const ANSWERS: Readonly<Record<Exclude<Cell['value'], 'times'>, string>> = {
  allowed: 'Allowed',
  'not-allowed': 'Not allowed',
  illegal: 'Against the law',
  selected: 'Selected people only',
  nominated: 'Nominated people only',
  permission: 'With permission',
};

/** A cell as a sentence that says no more than the cell: what nobody filled in is closed, and what nobody confirmed says so. */
export function sayCell(cell: Cell | undefined): string {
  if (!cell) return 'Not mentioned';
  const answer =
    cell.value !== 'times'
      ? ANSWERS[cell.value]
      : cell.windows.length === 0
        ? 'At certain times (none set yet, so closed)'
        : `At certain times: ${cell.windows.map(sayWindow).join('; ')}`;
  return [answer, cell.unconfirmed && '(to be confirmed)', cell.rationale && `– ${cell.rationale}`]
    .filter(Boolean)
    .join(' ');
}

/** Where a rule speaks at all: " (in lessons, with one’s own device)". */
export function sayApplies(applies: PolicyDocument['rules'][number]['applies']): string {
  if (!applies) return '';
  const parts = [
    applies.slots && `in ${listed(applies.slots.map((s) => SLOTS[s]))}`,
    applies.zones &&
      listed(
        applies.zones.map((z) => ZONES[z]),
        'or',
      ),
    applies.equipment && (applies.equipment === 'personal' ? 'on one’s own device' : 'on the school’s device'),
  ].filter(Boolean);
  return ` (${parts.join(', ')})`;
}

const EVERY = {
  day: 'day',
  week: 'week',
  month: 'month',
  'half-term': 'half term',
  term: 'term',
  'academic-year': 'school year',
  'calendar-year': 'calendar year',
} as const;

/** "Every term", "Every 2 school years", "After a new starter, within 2 days" */
export function sayPeriod(period: Period): string {
  if ('every' in period) {
    const unit = EVERY[period.every];
    return period.times && period.times > 1 ? `Every ${period.times} ${unit}s` : `Every ${unit}`;
  }
  if (period.within === null) return `After ${period.after}`;
  const { minutes: n } = period.within;
  return `After ${period.after}, ${n === 0 ? 'at once' : `within ${minutes(n)}`}`;
}

/** One document's own words: titles of its roles, numbers of its clauses. */
export function wordsOf(document: PolicyDocument) {
  const numbers = new Map(document.clauses.map((c) => [c.id, c.number]));
  const role = (id: RoleId): string => roleTitle(id, document.roles);
  return {
    role,
    roles: (ids: readonly RoleId[], last?: string): string => listed(ids.map(role), last),
    /** Duties are also owned by everybody, and by the program. */
    owner: (id: string): string =>
      id === 'everyone' ? 'Everybody' : id === 'system' ? 'Gatehouse' : role(id as RoleId),
    clause: (id: string | null): Rich => (id === null ? '' : [clauseLink(id, numbers.get(id))]),
    /** A paragraph's end: "(clause 4.3)". */
    under: (id: string): Piece[] => [{ text: ' (clause ' }, clauseLink(id, numbers.get(id)), { text: ')' }],
  };
}
export type Words = ReturnType<typeof wordsOf>;

const clauseLink = (id: string, number: string | undefined): Piece => ({ text: number ?? id, href: `#${id}` });

/** The parts of the text besides the clauses; the address of a part never changes. */
export const part = (id: string, title: string) => heading(2, title, id);
