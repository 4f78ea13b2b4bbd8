import type { Cell, DaySpan, Lease, OpenWindow, ResolvedCell, SchoolFacts, TimeWindow } from './types.ts';

/** A cell as it stands in this school: its slots looked up in the timetable, its lists joined with what was granted. */
export function resolveCell(cell: Cell, rule: string, school: SchoolFacts): ResolvedCell {
  const resolved = resolve(cell, rule, school);
  return cell.unconfirmed ? { ...resolved, unconfirmed: true } : resolved;
}

function resolve(cell: Cell, rule: string, school: SchoolFacts): ResolvedCell {
  switch (cell.value) {
    case 'times':
      return { value: 'times', windows: cell.windows.flatMap((w) => resolveWindow(w, school)) };
    case 'selected':
    case 'nominated':
      return { value: cell.value, people: [...cell.people.map(always), ...granted(rule, school)] };
    case 'permission':
      return { value: 'permission', people: granted(rule, school) };
    default:
      return { value: cell.value };
  }
}

const always = (person: string): Lease => ({ person, from: Number.MIN_SAFE_INTEGER, until: null });

const granted = (rule: string, school: SchoolFacts): Lease[] =>
  school.grants.filter((g) => g.rule === rule).map(({ person, from, until }) => ({ person, from, until }));

/** A window on the clock: its slots looked up in the timetable, term time in the calendar. */
export function resolveWindow(window: TimeWindow, school: SchoolFacts): OpenWindow[] {
  const dates = window.term ? { dates: termDates(school) } : {};
  if (!('slots' in window)) return [{ days: window.days, from: window.from, to: window.to, ...dates }];
  return school.slots
    .filter((s) => window.slots.includes(s.kind))
    .map(({ days, from, to }) => ({
      days: window.days ? days.filter((d) => window.days?.includes(d)) : days,
      from,
      to,
      ...dates,
    }))
    .filter((w) => w.days.length > 0);
}

/** The days of term: each term less its half-term break. */
function termDates(school: SchoolFacts): DaySpan[] {
  const move = (day: string, days: number) => Temporal.PlainDate.from(day).add({ days }).toString();
  return school.terms.flatMap(({ from, to, halfTerm }) => {
    if (!halfTerm) return [{ from, to }];
    const before = { from, to: earlier(to, move(halfTerm.from, -1)) };
    const after = { from: later(from, move(halfTerm.to, 1)), to };
    return [before, after].filter((span) => span.from <= span.to);
  });
}

// Days written YYYY-MM-DD stand in the order of their letters.
const earlier = (a: string, b: string): string => (a < b ? a : b);
const later = (a: string, b: string): string => (a > b ? a : b);
