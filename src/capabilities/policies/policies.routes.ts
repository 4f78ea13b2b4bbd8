import type { Deps } from '#platform/deps.ts';
import type { Room } from '#web/index.ts';
import { CHECK_READERS, checkRoutes } from './check/index.ts';
import { DUTIES_NAV, dutiesRoutes } from './duties/index.ts';
import { editorRoutes } from './editor/index.ts';
import { LIFE_NAV, lifeRoutes } from './life/index.ts';
import { MAY_I_NAV, mayIRoutes } from './may-i/index.ts';
import { PERMISSIONS_NAV, permissionsRoutes } from './permissions/index.ts';
import { READ, registersRoutes } from './registers/index.ts';
import { READ_ROLES, rolesRoutes } from './roles/index.ts';
import { schoolDayRoutes } from './school-day/index.ts';

/** What is done with a policy. The policy in force as people read it stands in governance, which may read every room. */
export function policiesRoom(deps: Deps): Room {
  return {
    name: 'policies',
    nav: [
      LIFE_NAV,
      DUTIES_NAV,
      MAY_I_NAV,
      PERMISSIONS_NAV,
      { href: '/policy/check', within: '/policy', text: 'Contradictions', duties: CHECK_READERS, order: 30 },
      { href: '/roles', within: '/policy', text: 'Roles', duties: READ_ROLES.access.duties, order: 40 },
      { href: '/registers', within: '/policy', text: 'Registers', duties: READ.access.duties, order: 50 },
    ],
    routes: (app) => {
      lifeRoutes(app, deps);
      editorRoutes(app, deps);
      checkRoutes(app, deps);
      dutiesRoutes(app, deps);
      rolesRoutes(app, deps);
      registersRoutes(app, deps);
      schoolDayRoutes(app, deps);
      permissionsRoutes(app, deps);
      mayIRoutes(app, deps);
    },
  };
}
