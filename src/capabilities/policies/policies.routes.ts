import type { Deps } from '#platform/deps.ts';
import type { Room } from '#web/index.ts';
import { checkRoutes } from './check/index.ts';
import { DUTIES_NAV, dutiesRoutes } from './duties/index.ts';
import { LIFE_NAV, lifeRoutes } from './life/index.ts';
import { PERMISSIONS_NAV, permissionsRoutes } from './permissions/index.ts';
import { registersRoutes } from './registers/index.ts';
import { rolesRoutes } from './roles/index.ts';
import { schoolDayRoutes } from './school-day/index.ts';

/** What is done with a policy. The policy in force as people read it stands in governance, which may read every room. */
export function policiesRoom(deps: Deps): Room {
  return {
    name: 'policies',
    nav: [LIFE_NAV, DUTIES_NAV, PERMISSIONS_NAV],
    routes: (app) => {
      lifeRoutes(app, deps);
      checkRoutes(app, deps);
      dutiesRoutes(app, deps);
      rolesRoutes(app, deps);
      registersRoutes(app, deps);
      schoolDayRoutes(app, deps);
      permissionsRoutes(app, deps);
    },
  };
}
