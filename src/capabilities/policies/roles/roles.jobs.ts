import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { findVacancies } from './vacancies.service.ts';

const VACANCIES = 'roles.vacancies';

/** Every hour: roles that too few people hold (ROL-03, ROL-09). */
export const rolesJobs = (deps: Deps): { tasks: Tasks; recurring: Recurring[] } => ({
  tasks: { [VACANCIES]: () => findVacancies(deps) },
  recurring: [{ task: VACANCIES, cron: '35 * * * *' }],
});
