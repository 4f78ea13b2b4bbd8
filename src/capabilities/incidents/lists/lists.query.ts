import { Type } from 'typebox';
import { dayIn, isDay } from '#core/days.ts';
import { isUuid } from '#core/ids.ts';
import type { Viewer } from '#web/index.ts';
import { CASE_STATES } from '../case.workflow.ts';
import type { CaseFile } from '../cases.store.ts';
import type { Limits } from '../clocks/clocks.rules.ts';
import { type CaseSearch, type Place, placeOf } from './lists.store.ts';

const choice = <const T extends string>(...values: readonly T[]) => Type.Optional(Type.Enum(['', ...values]));
const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
export const SEVERITIES: Readonly<Record<CaseFile['severity'], string>> = {
  urgent: 'Urgent',
  serious: 'Serious',
  routine: 'Routine',
};

/** The list's filters as an address holds them; empty ones are as if they were not there. */
export const ListQuery = Type.Object(
  {
    q: text(120),
    state: choice('open', ...CASE_STATES),
    severity: choice('urgent', 'serious', 'routine'),
    type: text(60),
    mine: choice('yes'),
    overdue: choice('yes'),
    from: text(10),
    to: text(10),
    after: text(80),
  },
  { additionalProperties: false },
);
export type ListQuery = Type.Static<typeof ListQuery>;

/** What is asked for, in the words of the store. A day that no calendar has is no condition. */
export function searchOf(query: ListQuery, viewer: Viewer, limits: Limits, now: number): CaseSearch {
  const start = (day: string | undefined, later = 0) =>
    day && isDay(day)
      ? new Date(
          Temporal.PlainDate.from(day).add({ days: later }).toZonedDateTime(viewer.school.timeZone).epochMilliseconds,
        )
      : undefined;
  return {
    text: query.q,
    state: query.state || undefined,
    severity: query.severity || undefined,
    type: query.type || undefined,
    manager: query.mine ? viewer.person.id : undefined,
    late: query.overdue ? { limits, now } : undefined,
    from: start(query.from),
    until: start(query.to, 1),
  };
}

/** `/cases` with these filters, one of them changed. */
export function addressOf(
  query: ListQuery,
  change: Partial<Record<keyof ListQuery, string>> = {},
  path = '/cases',
): string {
  const { after: _after, ...filters } = query;
  const some = Object.entries({ ...filters, ...change }).filter((e): e is [string, string] => Boolean(e[1]));
  return some.length > 0 ? `${path}?${new URLSearchParams(some)}` : path;
}

export const isNarrowed = ({ state: _state, after: _after, ...rest }: ListQuery): boolean =>
  Object.values(rest).some(Boolean);

/** A place in the list as an address holds it, and back; nonsense is the beginning of the list. */
export const keyOf = (file: CaseFile): string => {
  const { pressing, at, id } = placeOf(file);
  return `${pressing}.${at.getTime()}.${id}`;
};
export function readKey(key: string | undefined): Place | undefined {
  const [pressing, at, id] = (key ?? '').split('.');
  const valid = /^[0-2]$/.test(pressing ?? '') && /^\d{1,14}$/.test(at ?? '') && isUuid(id);
  return valid ? { pressing: Number(pressing), at: new Date(Number(at)), id } : undefined;
}

/** The months on the school's calendar that end with this one, `YYYY-MM`, and when the first begins. */
export function lastMonths(n: number, now: number, timeZone: string): { months: string[]; from: Date } {
  const last = Temporal.PlainDate.from(dayIn(timeZone, now)).toPlainYearMonth();
  const first = last.subtract({ months: n - 1 });
  return {
    months: Array.from({ length: n }, (_, i) => first.add({ months: i }).toString()),
    from: new Date(first.toPlainDate({ day: 1 }).toZonedDateTime(timeZone).epochMilliseconds),
  };
}
