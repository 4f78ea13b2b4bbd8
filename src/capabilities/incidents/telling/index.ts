import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import type { NavItem, WebApp } from '#web/index.ts';
import { REPORT_DUTIES, reportRoutes } from './report.routes.ts';

import { tellRoutes } from './tell.routes.ts';
import { sweepReports, TELLING_SWEEP } from './telling.clock.ts';

export { promptReportExists } from './report.store.ts';

/** People tell the school something, and those to whom it goes deal with it. */
export const TELLING_NAV: readonly NavItem[] = [
  { href: '/told', text: 'What people told us', duties: REPORT_DUTIES, order: 25 },
];

export function tellingRoutes(app: WebApp, deps: Deps): void {
  tellRoutes(app, deps);
  reportRoutes(app, deps);
}

export const tellingJobs = (deps: Deps): { tasks: Tasks; recurring: readonly Recurring[] } => ({
  tasks: { [TELLING_SWEEP]: () => sweepReports(deps) },
  recurring: [{ task: TELLING_SWEEP, cron: '* * * * *' }],
});
