import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { dutiesJobs } from './duties/index.ts';
import { policiesJobs as lifeJobs } from './life/index.ts';
import { registersJobs } from './registers/index.ts';
import { rolesJobs } from './roles/index.ts';

/** Everything that this room does by the clock. */
export function policiesJobs(deps: Deps): { tasks: Tasks; recurring: Recurring[] } {
  const parts = [lifeJobs(deps), dutiesJobs(deps), rolesJobs(deps), registersJobs(deps)];
  return {
    tasks: Object.assign({}, ...parts.map((p) => p.tasks)),
    recurring: parts.flatMap((p) => p.recurring),
  };
}
