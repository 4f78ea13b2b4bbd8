import type { Deps } from '#platform/deps.ts';
import type { Room } from '#web/index.ts';
import { CASE_DUTIES, incidentsRoutes } from './incidents.routes.ts';

export type { Step } from './case.judge.ts';
/** The door of the incidents room. */
export { type LoggedConcern, logCase, openFromAlert, type Taken, takeStep } from './cases.service.ts';
export { listCases } from './cases.store.ts';
/** What stands for each state: its name and what it means now. */
export { STATES as CASE_STATES_NOW } from './cases.words.ts';

export const incidentsRoom = (deps: Deps): Room => ({
  name: 'incidents',
  nav: [{ href: '/cases', text: 'Cases', duties: CASE_DUTIES, order: 40 }],
  routes: (app) => incidentsRoutes(app, deps),
});
