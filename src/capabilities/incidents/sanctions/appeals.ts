import { DAY } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import type { Viewer } from '#web/index.ts';
import { kindOf } from './actions.ts';
import { giveBack, takeAway, takenAwayBy } from './taken-away.ts';
import { programStep } from './tasks.service.ts';
import { type Task, tasksOf } from './tasks.store.ts';

interface Hearing {
  readonly deps: Deps;
  readonly tx: Tx;
  readonly viewer: Viewer;
  readonly caseId: string;
}

const tasksOfSanction = async (tx: Tx, caseId: string, sanction: string): Promise<Task[]> =>
  (await tasksOf(tx, caseId)).filter((t) => t.sanction_id === sanction);

/** SAN-35: what the policy says an appeal pauses is paused; access that was taken away is given back while it is heard. */
export async function pauseFor({ deps, tx, viewer, caseId }: Hearing, sanction: string): Promise<void> {
  const policy = await policyInForce(tx, deps.clock.now());
  const pauses = new Set(policy?.document.sanctions.pausedByAppeal);
  for (const task of await tasksOfSanction(tx, caseId, sanction)) {
    if (!pauses.has(task.kind)) continue;
    if (await programStep(deps, tx, viewer, task, 'pause', 'An appeal is being heard.'))
      await giveBack(deps, tx, viewer, task);
  }
}

/** The appeal changed nothing: what was paused goes on, to the end that it had. */
export async function goOn({ deps, tx, viewer, caseId }: Hearing, sanction: string): Promise<void> {
  const now = deps.clock.now();
  for (const task of await tasksOfSanction(tx, caseId, sanction)) {
    if (task.state !== 'paused') continue;
    const taken = takenAwayBy(task);
    if (!taken) {
      await programStep(deps, tx, viewer, task, 'resume', 'The appeal changed nothing.');
      const due = new Date(now + kindOf(task.kind).days * DAY);
      await tx.updateTable('case_task').set({ due }).where('id', '=', task.id).execute();
    } else if (Date.parse(taken.until) <= now) await programStep(deps, tx, viewer, task, 'end');
    else {
      const again = await takeAway(deps, tx, viewer, caseId, taken);
      const detail = JSON.stringify(again);
      await tx.updateTable('case_task').set({ detail }).where('id', '=', task.id).execute();
      await programStep(deps, tx, viewer, task, 'start', 'The appeal changed nothing.');
    }
  }
}

/** SAN-35: overturned. Rights are given back, what is still to be done falls away, and it no longer counts. */
export async function overturn(hearing: Hearing, sanction: string): Promise<void> {
  const { deps, tx, viewer, caseId } = hearing;
  const at = new Date(deps.clock.now());
  await tx
    .updateTable('sanction')
    .set({ overturned_by: viewer.person.id, overturned_at: at })
    .where('id', '=', sanction)
    .where('overturned_at', 'is', null)
    .execute();
  await tx.updateTable('sanction_warning').set({ withdrawn_at: at }).where('sanction_id', '=', sanction).execute();
  for (const task of await tasksOfSanction(tx, caseId, sanction)) {
    if (task.state === 'running') await giveBack(deps, tx, viewer, task);
    await programStep(deps, tx, viewer, task, 'overturn', 'The appeal was upheld.');
  }
}
