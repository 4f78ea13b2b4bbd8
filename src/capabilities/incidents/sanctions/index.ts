import type { Deps } from '#platform/deps.ts';
import { contextOf, type NavItem, type Viewer, type WebApp } from '#web/index.ts';
import type { CaseSide } from './case-side.ts';
import { decisionRoutes } from './decision.routes.ts';
import { lettersRoutes } from './letters.routes.ts';
import { lettersTo } from './letters.store.ts';
import { TASK_DUTIES, tasksRoutes } from './tasks.routes.ts';
import { warningsOf } from './warnings.service.ts';

/** The door of this folder: what follows a judgement (SAN-02, SAN-04..35). */
export type { CaseSide, Handled } from './case-side.ts';
export { followedOf } from './followed.ts';
export { lettersTo } from './letters.store.ts';
export { sanctionsJobs } from './sanctions.jobs.ts';
export { taskWorkflow } from './task.workflow.ts';
export { myTasks } from './tasks.pages.ts';
export { warningsOf } from './warnings.service.ts';

export function sanctionsRoutes(app: WebApp, deps: Deps, side: CaseSide, caseDuties: readonly string[]): void {
  decisionRoutes(app, deps, side, caseDuties);
  tasksRoutes(app, deps, side);
  lettersRoutes(app, deps, side, caseDuties);
}

export const TASKS_NAV: NavItem = { href: '/tasks', within: '/', text: 'My tasks', duties: TASK_DUTIES, order: 20 };

/** Links for those who have something to read: warnings beside their own page, letters from the school. */
export function sanctionsNav(deps: Deps, viewer: Viewer): Promise<readonly NavItem[]> {
  const { kind, id } = viewer.person;
  return deps.db.in(contextOf(viewer), async (tx) => {
    const links: NavItem[] = [];
    if (kind !== 'parent' && (await warningsOf(tx, id)).length > 0)
      links.push({ href: '/me/warnings', within: '/me', text: 'Warnings', duties: [kind], order: 20 });
    if (kind === 'parent' && (await lettersTo(tx, id)).length > 0)
      links.push({ href: '/letters', text: 'Letters', duties: ['parent'], order: 45 });
    return links;
  });
}
