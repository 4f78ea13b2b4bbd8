import { lateCases } from '#rooms/incidents/index.ts';
import { many, type ReadLines } from './line.ts';

const SHOWN = 3;

/** INC-27, SAN-01, INC-24: cases of this reader in which something is late. */
export const casesLate: ReadLines = async (tx, _viewer, now) => {
  const late = await lateCases(tx, now);
  if (late.length === 0) return [];
  const text = `${many(late.length, 'case')} in which something is late`;
  const some = late.slice(0, SHOWN).map((c) => c.reference);
  const note = late.length > SHOWN ? `${some.join(', ')} and ${late.length - SHOWN} more` : some.join(', ');
  return [{ tone: 'amber', text, href: '/cases?overdue=yes', note }];
};
