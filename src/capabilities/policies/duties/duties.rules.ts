import { DAY } from '#core/clock.ts';
import { comesRound, type Duty } from '#policy/index.ts';
import { LEADING_ROLES, PERSON_KINDS } from '#policy/types.ts';

/**
 * How a turn of a duty stands. Nobody sets it: it follows from the clock and the evidence. Missed means that the next
 * turn had begun before anything was done, and missed it stays, whatever comes afterwards (GOV-35).
 */
export type DutyState = 'waiting' | 'due' | 'late' | 'done' | 'done-late' | 'missed';

/** The times of one turn in epoch ms. */
export interface Times {
  readonly opens: number;
  /** Null: as soon as possible. */
  readonly due: number | null;
  /** When the next turn began; null while it has not, and for what follows an event. */
  readonly nextOpens: number | null;
  /** When the first evidence was given. */
  readonly doneAt: number | null;
}

/** So long before its due date a duty asks for attention. */
export const LEAD = 7 * DAY;

export function stateOf({ due, nextOpens, doneAt }: Times, now: number): DutyState {
  if (doneAt !== null && (due === null || doneAt <= due)) return 'done';
  if (due === null) return 'due';
  // A turn that began under an older policy may still be running when the next begins.
  if (nextOpens !== null && (doneAt ?? now) >= Math.max(nextOpens, due)) return 'missed';
  if (doneAt !== null) return 'done-late';
  if (now > due) return 'late';
  return due - now <= LEAD ? 'due' : 'waiting';
}

export const NOTICES = ['opened', 'soon', 'due', 'late'] as const;
export type NoticeKind = (typeof NOTICES)[number];

/** Turns this long are told of when they begin, and again a week before they are due. */
const LONG = 21 * DAY;
const DUE_HOUR = 8;

/**
 * When whom is told of a turn that is not done, in order. Short ones are told of less: nobody needs a letter every
 * morning. `late` goes to a second role as well.
 */
export function noticesOf(
  turn: Pick<Times, 'opens' | 'due'>,
  duty: Pick<Duty, 'period' | 'escalation'>,
  timeZone: string,
): { readonly kind: NoticeKind; readonly at: number }[] {
  const { opens, due } = turn;
  const late = { kind: 'late' as const, at: (due ?? opens + DAY) + duty.escalation.afterDays * DAY };
  const length = due === null ? 0 : due - opens;
  return [
    ...(!comesRound(duty.period) || length >= LONG ? [{ kind: 'opened' as const, at: opens }] : []),
    ...(due !== null && length >= LONG ? [{ kind: 'soon' as const, at: due - LEAD }] : []),
    ...(due !== null && length >= 2 * DAY
      ? [{ kind: 'due' as const, at: Math.max(opens, lastWorkingMorning(due, timeZone)) }]
      : []),
    late,
  ];
}

/** What is due on a Sunday is told of on Friday, while somebody is there to do it. */
function lastWorkingMorning(due: number, timeZone: string): number {
  const there = Temporal.Instant.fromEpochMilliseconds(due).toZonedDateTimeISO(timeZone);
  const weekend = Math.max(0, there.dayOfWeek - 5);
  const morning = there.subtract({ days: weekend }).withPlainTime({ hour: DUE_HOUR });
  return Math.min(due, morning.epochMilliseconds);
}

/** Owners that are whole groups: nobody in them answers for all, and none of them is written to. */
const OF_MANY: readonly string[] = ['everyone', 'teacher', ...PERSON_KINDS.filter((k) => k !== 'governor')];
export const isOfMany = (owner: string): boolean => OF_MANY.includes(owner);

/** The roles that answer for a duty. What is everybody's, or the system's, is answered for by its deputy or, without one, by whoever is told when it is late. */
export function answerable({ owner, deputy, escalation }: Pick<Duty, 'owner' | 'deputy' | 'escalation'>): string[] {
  if (isOfMany(owner) || owner === 'system') return [deputy ?? escalation.role];
  return deputy ? [owner, deputy] : [owner];
}

/** Who sees every duty; only those who answer for one give its evidence. */
const SEES_ALL: readonly string[] = [
  ...LEADING_ROLES,
  'head',
  'administrator',
  'lead-governor',
  'governor',
  'chair',
  'coordinator',
  'online-safety-coordinator',
  'data-protection-officer',
];

export const seesAll = (roles: readonly string[]): boolean => roles.some((r) => SEES_ALL.includes(r));
export const maySee = (roles: readonly string[], duty: Duty): boolean =>
  seesAll(roles) || isMine(roles, duty) || roles.includes(duty.escalation.role);
export const mayGive = (roles: readonly string[], duty: Duty): boolean =>
  answerable(duty).some((r) => roles.includes(r));

/** Whose list it stands on first: those who answer for it, and everybody whom it asks something of. */
export const isMine = (roles: readonly string[], duty: Duty): boolean =>
  mayGive(roles, duty) || roles.includes(duty.owner) || duty.owner === 'everyone';
