import type { Deps } from '#platform/deps.ts';
import type { Room } from '#web/index.ts';
import { activityRoutes, LOOK_UP_DUTIES } from './activity.routes.ts';
import { ALERT_DUTIES, alertsRoutes } from './alerts.routes.ts';
import { classViewRoutes } from './class-view/class-view.routes.ts';
import { ingestRoutes } from './ingest.routes.ts';
import type { OnBatch } from './ingest.service.ts';
import { lookUpRoutes } from './look-up.routes.ts';

/** Activity in, alerts out, and the pages to both. */
export function monitoringRoom(deps: Deps, wiring: { readonly onBatch?: OnBatch } = {}): Room {
  return {
    name: 'monitoring',
    nav: [
      { href: '/alerts', text: 'Alerts', duties: ALERT_DUTIES, order: 20 },
      { href: '/activity', text: 'Activity', duties: LOOK_UP_DUTIES, order: 30 },
      { href: '/class', text: 'Class view', duties: ['staff'], order: 35 },
    ],
    routes(app) {
      ingestRoutes(app, deps, wiring.onBatch);
      alertsRoutes(app, deps);
      activityRoutes(app, deps);
      lookUpRoutes(app, deps);
      classViewRoutes(app, deps);
    },
  };
}
