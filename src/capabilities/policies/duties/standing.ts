import { DAY } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import { comesRound, type Duty, occurrences, type SchoolCalendar } from '#policy/index.ts';
import { schoolCalendar } from '#rooms/identity/index.ts';
import { policyInForce } from '../policies.service.ts';
import { isMine, mayGive } from './duties.rules.ts';
import { type Turn, turns } from './duties.store.ts';

/** How each duty stands now, for lists, for Today and for the policy page. */
export interface Standing {
  readonly duty: Duty;
  /** The clause's number as printed; null for a duty that the policy in force no longer has. */
  readonly clause: string | null;
  /** The turn that matters now: the oldest that is still to be done after an event, else the latest that began. */
  readonly current: Turn | null;
  readonly state: Turn['state'];
  /** When the current turn is due or, before the first, the coming one. */
  readonly due: number | null;
  readonly doneAt: number | null;
  /** Turns of the last year that were missed. */
  readonly missed: number;
}

const YEAR = 366 * DAY;

/** Every duty of the policy in force, in its order, and what older versions left to be done. */
export async function standings(tx: Tx, now: number): Promise<Standing[]> {
  const policy = await policyInForce(tx, now);
  const calendar = await schoolCalendar(tx);
  const byDuty = Map.groupBy(await turns(tx, now, { since: now - YEAR }), (t) => t.duty);
  const inForce = policy?.document.duties ?? [];
  const left = [...byDuty].flatMap(([id, all]) => {
    const open = inForce.some((d) => d.id === id) ? undefined : all.find((t) => t.doneAt === null);
    return open ? [open.terms] : [];
  });
  return [...inForce, ...left].map((duty) => {
    const clause = inForce.includes(duty) ? (policy?.compiled.clauses[duty.clause]?.number ?? null) : null;
    return { duty, clause, ...standingOf(duty, byDuty.get(duty.id) ?? [], calendar, now) };
  });
}

/** `all` are the duty's turns, the latest first. */
export function standingOf(duty: Duty, all: readonly Turn[], calendar: SchoolCalendar, now: number) {
  const current = (comesRound(duty.period) ? undefined : all.findLast((t) => t.doneAt === null)) ?? all[0] ?? null;
  const earlier = all[1];
  const afterMiss = (current?.state === 'waiting' || current?.state === 'due') && earlier?.state === 'missed';
  return {
    current,
    // What was missed stays in sight until the next turn is done.
    state: afterMiss ? earlier.state : (current?.state ?? 'waiting'),
    due: current ? current.due : (coming(duty, calendar, now)?.due ?? null),
    doneAt: all.reduce<number | null>((last, t) => (t.doneAt === null ? last : Math.max(last ?? 0, t.doneAt)), null),
    missed: all.filter((t) => t.state === 'missed').length,
  };
}

const coming = (duty: Duty, calendar: SchoolCalendar, now: number) =>
  comesRound(duty.period) ? occurrences(duty.period, calendar, now, now + YEAR)[0] : undefined;

export interface DutyStanding {
  readonly id: string;
  readonly title: string;
  /** Clause id. */
  readonly clause: string;
  readonly owner: Duty['owner'];
  readonly state: 'done' | 'due' | 'overdue' | 'waiting' | 'missed';
  readonly due: Date | null;
  readonly doneAt: Date | null;
}

const SHORT = {
  waiting: 'waiting',
  due: 'due',
  late: 'overdue',
  done: 'done',
  'done-late': 'done',
  missed: 'missed',
} as const;

/** Every duty of the policy in force in short, as evidence for its clause. */
export const dutyStates = async (tx: Tx, now: number): Promise<DutyStanding[]> =>
  (await standings(tx, now))
    .filter((s) => s.clause !== null)
    .map(({ duty, state, due, doneAt }) => ({
      id: duty.id,
      title: duty.title,
      clause: duty.clause,
      owner: duty.owner,
      state: SHORT[state],
      due: due === null ? null : new Date(due),
      doneAt: doneAt === null ? null : new Date(doneAt),
    }));

/** The duties that somebody with these roles answers for or that are asked of them; `answers` tells which. */
export const dutiesOf = async (
  tx: Tx,
  roles: readonly string[],
  now: number,
): Promise<(Standing & { readonly answers: boolean })[]> =>
  (await standings(tx, now))
    .filter((s) => isMine(roles, s.duty))
    .map((s) => ({ ...s, answers: mayGive(roles, s.duty) }));
