import { type CompiledMay, momentOf, type SlotKind } from '#policy/index.ts';
import type { Asked } from './may-i.rules.ts';

/** The moment that a question means: now, the next such part of the day, or the next such day at that time. */
export function momentAsked(policy: CompiledMay, asked: Asked, slot: SlotKind | undefined, now: number): number {
  const day = Number(asked.day);
  if (asked.when === 'at') return nextAt(policy, day, asked.time, now);
  const from = day >= 1 && day <= 7 ? nextAt(policy, day, '00:00', now) : now;
  return slot ? (momentOf(policy, slot, Math.max(from, now)) ?? now) : Math.max(from, now);
}

/** Today counts while it lasts, even where that time is over: a question about it is still about today. */
function nextAt({ clock }: CompiledMay, day: number, time: string, now: number): number {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(clock.timeZone);
  const ahead = day >= 1 && day <= 7 ? (day - today.dayOfWeek + 7) % 7 : 0;
  const [hour = 0, minute = 0] = /^\d{2}:\d{2}$/.test(time) ? time.split(':').map(Number) : [today.hour, today.minute];
  const start = today.add({ days: ahead }).startOfDay();
  const then = start.toPlainDate().toZonedDateTime({ timeZone: clock.timeZone, plainTime: { hour, minute } });
  return then.epochMilliseconds;
}
