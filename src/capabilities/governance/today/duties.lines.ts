import { dutiesOf } from '#rooms/policies/index.ts';
import { many, type ReadLines } from './line.ts';

/** Duties that this person answers for and that are due or late (GOV-35). */
export const myDuties: ReadLines = async (tx, viewer, now) => {
  const mine = await dutiesOf(tx, viewer.duties, now);
  const due = mine.filter((d) => d.answers && (d.current?.state === 'due' || d.current?.state === 'late'));
  if (due.length === 0) return [];
  const late = due.filter((d) => d.current?.state === 'late').length;
  const text = `${many(due.length, 'duty', 'duties')} of yours ${due.length === 1 ? 'is' : 'are'} due${late > 0 ? `, ${late} late` : ''}`;
  const titles = due.map((d) => d.duty.title);
  const note =
    titles.length > SHOWN
      ? `${titles.slice(0, SHOWN).join(', ')} and ${titles.length - SHOWN} more`
      : titles.join(', ');
  return [{ tone: 'amber', text, href: '/duties?show=mine', note }];
};

const SHOWN = 3;
