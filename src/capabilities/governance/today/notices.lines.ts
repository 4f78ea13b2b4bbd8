import { noticesTo } from '#rooms/incidents/index.ts';
import { many, type ReadLines } from './line.ts';

/** SAN-03: something that this person told, or that touched their child, was dealt with. */
export const dealtWith: ReadLines = async (tx, viewer) => {
  const unread = (await noticesTo(tx, viewer.person.id)).filter((n) => n.read_at === null).length;
  if (unread === 0) return [];
  const text =
    unread === 1 ? 'Something you know of was dealt with' : `${many(unread, 'thing')} you know of were dealt with`;
  return [{ tone: 'calm', text, href: '/me/notices' }];
};
