import { isUuid } from '#core/ids.ts';
import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { escalateCase, sweepClocks } from './clocks.service.ts';
import { CLOCKS } from './clocks.wake.ts';

/** Clocks of cases: each minute all that became late, and one case at the moment at which something of it is due. */
export const clockJobs = (deps: Deps): { tasks: Tasks; recurring: readonly Recurring[] } => ({
  tasks: {
    [CLOCKS]: (payload) => {
      const { school, case: id } = (payload ?? {}) as { school?: unknown; case?: unknown };
      return isUuid(school) && isUuid(id) ? escalateCase(deps, school, id) : sweepClocks(deps);
    },
  },
  recurring: [{ task: CLOCKS, cron: '* * * * *' }],
});
