import { DAY } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import { dueOn } from '../reviews/reviews.store.ts';
import type { ReadLines } from './line.ts';

const SOON = 30 * DAY;

/** FIL-13: the yearly review of filtering and monitoring is late, or due within a month. */
export const filterReview: ReadLines = async (tx, viewer, now) => {
  const { timeZone } = viewer.school;
  const due = await dueOn(tx, timeZone);
  if (!due || due.on > dayIn(timeZone, now + SOON)) return [];
  const late = due.on < dayIn(timeZone, now);
  const text = `The review of filtering and monitoring ${late ? 'has been due since' : 'is due by'} ${due.on}`;
  return [{ tone: late ? 'amber' : 'calm', text, href: '/reviews' }];
};
