import type { Tx } from '#platform/db.ts';
import { enqueue } from '#platform/jobs.ts';
import { type RunningClock, running } from './clocks.rules.ts';
import { limitsOf } from './clocks.store.ts';

/** Every minute for all schools; with a school and a case in its payload, that one. */
export const CLOCKS = 'cases.clocks';

type Woken = Parameters<typeof running>[0] & { readonly id: string; readonly school_id: string };

/** Look again at this case at the moment at which something becomes due, and not only when the next minute comes round. */
export async function wakeWhenDue(tx: Tx, file: Woken, now: number): Promise<void> {
  const story = { recordedAt: null, reopenedAt: null };
  const ahead = running(file, story, await limitsOf(tx, now)).filter((c) => c.due.getTime() > now);
  for (const { stage, due } of ahead) await wake(tx, file, stage, due);
}

const wake = (tx: Tx, file: Woken, stage: RunningClock['stage'], runAt: Date) =>
  enqueue(tx, CLOCKS, { school: file.school_id, case: file.id }, { runAt, key: `${CLOCKS} ${file.id} ${stage}` });
