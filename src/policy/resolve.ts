import type { Cell, Lease, OpenWindow, ResolvedCell, SchoolFacts, TimeWindow } from './types.ts';

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

function resolveWindow(window: TimeWindow, school: SchoolFacts): OpenWindow[] {
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
function termDates(school: SchoolFacts): { from: string; to: string }[] {
  const before = (day: string) => Temporal.PlainDate.from(day).subtract({ days: 1 }).toString();
  const after = (day: string) => Temporal.PlainDate.from(day).add({ days: 1 }).toString();
  return school.terms.flatMap(({ from, to, halfTerm }) =>
    halfTerm
      ? [
          { from, to: before(halfTerm.from) },
          { from: after(halfTerm.to), to },
        ].filter((span) => span.from <= span.to)
      : [{ from, to }],
  );
}
