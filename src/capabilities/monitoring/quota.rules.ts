import { MINUTE } from '#core/clock.ts';
import type { ActivityEvent } from '#policy/feed.ts';
import { type PolicyDocument, PRIVATE_USE } from '#policy/index.ts';

/** Minutes of a day that the policy gives each member of staff for one kind of site (SOC-18). */
export interface Quota {
  readonly rule: string;
  readonly category: string;
  readonly minutes: number;
}

export function quotaOf({ settings: { privateSocialMedia } }: PolicyDocument): Quota | null {
  const { value, minutesPerDay } = privateSocialMedia;
  if (value !== 'reasonable' || minutesPerDay === null) return null;
  return { rule: PRIVATE_USE, category: 'social-media', minutes: minutesPerDay };
}

/** Does this request use up some of it? One that was stopped does not. */
export const uses = (quota: Quota, e: Pick<ActivityEvent, 'person' | 'category' | 'outcome'>): boolean =>
  e.person !== null && e.category === quota.category && e.outcome !== 'block';

/** How many minutes have a request in them. A page left open and asking by itself counts: nobody can see whether it is read. */
export const minutesOf = (times: readonly number[]): number => new Set(times.map((t) => Math.floor(t / MINUTE))).size;

/** The school's own day around a moment: from midnight to midnight on its wall clock. */
export function schoolDay(at: number, timeZone: string): { from: number; until: number } {
  const start = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).startOfDay();
  return { from: start.epochMilliseconds, until: start.add({ days: 1 }).epochMilliseconds };
}
