import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { forEach, schools } from '#platform/school.ts';
import { programStep } from './tasks.service.ts';
import { runningOver } from './tasks.store.ts';

const SWEEP = 'sanctions.sweep';

/** Gateways give access back by their own clocks; this writes down that it is over (SAN-31). */
async function sweep(deps: Deps): Promise<void> {
  await forEach(await schools(deps.db), ({ id }) =>
    deps.db.in(systemContext(id), async (tx) => {
      const by = { school: { id }, person: { id: null } };
      for (const task of await runningOver(tx, new Date(deps.clock.now())))
        await programStep(deps, tx, by, task, 'end');
    }),
  );
}

export const sanctionsJobs = (deps: Deps): { tasks: Tasks; recurring: Recurring[] } => ({
  tasks: { [SWEEP]: () => sweep(deps) },
  recurring: [{ task: SWEEP, cron: '*/10 * * * *' }],
});
