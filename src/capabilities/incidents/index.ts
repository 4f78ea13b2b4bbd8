import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import type { Room } from '#web/index.ts';
import { visitsOfCase, visitsRoutes } from './access/index.ts';
import { evidenceSide } from './case.evidence.ts';
import { haltCase } from './case.halt.ts';
import { sanctionsSide } from './case.sanctions.ts';
import { openFromSearch } from './cases.service.ts';
import { chronologyRoutes } from './chronology/index.ts';
import { clockJobs } from './clocks/index.ts';
import { closingRoutes, RETENTION_NAV } from './closing/index.ts';
import { COMPUTERS_NAV, computersRoutes, provenComputer } from './computers/index.ts';
import { BULLYING_NAV, bullyingRoutes } from './cyber-bullying/index.ts';
import { deviceSearchJobs, deviceSearchNav, deviceSearchRoutes, type SearchLinks } from './device-search/index.ts';
import { evidenceJobs, evidencePages } from './evidence/index.ts';
import { FOLLOW_UPS_NAV, followUpRoutes } from './follow-ups/index.ts';
import { handoverRoutes } from './handover/index.ts';
import { CASE_DUTIES, incidentsRoutes } from './incidents.routes.ts';
import { listRoutes } from './lists/index.ts';
import { sanctionsJobs, sanctionsNav, sanctionsRoutes, TASKS_NAV } from './sanctions/index.ts';
import { SUMMARY_NAV, summaryRoutes } from './summary/index.ts';
import { TELLING_NAV, tellingJobs, tellingRoutes } from './telling/index.ts';
import { wordsOnly } from './words-only.ts';

/** The door of the incidents room. */
/** What a gateway's record says of examinations, put down in their cases. */
export { recordVisits } from './access/index.ts';
export type { Step } from './case.judge.ts';
export { keepFile, keepThing } from './case.keep.ts';
/** The roles whose holders act as seniors of a case (INC-04). */
export { SENIOR_ROLES } from './cases.rules.ts';
export { type LoggedConcern, logCase, openFromAlert, type Taken, takeStep } from './cases.service.ts';
/** What stands for each state: its name and what it means now. */
export { STATES as CASE_STATES_NOW } from './cases.words.ts';
export { lateCases } from './clocks/index.ts';
export { authoriseSearcher, startSearch, takeSearchStep } from './device-search/index.ts';
export { closedWithoutLessons, myFollowUps } from './follow-ups/index.ts';
export { listCases } from './lists/index.ts';
export { lettersTo, myTasks, warningsOf } from './sanctions/index.ts';
export { noticesTo } from './summary/index.ts';
export { promptReportExists } from './telling/index.ts';

/** What a search of a device does to cases. */
export const searchLinks = (deps: Deps): SearchLinks => ({
  openCase: async (tx, by, { kind, subject, text, urgent }) => {
    const made = await openFromSearch(deps, tx, by, { people: [subject], text, urgency: urgent ? 'urgent' : 'soon' });
    if (kind === 'imagery') await haltCase(deps, tx, by, made.id, '');
    return made.id;
  },
  suspectImagery: (tx, by, caseId) => haltCase(deps, tx, by, caseId, ''),
});

export const incidentsRoom = (deps: Deps): Room => ({
  name: 'incidents',
  nav: [
    { href: '/cases', text: 'Cases', duties: CASE_DUTIES, order: 40 },
    COMPUTERS_NAV,
    TASKS_NAV,
    BULLYING_NAV,
    FOLLOW_UPS_NAV,
    SUMMARY_NAV,
    RETENTION_NAV,
    ...TELLING_NAV,
  ],
  navFor: async (viewer) => [...(await deviceSearchNav(deps, viewer)), ...(await sanctionsNav(deps, viewer))],
  routes: (app) => {
    wordsOnly(app);
    incidentsRoutes(app, deps);
    listRoutes(app, deps, CASE_DUTIES);
    chronologyRoutes(app, deps);
    bullyingRoutes(app, deps);
    closingRoutes(app, deps, CASE_DUTIES);
    followUpRoutes(app, deps, CASE_DUTIES);
    summaryRoutes(app, deps);
    handoverRoutes(app, deps, CASE_DUTIES);
    evidencePages(
      deps,
      evidenceSide(deps, (request) => provenComputer(deps, request), visitsOfCase),
    )(app);
    computersRoutes(app, deps);
    visitsRoutes(app, deps);
    deviceSearchRoutes(app, deps, searchLinks(deps));
    tellingRoutes(app, deps);
    sanctionsRoutes(app, deps, sanctionsSide(deps), CASE_DUTIES);
  },
});

export function incidentsJobs(deps: Deps): { tasks: Tasks; recurring: readonly Recurring[] } {
  const parts = [evidenceJobs(deps), deviceSearchJobs(deps), clockJobs(deps), tellingJobs(deps), sanctionsJobs(deps)];
  return {
    tasks: Object.assign({}, ...parts.map((p) => p.tasks)),
    recurring: parts.flatMap((p) => p.recurring),
  };
}
