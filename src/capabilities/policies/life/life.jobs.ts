import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { forEach, schools } from '#platform/school.ts';
import { remindOfReview } from './review.service.ts';
import { TELL, tellGateways } from './told.service.ts';

const TEND = 'policy.tend';
const REMIND = 'policy.remind';

/** What policies do by the clock: versions come into force at their moment, and reviews are remembered. */
export function policiesJobs(deps: Deps): { tasks: Tasks; recurring: Recurring[] } {
  const inSchool = (school: string, work: typeof tellGateways) =>
    deps.db.in(systemContext(school), (tx: Tx) => work(tx, deps, school));
  const everySchool = (work: typeof tellGateways) => async () =>
    forEach(await schools(deps.db), ({ id }) => inSchool(id, work));
  return {
    tasks: {
      [TELL]: (payload) => inSchool((payload as { school: string }).school, tellGateways),
      [TEND]: everySchool(tellGateways),
      [REMIND]: everySchool(remindOfReview),
    },
    recurring: [
      { task: TEND, cron: '* * * * *', atStart: true },
      { task: REMIND, cron: '0 6 * * *' },
    ],
  };
}
