import type { Deps } from '#platform/deps.ts';
import { comesRound, type Duty, occurrences } from '#policy/index.ts';
import { schoolCalendar } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { policyInForce } from '../policies.service.ts';
import { filters, matches, type Search } from './duties.pages.ts';
import { maySee, stateOf } from './duties.rules.ts';
import { turns } from './duties.store.ts';
import { STATES } from './duties.words.ts';
import { standings } from './standing.ts';

interface Entry {
  readonly id: string;
  readonly title: string;
  readonly tag: (typeof STATES)[keyof typeof STATES];
}

/** A month of due dates, day by day: turns that have begun, and those to come as the policy in force has them. */
export function calendarPage(deps: Deps, viewer: Viewer, search: Search & { readonly month?: string | undefined }) {
  const now = deps.clock.now();
  const { timeZone } = viewer.school;
  return deps.db.in(contextOf(viewer), async (tx) => {
    const policy = (await policyInForce(tx, now))?.document ?? null;
    const seen = (await standings(tx, now)).filter((s) => maySee(viewer.duties, s.duty));
    const wanted = seen.filter((s) => matches(s, viewer, search, policy)).map((s) => s.duty);
    const month = monthOf(search.month, now, timeZone);
    const [from, to] = [
      startOf(month.toPlainDate({ day: 1 }), timeZone),
      startOf(month.add({ months: 1 }).toPlainDate({ day: 1 }), timeZone),
    ];

    const today = dateAt(now, timeZone).toString();
    const days = new Map<string, Entry[]>();
    const put = (duty: Duty, due: number, state: keyof typeof STATES) => {
      const day = dateAt(due, timeZone).toString();
      days.set(day, [...(days.get(day) ?? []), { id: duty.id, title: duty.title, tag: STATES[state] }]);
    };
    const ids = new Set(wanted.map((d) => d.id));
    const known = new Set<string>();
    for (const t of await turns(tx, now, { since: from - 1 })) {
      known.add(`${t.duty} ${t.key}`);
      if (ids.has(t.duty) && !isDaily(t.terms) && t.due !== null && t.due >= from && t.due < to)
        put(t.terms, t.due, t.state);
    }
    const facts = await schoolCalendar(tx);
    for (const duty of wanted) {
      if (!comesRound(duty.period) || isDaily(duty)) continue;
      for (const o of occurrences(duty.period, facts, from - 1, to)) {
        if (known.has(`${duty.id} ${o.key}`) || o.opens <= now || o.due >= to) continue;
        put(duty, o.due, stateOf({ ...o, nextOpens: null, doneAt: null }, now));
      }
    }
    return {
      ...filters(search, seen, policy),
      month: {
        text: nameOf(month),
        previous: month.subtract({ months: 1 }).toString(),
        next: month.add({ months: 1 }).toString(),
        value: month.toString(),
      },
      days: [...days]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([date, entries]) => ({ ...sayDay(date), date, entries, today: date === today })),
      daily: wanted.filter(isDaily).map((d) => ({ id: d.id, title: d.title })),
    };
  });
}

/** What is due on every day would hide all the rest; it is named under the table. */
const isDaily = ({ period }: Duty): boolean => 'every' in period && period.every === 'day' && (period.times ?? 1) === 1;

function monthOf(asked: string | undefined, now: number, timeZone: string): Temporal.PlainYearMonth {
  const current = dateAt(now, timeZone).toPlainYearMonth();
  const year = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(asked ?? '')?.[1];
  // Far from today there is nothing to see, and a calendar must not be walked for ever.
  return year && Math.abs(Number(year) - current.year) <= 10 ? Temporal.PlainYearMonth.from(asked ?? '') : current;
}

/** "Monday" and "30 November". */
function sayDay(date: string) {
  const day = Temporal.PlainDate.from(date);
  return {
    weekday: day.toLocaleString('en-GB', { weekday: 'long' }),
    text: day.toLocaleString('en-GB', { day: 'numeric', month: 'long' }),
  };
}

const nameOf = (month: Temporal.PlainYearMonth): string =>
  month.toPlainDate({ day: 1 }).toLocaleString('en-GB', { month: 'long', year: 'numeric' });
const dateAt = (at: number, timeZone: string) =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate();
const startOf = (day: Temporal.PlainDate, timeZone: string) => day.toZonedDateTime(timeZone).epochMilliseconds;
