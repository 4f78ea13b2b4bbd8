export { DUTIES_NAV, dutiesRoutes } from './duties.routes.ts';
export { beginDuty, evidence, type Given } from './duties.service.ts';
export { dutiesJobs, keepDuties } from './notices.service.ts';
export { type DutyStanding, dutiesOf, dutyStates, type Standing } from './standing.ts';
