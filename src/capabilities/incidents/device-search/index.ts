import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, type NavItem, type Viewer, type WebApp } from '#web/index.ts';
import { authorisedRoutes } from './authorised.routes.ts';
import { complaintRoutes } from './complaints.routes.ts';
import type { SearchLinks } from './search.links.ts';
import { mayStart } from './search.people.ts';
import { searchRoutes } from './search.routes.ts';
import { searchPolicyOrNull } from './search.rules.ts';
import { searchesOfCase } from './search.store.ts';
import { STATES } from './search.words.ts';

/** The door of this folder: search and confiscation of pupils' devices (SRC-01..23). */
export { authorise as authoriseSearcher } from './authorised.service.ts';
export { complaintWorkflow } from './complaint.workflow.ts';
export { flowSvg } from './flow.ts';
export { searchJobs as deviceSearchJobs } from './search.clock.ts';
export type { SearchLinks } from './search.links.ts';
export { startSearch, takeStep as takeSearchStep } from './search.service.ts';
export { searchWorkflow } from './search.workflow.ts';

/** DEV-12: what a case shows of devices: searches that its reader may see, and whether they may begin one. */
export async function searchesBeside(tx: Tx, viewer: Viewer, caseId: string, now: number) {
  const policy = await searchPolicyOrNull(tx, now);
  const searches = await searchesOfCase(tx, caseId);
  return {
    searches: searches.map((s) => ({ reference: s.reference, state: STATES[s.state].name })),
    mayBegin: policy !== null && (await mayStart(tx, viewer, policy.rules.authorisedBy, now)),
  };
}

export function deviceSearchRoutes(app: WebApp, deps: Deps, links: SearchLinks): void {
  searchRoutes(app, deps, links);
  authorisedRoutes(app, deps);
  complaintRoutes(app, deps);
}

/** The link in the navigation: for those on the list, the DSL and the principal, and only where the policy has the part. */
export async function deviceSearchNav(deps: Deps, viewer: Viewer): Promise<readonly NavItem[]> {
  if (!viewer.duties.includes('staff')) return [];
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const policy = await searchPolicyOrNull(tx, now);
    if (!policy) return [];
    const shown = viewer.duties.includes('dsl') || (await mayStart(tx, viewer, policy.rules.authorisedBy, now));
    return shown ? [{ href: '/device-searches', text: 'Device searches', duties: ['staff'], order: 45 }] : [];
  });
}
