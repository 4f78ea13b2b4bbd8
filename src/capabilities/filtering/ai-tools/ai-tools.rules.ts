import { dayIn, isDay } from '#core/days.ts';
import type { AiToolState, AiToolStatus } from '#platform/schema.ts';
import { type PolicyDocument, type Profile, UNIDENTIFIED } from '#policy/index.ts';
import { newReference } from '../changes/changes.rules.ts';
import type { ToolAction, ToolOpening } from './ai-tools.workflow.ts';

/** Who keeps the register and assesses: AIG-01 names the DSL and the ICT manager, others share the work. */
export const ASSESSORS = [
  'dsl',
  'centre-lead',
  'ict-manager',
  'coordinator',
  'online-safety-coordinator',
  'data-protection-officer',
] as const;
/** Who may agree, beside whom the policy names for changes of the filter. */
export const APPROVERS = ['head', 'dsl', 'centre-lead', 'filter-approver'] as const;

export const newToolReference = (): string => `AI-${newReference()}`;

/** The first instant after a day as the school's clock has it; null where the text is no day. */
export function afterDay(day: string, timeZone: string): number | null {
  if (!isDay(day)) return null;
  return Temporal.PlainDate.from(day).add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds;
}

/** The last day that is suggested for a review: as far ahead as the policy lets an assessment hold. */
export const latestReview = (now: number, months: number, timeZone: string): string =>
  Temporal.PlainDate.from(dayIn(timeZone, now)).add({ months }).toString();

/** "12 March 2027" on the school's clock. */
export const sayDay = (at: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone }).format(at);

/** By the policy (D33): how long the assessment of an AI tool holds. */
export const reviewMonths = (policy: PolicyDocument): number =>
  policy.settings.riskAssessments.find((r) => /\bAI\b/.test(r.kind))?.months ?? 12;

/** English pupils are eleven when they come into Year 7. Adults are as old as any terms ask; of others nobody knows. */
export function youngestOf({ audience, match }: Profile): number | null {
  if (audience === 'staff') return 18;
  return match.years && match.years.length > 0 ? Math.min(...match.years) + 4 : null;
}

/** The choices of a form, `s0` to `s…` by the policy's order of profiles, as openings. */
export function readOpenings(
  profiles: readonly Profile[],
  chosen: Readonly<Record<string, string | undefined>>,
  trialEnds: number | null,
  review: number | null,
): ToolOpening[] {
  return profiles.flatMap((profile, i): ToolOpening[] => {
    const status = chosen[`s${i}`];
    if (status !== 'trial' && status !== 'approved') return [];
    return [
      {
        profile: profile.id,
        name: profile.name,
        status,
        until: status === 'trial' ? trialEnds : review,
        youngest: youngestOf(profile),
        unnamed: profile.id === UNIDENTIFIED,
      },
    ];
  });
}

export const STATE_WORDS: Readonly<Record<AiToolState, { text: string; tone: 'calm' | 'amber' | 'quiet' }>> = {
  proposed: { text: 'To be assessed', tone: 'amber' },
  assessed: { text: 'Assessed, waits for a decision', tone: 'amber' },
  approved: { text: 'Approved', tone: 'calm' },
  'review-due': { text: 'Review due', tone: 'amber' },
  refused: { text: 'Refused', tone: 'quiet' },
  closed: { text: 'Closed', tone: 'quiet' },
  withdrawn: { text: 'Off the register', tone: 'quiet' },
};

export const STATUS_WORDS: Readonly<Record<AiToolStatus | 'blocked', { text: string; tone: 'calm' | 'quiet' }>> = {
  approved: { text: 'Open', tone: 'calm' },
  trial: { text: 'On trial', tone: 'calm' },
  blocked: { text: 'Closed', tone: 'quiet' },
};

export const STEP_WORDS: Readonly<Record<ToolAction, string>> = {
  propose: 'Proposed',
  assess: 'Assessed',
  approve: 'Approved',
  refuse: 'Refused',
  withdraw: 'Taken off the register',
  close: 'Closed',
  'fall-due': 'Its review fell due',
  lapse: 'Closed by the clock: its time was over',
};

export const DONE_WORDS: Readonly<Partial<Record<ToolAction, string>>> = {
  propose: 'It stands on the register, and stays closed until it has been assessed and approved.',
  assess: 'Kept. Another person decides on it now, and has a letter.',
  approve: 'Approved. Gateways follow within seconds, and close it again by themselves when its time is over.',
  refuse: 'Refused. It stays closed.',
  withdraw: 'It is off the register. The lists and the policy decide on its sites again.',
  close: 'Closed. Gateways follow within seconds.',
};
