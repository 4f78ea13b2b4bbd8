import { closedWithoutLessons, myFollowUps } from '#rooms/incidents/index.ts';
import { many, type ReadLines } from './line.ts';

/** INC-20: what this person is to follow up after a case. */
export const followUpsToDo: ReadLines = async (tx, viewer, now) => {
  const { open, late } = await myFollowUps(tx, viewer, now);
  if (open === 0) return [];
  const text = `${many(open, 'thing')} learned from a case ${open === 1 ? 'is' : 'are'} yours to follow up`;
  return [
    { tone: late > 0 ? 'amber' : 'calm', text: late > 0 ? `${text}, ${late} late` : text, href: '/cases/follow-ups' },
  ];
};

/** Closed cases of which nobody has said yet what is to be learned. */
export const lessonsToDraw: ReadLines = async (tx, _viewer, now) => {
  const cases = await closedWithoutLessons(tx, now);
  if (cases.length === 0) return [];
  const text = `What is to be learned from ${many(cases.length, 'closed case')}?`;
  return [{ tone: 'calm', text, href: '/cases/follow-ups' }];
};
