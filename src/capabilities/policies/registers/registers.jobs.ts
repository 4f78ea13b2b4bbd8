import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { CHECK_LINKS, checkLinks, checkLinksEachTerm } from './links.service.ts';

const EACH_TERM = 'registers.each-term';

/** Links are looked at once a term, and when somebody asks (CAL-42). */
export const registersJobs = (deps: Deps): { tasks: Tasks; recurring: Recurring[] } => ({
  tasks: {
    [EACH_TERM]: () => checkLinksEachTerm(deps),
    [CHECK_LINKS]: (payload) => {
      const { school, run } = payload as { school: string; run: string };
      return checkLinks(deps, school, run);
    },
  },
  recurring: [{ task: EACH_TERM, cron: '20 4 * * *' }],
});
