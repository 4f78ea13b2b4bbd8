import type { Deps } from '#platform/deps.ts';
import { PERSON_KINDS } from '#policy/types.ts';
import type { Room } from '#web/index.ts';
import { classesRoutes } from './classes.routes.ts';
import { importRoutes } from './import.routes.ts';
import { meRoutes } from './me.routes.ts';
import { PARENTS_NAV, parentsRoutes } from './parents.routes.ts';
import { peopleRoutes } from './people.routes.ts';
import { signInRoutes } from './sign-in.routes.ts';

/** Sign-in, My page, People. */
export const identityRoom = (deps: Deps): Room => ({
  name: 'identity',
  nav: [
    { href: '/people', text: 'People', duties: ['administrator', 'ict-manager', 'dsl', 'head'], order: 60 },
    {
      href: '/people/classes',
      text: 'Classes',
      duties: ['administrator', 'ict-manager', 'dsl', 'head'],
      order: 61,
      within: '/people',
    },
    PARENTS_NAV,
    { href: '/me', text: 'My page', duties: PERSON_KINDS, order: 90 },
  ],
  routes(app) {
    signInRoutes(app, deps);
    meRoutes(app, deps);
    importRoutes(app, deps);
    classesRoutes(app, deps);
    parentsRoutes(app, deps);
    peopleRoutes(app, deps);
  },
});
