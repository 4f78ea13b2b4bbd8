import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { removeAccess, restoreAccess } from '../access/index.ts';
import type { Task } from './tasks.store.ts';

/** What a running task holds of the access that it keeps away (SAN-31): enough to give it back and to take it away again. */
export interface TakenAway {
  readonly order: string;
  readonly person: string;
  readonly level: 'internet' | 'network';
  readonly from: string;
  readonly until: string;
  /** Sites that stay as they are, for exams. */
  readonly keeps: string;
}

/** Bites on live sessions at once, and gives itself back at its end by the clock of each gateway. */
export async function takeAway(
  deps: Deps,
  tx: Tx,
  viewer: Viewer,
  caseId: string,
  what: Omit<TakenAway, 'order'>,
): Promise<TakenAway> {
  const order = await removeAccess(deps, tx, contextOf(viewer), {
    case: caseId,
    person: what.person,
    level: what.level,
    from: new Date(Math.max(deps.clock.now(), Date.parse(what.from))),
    until: new Date(what.until),
    keeps: what.keeps.split(' ').filter(Boolean),
  });
  return { ...what, order };
}

/** Open again before its end. */
export async function giveBack(deps: Deps, tx: Tx, viewer: Viewer, task: Task): Promise<void> {
  const { order } = task.detail;
  if (task.state === 'running' && order) await restoreAccess(deps, tx, contextOf(viewer), order);
}

/** What the task of a removal says, where it is one. */
export const takenAwayBy = (task: Task): TakenAway | null =>
  task.kind === 'remove-access' && task.detail.order ? (task.detail as unknown as TakenAway) : null;
