import type { Period, SlotKind } from './sections.ts';
import type { Cell, TimeWindow } from './types.ts';

/** The values of a policy document as people read them. */

const DAYS = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const SLOTS: Readonly<Record<SlotKind, string>> = {
  lesson: 'in lessons',
  'tutor-time': 'in tutor time',
  break: 'at break',
  lunch: 'at lunch',
  club: 'in clubs',
};
const VALUES: Readonly<Record<Cell['value'], string>> = {
  allowed: 'allowed',
  'not-allowed': 'not allowed',
  illegal: 'against the law',
  times: 'allowed at certain times',
  selected: 'allowed for selected people',
  nominated: 'allowed for nominated people',
  permission: 'allowed with permission',
};

/** "allowed at certain times (Mon–Fri 12:30–13:15 in term), still to be confirmed" */
export function sayCell(cell: Cell): string {
  const when = cell.value === 'times' ? ` (${cell.windows.map(sayWindow).join('; ') || 'no times set'})` : '';
  const whom = 'people' in cell ? ` (${cell.people.join(', ') || 'nobody named'})` : '';
  const unsure = cell.unconfirmed ? ', still to be confirmed' : '';
  const why = cell.rationale ? `, because: ${cell.rationale}` : '';
  return `${VALUES[cell.value]}${when}${whom}${unsure}${why}`;
}

/** "Mon–Fri 12:30–13:15 in term" */
export function sayWindow(window: TimeWindow): string {
  const days = window.days ? sayDays(window.days) : '';
  const when = 'slots' in window ? window.slots.map((s) => SLOTS[s]).join(', ') : `${window.from}–${window.to}`;
  return [days, when, window.term ? 'in term' : ''].filter(Boolean).join(' ');
}

function sayDays(days: readonly number[]): string {
  const sorted = [...days].sort((a, b) => a - b);
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
  const run = sorted.length > 2 && last - first === sorted.length - 1;
  return run ? `${DAYS[first]}–${DAYS[last]}` : sorted.map((d) => DAYS[d]).join(', ');
}

/** "every second academic year", "after a new starter, within 3 days" */
export function sayPeriod(period: Period): string {
  if ('every' in period) {
    const { every, times = 1 } = period;
    const unit = every.replace('-', ' ');
    return times === 1 ? `every ${unit}` : `every ${times} ${unit}s`;
  }
  return period.within === null
    ? `after ${period.after}`
    : `after ${period.after}, within ${sayMinutes(period.within.minutes)}`;
}

/** "3 days", "90 minutes" */
export function sayMinutes(minutes: number): string {
  for (const [size, unit] of [
    [1440, 'day'],
    [60, 'hour'],
  ] as const) {
    if (minutes > 0 && minutes % size === 0) return `${minutes / size} ${unit}${minutes === size ? '' : 's'}`;
  }
  return `${minutes} minute${minutes === 1 ? '' : 's'}`;
}

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const isList = (v: unknown, is: (item: unknown) => boolean): boolean => Array.isArray(v) && v.every(is);
const isText = (v: unknown): v is string => typeof v === 'string';
const isNumber = (v: unknown): v is number => typeof v === 'number';

const isWindow = (v: unknown): v is TimeWindow =>
  isObject(v) &&
  ('slots' in v ? isList(v.slots, isText) : isText(v.from) && isText(v.to) && 'days' in v) &&
  (v.days === undefined || isList(v.days, isNumber));
export const isCell = (v: unknown): v is Cell =>
  isObject(v) &&
  isText(v.value) &&
  Object.hasOwn(VALUES, v.value) &&
  (v.value !== 'times' || isList(v.windows, isWindow)) &&
  (v.people === undefined || isList(v.people, isText));
export const isPeriod = (v: unknown): v is Period =>
  isObject(v) &&
  ('every' in v
    ? isText(v.every)
    : isText(v.after) && (v.within === null || (isObject(v.within) && isNumber(v.within.minutes))));

/** Keys whose own words say too little to whoever did not write the format. */
const KEYS: Readonly<Record<string, string>> = {
  undefinedInSource: 'left open by the source',
  minLength: 'shortest length',
  nilReport: 'reports also when there is nothing',
  within: 'to be answered within (minutes)',
  rows: 'catalogue rows',
  says: 'what it says elsewhere',
  backedBy: 'backed by',
  min: 'at least',
  max: 'at most',
  inPolicy: 'part of the policy',
};

/** `lastReviewed` → "last reviewed" */
export const sayKey = (key: string): string =>
  KEYS[key] ??
  key
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('-', ' ')
    .toLowerCase();

/** Any value of a document in words. */
export function sayValue(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'not set';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.map(sayValue).join(', ');
  if (isCell(value)) return sayCell(value);
  if (isPeriod(value)) return sayPeriod(value);
  if (isWindow(value)) return sayWindow(value);
  if (isObject(value)) {
    const parts = Object.entries(value).map(([key, v]) => `${sayKey(key)} ${sayValue(v)}`);
    return parts.join(', ') || 'nothing';
  }
  return String(value);
}
