import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import type { CaseFile } from '../cases.store.ts';

/** INC-27, SAN-01, INC-24: what a case is timed for. A stage's bit in `escalated` says that its lateness was told. */
export const STAGES = {
  acknowledge: { bit: 1, due: 'To be taken up', late: 'Should have been taken up' },
  'first-action': { bit: 2, due: 'First action due', late: 'First action late' },
  outcome: { bit: 4, due: 'Outcome due', late: 'Outcome late' },
  record: {
    bit: 8,
    due: 'Entry in the safeguarding record system due',
    late: 'Entry in the safeguarding record system late',
  },
} as const;
export type Stage = keyof typeof STAGES;
export const STAGE_IDS: readonly Stage[] = ['acknowledge', 'first-action', 'outcome', 'record'];

/** The policy's times that do not stand in the case's row. */
export interface Limits {
  /** Minutes until somebody must have taken up a report: of a concern, and of an allegation against staff (INC-22). */
  readonly acknowledge: number | null;
  readonly allegation: number | null;
  /** Days until the case stands in the safeguarding record system; null where the policy knows none. */
  readonly recordDays: number | null;
}

type Timed = Pick<
  CaseFile,
  'restricted' | 'opened_at' | 'first_action_at' | 'first_action_due' | 'outcome' | 'outcome_due'
> & { readonly state: string };
/** What of a case's story its clocks ask for. */
export interface TimedStory {
  readonly recordedAt: string | null;
  /** When the case was opened again, if it was: what has to be recorded is timed from then. */
  readonly reopenedAt: Date | null;
}
export interface RunningClock {
  readonly stage: Stage;
  readonly due: Date;
}

const ENDED: readonly string[] = ['closed', 'referred-out'];
/** While the police have a case, and once all is done but the signing, no outcome is waited for. */
const NO_OUTCOME_AWAITED: readonly string[] = ['resolved', 'police-hold'];
const after = (from: Date, ms: number) => new Date(from.getTime() + ms);

/** The clocks that run in a case now, as `lateSql` (clocks.store.ts) has them for many. */
export function running(file: Timed, story: TimedStory, limits: Limits): RunningClock[] {
  if (ENDED.includes(file.state)) return [];
  const minutes = file.restricted ? limits.allegation : limits.acknowledge;
  const dues: Readonly<Record<Stage, Date | null>> = {
    acknowledge: file.state === 'reported' && minutes !== null ? after(file.opened_at, minutes * MINUTE) : null,
    'first-action': file.first_action_at ? null : file.first_action_due,
    outcome: file.outcome || NO_OUTCOME_AWAITED.includes(file.state) ? null : file.outcome_due,
    record:
      limits.recordDays === null || story.recordedAt
        ? null
        : after(story.reopenedAt ?? file.opened_at, limits.recordDays * DAY),
  };
  return STAGE_IDS.flatMap((stage) => {
    const due = dues[stage];
    return due ? [{ stage, due }] : [];
  });
}

export const isLate = (clock: RunningClock, now: number): boolean => clock.due.getTime() <= now;

/** "First action due in 20 minutes", "Outcome late by 2 days". */
export function clockLine(clock: RunningClock, now: number): string {
  const left = clock.due.getTime() - now;
  const { due, late } = STAGES[clock.stage];
  if (left > 0) return `${due} in ${span(left)}`;
  return clock.stage === 'acknowledge' ? `${late} ${span(-left)} ago` : `${late} by ${span(-left)}`;
}

function span(ms: number): string {
  const [size, unit] = ms < HOUR ? [MINUTE, 'minute'] : ms < 2 * DAY ? [HOUR, 'hour'] : [DAY, 'day'];
  const n = Math.max(1, Math.round(Number(ms) / Number(size)));
  return `${n} ${unit}${n === 1 ? '' : 's'}`;
}
