import { type PolicyDocument, SLOT_KINDS, type SlotKind, ZONE_KINDS, type ZoneKind } from '#policy/index.ts';

/** The school's day as people write it down: parts of the day, and places, by the kinds that a policy knows. */

export const SLOT_NAMES: Readonly<Record<SlotKind, string>> = {
  lesson: 'Lesson',
  'tutor-time': 'Tutor time',
  break: 'Break',
  lunch: 'Lunch',
  club: 'Club or activity',
};
export const ZONE_NAMES: Readonly<Record<ZoneKind, string>> = {
  'main-building': 'Main building',
  outside: 'Outside',
  'off-site': 'Away from school',
};
/** Monday is 1, as in the policy's time windows. */
export const DAY_NAMES = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

export interface Slot {
  readonly name: string;
  readonly kind: SlotKind;
  readonly days: readonly number[];
  /** HH:MM; the end is not included. */
  readonly from: string;
  readonly to: string;
}
export interface Zone {
  readonly name: string;
  readonly kind: ZoneKind;
}

/** As it was typed. */
export type TypedSlot = Readonly<Record<'name' | 'kind' | 'days' | 'from' | 'to', string>>;
export type Faults = Readonly<Record<string, string>>;
type Read<T> = { readonly value: T } | { readonly faults: Faults };

const NAME = 80;

/** A slot in good order, or what is wrong with each part of it. */
export function readSlot(typed: TypedSlot): Read<Slot> {
  const faults: Record<string, string> = {};
  const name = typed.name.trim();
  if (!fits(name)) faults.name = `Give it a name of at most ${NAME} letters, such as “Lesson 1”`;
  const kind = kindOf(typed.kind);
  if (!kind) faults.kind = `Choose one of: ${SLOT_KINDS.map((k) => SLOT_NAMES[k].toLowerCase()).join(', ')}`;
  const days = readDays(typed.days);
  if (!days) faults.days = 'Choose at least one day, such as Mon-Fri or Mon Wed';
  const from = readTime(typed.from);
  if (!from) faults.from = 'Give a time such as 08:50';
  const to = readTime(typed.to);
  if (!to) faults.to = 'Give a time such as 09:50';
  else if (from && to <= from) faults.to = 'It ends after it begins, on the same day';
  if (!kind || !days || !from || !to || Object.keys(faults).length > 0) return { faults };
  return { value: { name, kind, days, from, to } };
}

/** A place in good order, or what is wrong with it. */
export function readZone(typed: { readonly name: string; readonly kind: string }): Read<Zone> {
  const name = typed.name.trim();
  const kind = ZONE_KINDS.find((k) => k === typed.kind);
  const faults = {
    ...(!fits(name) && { zone: `Give the place a name of at most ${NAME} letters, such as “Sports hall”` }),
    ...(!kind && { 'zone-kind': 'Choose what kind of place it is' }),
  };
  return kind && fits(name) ? { value: { name, kind } } : { faults };
}

const LINES = 500;

/** A whole timetable, a slot on each line: name, kind, days, from, to. Every fault says on which line it is. */
export function readTimetable(text: string): { readonly slots: readonly Slot[]; readonly faults: readonly string[] } {
  const slots: Slot[] = [];
  const faults: string[] = [];
  const lines = text.split(/\r?\n/);
  if (lines.length > LINES) return { slots, faults: [`Use at most ${LINES} lines at a time.`] };
  for (const [i, line] of lines.entries()) {
    if (!line.trim()) continue;
    const say = (what: string) => faults.push(`Line ${i + 1}: ${what}.`);
    // A tab is what a spreadsheet puts between cells.
    const parts = line.split(line.includes('\t') ? '\t' : ',').map((p) => p.trim());
    const [name = '', kind = '', days = '', from = '', to = ''] = parts;
    if (parts.length !== 5) {
      say(`write five parts with commas between them: name, kind, days, from, to; here are ${parts.length}`);
      continue;
    }
    const read = readSlot({ name, kind, days, from, to });
    if ('faults' in read) for (const [part, fault] of Object.entries(read.faults)) say(`${part}: ${lower(fault)}`);
    else if (slots.some((s) => same(s.name, read.value.name))) say(`the name “${name}” stands twice`);
    else slots.push(read.value);
  }
  if (slots.length === 0 && faults.length === 0) faults.push('There is nothing here yet: write a line for each part.');
  return { slots, faults };
}

/** "Mon-Fri", "Mon Wed", "1 3 5": days from Monday, 1, to Sunday, 7; null where it is none of these. */
export function readDays(text: string): number[] | null {
  const days = new Set<number>();
  const parts = text
    .toLowerCase()
    .trim()
    .replace(/\s*[-–]\s*/g, '-')
    .split(/[\s,;/]+/);
  for (const part of parts) {
    const [first, last = first, ...more] = part.split('-').map(dayNumber);
    if (!first || !last || last < first || more.length > 0) return null;
    for (let d = first; d <= last; d++) days.add(d);
  }
  return [...days].sort((a, b) => a - b);
}

function dayNumber(text: string): number | null {
  if (/^[1-7]$/.test(text)) return Number(text);
  if (text.length < 3) return null;
  const at = DAY_NAMES.findIndex((d) => d.toLowerCase().startsWith(text.replace(/s$/, '')));
  return at < 0 ? null : at + 1;
}

/** "8:50" and "08.50" are 08:50; midnight at the end of a day is 24:00. */
export function readTime(text: string): string | null {
  const [, hours = '', minutes = ''] = /^(\d{1,2})[:.](\d{2})$/.exec(text.trim()) ?? [];
  const time = `${hours.padStart(2, '0')}:${minutes}`;
  return /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/.test(time) ? time : null;
}

function kindOf(text: string): SlotKind | undefined {
  const word = text.toLowerCase().trim().replace(/s$/, '').replaceAll(' ', '-');
  return SLOT_KINDS.find((k) => k === word || SLOT_NAMES[k].toLowerCase().replaceAll(' ', '-') === word);
}

/** Slots of different kinds at the same time: then both hold, and the stricter answer decides. */
export function overlaps(slots: readonly Slot[]): { readonly a: Slot; readonly b: Slot; readonly days: string }[] {
  return slots.flatMap((a, i) =>
    slots.slice(i + 1).flatMap((b) => {
      const days = a.days.filter((d) => b.days.includes(d));
      const apart = a.kind === b.kind || days.length === 0 || a.to <= b.from || b.to <= a.from;
      return apart ? [] : [{ a, b, days: sayDays(days) }];
    }),
  );
}

/** "Monday to Friday", "Monday and Wednesday". */
export function sayDays(days: readonly number[]): string {
  const [first = 1, last = first] = [days[0], days.at(-1)];
  const name = (d: number) => DAY_NAMES[d - 1] ?? '';
  if (days.length > 2 && last - first === days.length - 1) return `${name(first)} to ${name(last)}`;
  return [days.slice(0, -1).map(name).join(', '), name(last)].filter(Boolean).join(' and ');
}

/** The week as a table: a row for each stretch of time, a cell for each day that has any. */
export function weekOf<T extends Slot>(slots: readonly T[]) {
  const days = DAY_NAMES.map((name, i) => ({ day: i + 1, name })).filter(
    ({ day }) => day <= 5 || slots.some((s) => s.days.includes(day)),
  );
  const times = Map.groupBy(slots, (s) => `${s.from} ${s.to}`);
  const rows = [...times]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, together]) => ({
      from: together[0]?.from,
      to: together[0]?.to,
      cells: days.map(({ day }) => together.filter((s) => s.days.includes(day))),
    }));
  return { days: days.map((d) => d.name), rows };
}

/** Rules that open at parts of the day, and rules that speak only of some: what nobody can tell without a timetable. */
export function rulesOfTheDay(document: PolicyDocument): {
  readonly timed: readonly string[];
  readonly partial: readonly string[];
} {
  const name = (r: { readonly name: string }) => r.name;
  const timed = document.rules.filter((r) => Object.values(r.cells).some((c) => c.value === 'times')).map(name);
  const partial = document.rules.filter((r) => r.applies?.slots && !timed.includes(r.name)).map(name);
  return { timed, partial };
}

const fits = (name: string): boolean => name.length > 0 && [...name].length <= NAME;
export const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
