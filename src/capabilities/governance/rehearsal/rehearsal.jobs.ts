import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { forEach, schools } from '#platform/school.ts';
import { forgetRehearsals, REHEARSE } from './rehearsal.service.ts';
import { runRehearsal } from './run.service.ts';

const FORGET = 'policy.rehearsals-forget';

export function rehearsalJobs(deps: Deps): { tasks: Tasks; recurring: Recurring[] } {
  return {
    tasks: {
      [REHEARSE]: (payload) => {
        const { school, rehearsal } = payload as { school: string; rehearsal: string };
        return runRehearsal(deps, school, rehearsal);
      },
      [FORGET]: async () => forEach(await schools(deps.db), ({ id }) => forgetRehearsals(deps, id)),
    },
    recurring: [{ task: FORGET, cron: '50 3 * * *' }],
  };
}
