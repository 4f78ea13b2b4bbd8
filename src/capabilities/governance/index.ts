import type { Deps } from '#platform/deps.ts';
import { PERSON_KINDS } from '#policy/index.ts';
import type { Room } from '#web/index.ts';
import { OVERSIGHT } from './living-policy/living-policy.pages.ts';
import { livingPolicyRoutes } from './living-policy/living-policy.routes.ts';
import { rehearsalJobs } from './rehearsal/rehearsal.jobs.ts';
import { rehearsalRoutes } from './rehearsal/rehearsal.routes.ts';
import { settingsRoutes } from './settings/settings.routes.ts';
import { setupRoutes } from './setup/setup.routes.ts';
import type { Enrolled } from './setup/setup.service.ts';
import { todayRoutes } from './today/today.routes.ts';

/** The door of the governance room. */
export { type SignIn, seedDemo } from './demo/demo.ts';
export { readSetup } from './setup/setup.rules.ts';
export { type SetupInput, SetupSchema } from './setup/setup.schema.ts';
export { type Enrolled, type FirstPerson, setUp } from './setup/setup.service.ts';

/** What this room does after a command and by the clock. */
export const governanceJobs = rehearsalJobs;

export const governanceRoom = (
  deps: Deps,
  { onEnrolled }: { readonly onEnrolled: (enrolled: Enrolled) => void },
): Room => ({
  name: 'governance',
  nav: [
    { href: '/', text: 'Today', duties: ['staff', 'pupil', 'parent', 'governor', 'volunteer', 'visitor'], order: 10 },
    { href: '/policy', text: 'Policy', duties: PERSON_KINDS, order: 50 },
    { href: '/policy/coverage', within: '/policy', text: 'In practice', duties: OVERSIGHT, order: 10 },
    { href: '/settings', text: 'Settings', duties: ['administrator', 'ict-manager'], order: 90 },
  ],
  routes: (app) => {
    todayRoutes(app, deps);
    livingPolicyRoutes(app, deps);
    rehearsalRoutes(app, deps);
    settingsRoutes(app, deps);
    setupRoutes(app, deps, onEnrolled);
  },
});
