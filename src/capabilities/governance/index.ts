import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { PERSON_KINDS } from '#policy/index.ts';
import type { Room } from '#web/index.ts';
import { coverageRoutes } from './coverage/coverage.routes.ts';
import { CHILDREN_NAV, LESSONS_NAV, lessonsRoutes } from './coverage/lessons/lessons.routes.ts';
import { OVERSIGHT } from './living-policy/living-policy.pages.ts';
import { livingPolicyRoutes } from './living-policy/living-policy.routes.ts';
import { rehearsalJobs } from './rehearsal/rehearsal.jobs.ts';
import { rehearsalRoutes } from './rehearsal/rehearsal.routes.ts';
import { reviewsJobs } from './reviews/reviews.jobs.ts';
import { reviewsRoutes } from './reviews/reviews.routes.ts';
import { settingsRoutes } from './settings/settings.routes.ts';
import { setupRoutes } from './setup/setup.routes.ts';
import type { Enrolled } from './setup/setup.service.ts';
import { todayRoutes } from './today/today.routes.ts';

/** The door of the governance room. */
export { type SignIn, seedDemo } from './demo/demo.ts';
export { demoEscrow } from './demo/escrow.ts';
export { readSetup } from './setup/setup.rules.ts';
export { type SetupInput, SetupSchema } from './setup/setup.schema.ts';
export { type Enrolled, type FirstPerson, setUp } from './setup/setup.service.ts';

/** What this room does after a command and by the clock. */
export function governanceJobs(deps: Deps): { tasks: Tasks; recurring: Recurring[] } {
  const [rehearsal, reviews] = [rehearsalJobs(deps), reviewsJobs(deps)];
  return {
    tasks: { ...rehearsal.tasks, ...reviews.tasks },
    recurring: [...rehearsal.recurring, ...reviews.recurring],
  };
}

export const governanceRoom = (
  deps: Deps,
  { onEnrolled }: { readonly onEnrolled: (enrolled: Enrolled) => void },
): Room => ({
  name: 'governance',
  nav: [
    { href: '/', text: 'Today', duties: ['staff', 'pupil', 'parent', 'governor', 'volunteer', 'visitor'], order: 10 },
    { href: '/policy', text: 'Policy', duties: PERSON_KINDS, order: 50 },
    { href: '/policy/coverage', within: '/policy', text: 'In practice', duties: OVERSIGHT, order: 10 },
    { href: '/coverage', within: '/policy', text: 'Coverage', duties: OVERSIGHT, order: 12 },
    { href: '/reviews', within: '/policy', text: 'Reviews', duties: OVERSIGHT, order: 14 },
    LESSONS_NAV,
    CHILDREN_NAV,
    { href: '/settings', text: 'Settings', duties: ['administrator', 'ict-manager'], order: 90 },
  ],
  routes: (app) => {
    todayRoutes(app, deps);
    livingPolicyRoutes(app, deps);
    rehearsalRoutes(app, deps);
    coverageRoutes(app, deps);
    lessonsRoutes(app, deps);
    reviewsRoutes(app, deps);
    settingsRoutes(app, deps);
    setupRoutes(app, deps, onEnrolled);
  },
});
