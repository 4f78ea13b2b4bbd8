import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import type { Duty, Period, RoleDefinition } from '#policy/index.ts';
import { roleTitle } from '#rooms/identity/index.ts';
import type { DutyState, NoticeKind } from './duties.rules.ts';

/** Everything that the pages and letters of this room say in set words. */

/** `missed` has a tone of its own: GOV-35 wants it red, and the full red is kept for children in danger. */
export const STATES: Readonly<Record<DutyState, { readonly text: string; readonly tone: string }>> = {
  waiting: { text: 'Not due yet', tone: 'quiet' },
  due: { text: 'Due', tone: 'calm' },
  late: { text: 'Late', tone: 'amber' },
  done: { text: 'Done', tone: 'quiet' },
  'done-late': { text: 'Done late', tone: 'amber' },
  missed: { text: 'Missed', tone: 'missed' },
};

const UNITS = {
  day: ['day', 'days'],
  week: ['week', 'weeks'],
  month: ['month', 'months'],
  'half-term': ['half term', 'half terms'],
  term: ['term', 'terms'],
  'academic-year': ['school year', 'school years'],
  'calendar-year': ['calendar year', 'calendar years'],
} as const;

/** "every term", "every 2 school years", "after a breach, within 3 days". */
export function periodWords(period: Period): string {
  if ('every' in period) {
    const [one, more] = UNITS[period.every];
    const { times = 1 } = period;
    return times === 1 ? `every ${one}` : `every ${times} ${more}`;
  }
  const { after, within } = period;
  if (within === null) return `after ${after}, as soon as possible`;
  return within.minutes === 0 ? `after ${after}, at once` : `after ${after}, within ${spanWords(within.minutes)}`;
}

function spanWords(minutes: number): string {
  const ms = minutes * MINUTE;
  const [size, word] =
    ms % DAY === 0 && ms > 3 * DAY ? [DAY, 'day'] : ms % HOUR === 0 ? [HOUR, 'hour'] : [MINUTE, 'minute'];
  const n = ms / size;
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

export const ownerWords = (owner: string, roles: readonly RoleDefinition[]): string =>
  owner === 'everyone' ? 'Everybody' : owner === 'system' ? 'Gatehouse itself' : roleTitle(owner, roles);

/** What the field for evidence asks for. */
export const FORMS: Readonly<Record<Duty['evidence']['form'], string>> = {
  statement: 'What was done, and what came of it',
  document: 'Which document it is, and what it says in short',
  minute: 'What the meeting decided, as its minute has it',
  checklist: 'What was checked, and what was found',
  record: 'What the record shows',
  automatic: 'What was seen (Gatehouse cannot see this by itself yet)',
};

/** No name of a person and no word of a case: subjects show on locked phones. */
export function subjectOf(kind: NoticeKind, n: number): string {
  const [one, more] = n === 1 ? ['a duty', 'is'] : [`${n} duties`, 'are'];
  const says: Readonly<Record<NoticeKind, string>> = {
    opened: `${one} of yours ${n === 1 ? 'has' : 'have'} begun`,
    soon: `${one} of yours ${more} due within a week`,
    due: `${one} of yours ${more} due`,
    late: `${one} ${more} late`,
  };
  return `Gatehouse: ${says[kind]}`;
}

export const NOTICE_WORDS: Readonly<Record<NoticeKind, string>> = {
  opened: 'Told that it has begun',
  soon: 'Told that it is due within a week',
  due: 'Told that it is due',
  late: 'Told that it is late',
};
