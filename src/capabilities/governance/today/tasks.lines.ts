import { lettersTo, myTasks, warningsOf } from '#rooms/incidents/index.ts';
import { many, type ReadLines } from './line.ts';

/** SAN-25..33: what was given to this person to do. */
export const tasksToDo: ReadLines = async (tx, viewer, now) => {
  const { open, late } = await myTasks(tx, viewer.person.id, now);
  if (open === 0) return [];
  const text = `${many(open, 'task')} ${open === 1 ? 'was' : 'were'} given to you${late > 0 ? `, ${late} late` : ''}`;
  return [{ tone: 'amber', text, href: '/tasks' }];
};

/** SAN-32: a warning that waits to be read, told without its words. */
export const warningsToRead: ReadLines = async (tx, viewer) => {
  const waiting = (await warningsOf(tx, viewer.person.id)).filter((w) => !w.acknowledgedAt && !w.withdrawnAt);
  if (waiting.length === 0) return [];
  return [{ tone: 'amber', text: 'The school asks you to read something', href: '/me/warnings' }];
};

/** SAN-30: letters that this parent has not opened. */
export const lettersToRead: ReadLines = async (tx, viewer) => {
  const unread = (await lettersTo(tx, viewer.person.id)).filter((l) => !l.read_at);
  if (unread.length === 0) return [];
  return [{ tone: 'amber', text: `${many(unread.length, 'letter')} from school to read`, href: '/letters' }];
};
