import { DAY } from '#core/clock.ts';
import type { PolicyDocument } from '#policy/types.ts';

/**
 * EVI-10: until when a case's evidence is kept. It belongs to the case, so of what the policy says of evidence and of cases
 * the longer holds; a case about a member of staff has a period of its own where the policy gives one. Null: nobody knows
 * yet, and nothing is disposed of.
 */
export function keepUntil(
  classes: readonly Pick<PolicyDocument['retention']['classes'][number], 'id' | 'keepDays'>[] | undefined,
  closedAt: Date | null,
  aboutStaff: boolean,
): Date | null {
  if (!classes || closedAt === null) return null;
  const ids = aboutStaff ? ['evidence', 'cases', 'staff-cases'] : ['evidence', 'cases'];
  const days = classes.filter((c) => ids.includes(c.id)).map((c) => c.keepDays);
  return days.length === 0 ? null : new Date(closedAt.getTime() + Math.max(...days) * DAY);
}
