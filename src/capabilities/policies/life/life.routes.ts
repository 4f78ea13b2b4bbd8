import type { Deps } from '#platform/deps.ts';
import type { WebApp } from '#web/index.ts';
import { POLICY_EDITORS } from './drafts.facts.ts';
import { draftsRoutes } from './drafts.routes.ts';
import { riskRoutes } from './risk.routes.ts';
import { versionsRoutes } from './versions.routes.ts';

/** Those who write, decide on or keep the policy; everybody else finds the versions from the policy itself. */
export const LIFE_NAV = {
  href: '/policy/versions',
  within: '/policy',
  text: 'Versions and drafts',
  duties: [...POLICY_EDITORS, 'administrator', 'ict-manager', 'governor', 'lead-governor', 'chair'],
  order: 20,
} as const;

/** The life of the policy: drafts, versions, how they differ, and what they rest on. */
export function lifeRoutes(app: WebApp, deps: Deps): void {
  versionsRoutes(app, deps);
  draftsRoutes(app, deps);
  riskRoutes(app, deps);
}
