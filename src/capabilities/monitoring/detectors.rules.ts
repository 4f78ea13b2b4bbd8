import { MINUTE } from '#core/clock.ts';
import type { ActivityEvent } from '#policy/feed.ts';
import type { MonitoringRules } from '#policy/types.ts';

/** What a detector looks at. */
export type Seen = Pick<ActivityEvent, 't' | 'person' | 'address' | 'host' | 'category' | 'outcome' | 'via' | 'rule'>;

export interface Finding {
  readonly detector: 'grave' | 'repeated' | 'bypass';
  readonly urgency: 'urgent' | 'soon';
  readonly clause: string;
}

/** The gravest categories alert at the first request, whether it was blocked or not. */
export function grave(rules: MonitoringRules, event: Seen): Finding | null {
  const rule = event.category === null ? undefined : ofOwn(rules.grave, event.category);
  return rule ? { detector: 'grave', urgency: rule.urgency, clause: rule.clause } : null;
}

/** Does a blocked request count towards "repeated" (MON-07)? What is grave has alerted already. */
export const countsAsAttempt = (rules: MonitoringRules, event: Seen): boolean =>
  event.outcome === 'block' &&
  event.category !== null &&
  !rules.repeated.except.includes(event.category) &&
  !ofOwn(rules.grave, event.category);

/**
 * MON-07: is this event one of `count` blocked requests in one category within `minutes`? `times` are those of the same
 * person and category around it, in rising order, its own among them. Looking both ways makes the answer the same in
 * whatever order and in whatever batches the events arrive.
 */
export function repeated(rules: MonitoringRules, times: readonly number[], event: Seen): Finding | null {
  const { count, minutes, clause } = rules.repeated;
  const span = minutes * MINUTE;
  for (const [i, first] of times.entries()) {
    const last = times[i + count - 1];
    if (last === undefined || first > event.t) return null;
    if (last - first <= span && event.t <= first + span) return { detector: 'repeated', urgency: 'soon', clause };
  }
  return null;
}

/** Who is behind an event: the person, or the address while nobody is signed in there. */
export const actor = (event: Seen): string => event.person ?? event.address;

/** One open alert per detector, actor and category. */
export const openKey = (detector: Finding['detector'], event: Seen): string =>
  `${detector} ${actor(event)} ${event.category}`;

const ofOwn = <T>(of: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(of, key) ? of[key] : undefined;
