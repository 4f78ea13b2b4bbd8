import { aiToolsWaiting, changesWaiting, listChangesWaiting } from '#rooms/filtering/index.ts';
import { PRIVATE_TARGETS } from '../settings/private.letters.ts';
import { privateTargetsWait } from '../settings/private.pages.ts';
import { many, type ReadLines } from './line.ts';

/** FCR-05, FIL-04: changes of the filter that wait for this person, and closings that nobody else has looked at for a day. */
export const changesToDecide: ReadLines = async (tx, viewer, now) => {
  const { waiting, overdue } = await changesWaiting(tx, viewer, now);
  if (waiting === 0) return [];
  const text = `${many(waiting, 'site change')} ${waiting === 1 ? 'waits' : 'wait'} for you`;
  const note = overdue > 0 ? `${many(overdue, 'closing')} by one person has waited more than a day.` : undefined;
  return [{ tone: 'amber', text, href: '/filtering/changes', ...(note && { note }) }];
};

/** FIL-04: changes of the filter's lists that a second person must agree to, or look at. */
export const listChangesToDecide: ReadLines = async (tx, viewer, now) => {
  const { forViewer } = await listChangesWaiting(tx, viewer, now);
  if (forViewer === 0) return [];
  const text = `${many(forViewer, 'change')} of the filter’s lists ${forViewer === 1 ? 'waits' : 'wait'} for you`;
  return [{ tone: 'amber', text, href: '/filtering/lists/changes' }];
};

/** FIL-04: the school's own addresses, which a second person opens to the proxy. */
export const privateTargetsToDecide: ReadLines = async (tx, viewer, now) =>
  (await privateTargetsWait(tx, viewer, now))
    ? [{ tone: 'amber', text: 'An opening of the school’s own network waits for you', href: PRIVATE_TARGETS }]
    : [];

/** AIG-05: AI tools that wait to be assessed, decided on or looked at again by this person. */
export const aiToolsToDecide: ReadLines = async (tx, viewer, now) => {
  const waiting = await aiToolsWaiting(tx, viewer, now);
  if (waiting === 0) return [];
  const text = `${many(waiting, 'AI tool')} ${waiting === 1 ? 'waits' : 'wait'} for you`;
  return [{ tone: 'amber', text, href: '/filtering/ai-tools' }];
};
