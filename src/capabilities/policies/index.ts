export { CHECK_READERS, type CheckState, checkState } from './check/index.ts';
export {
  beginDuty,
  type DutyStanding,
  dutiesOf,
  dutyStates,
  evidence,
  type Given,
} from './duties/index.ts';
export {
  addRiskAssessment,
  type Base,
  createDraft,
  type Draft,
  editDraft,
  lifeWorkflow,
  listVersions,
  POLICY_EDITORS,
  POLICY_READERS,
  type ReviewDue,
  readDraft,
  reviewDue,
  setCover,
  takeStep as takeDraftStep,
  type Version,
  versionDocument,
  whoDecides,
} from './life/index.ts';
export { policyAt } from './past.ts';
export { type GrantInput, grantUse, pupilGroups, readMoment, writeMoment } from './permissions/index.ts';
export { policiesJobs } from './policies.jobs.ts';
export { policiesRoom } from './policies.routes.ts';
export {
  adoptPolicy,
  type PolicyInForce,
  policyInForce,
  profilesInForce,
  shippedPolicies,
  taxonomy,
} from './policies.service.ts';
export { publicSchool } from './public-school.ts';
export { type LinkRun, lastLinkRun, REGISTER_KEEPERS, recordSupply, registerStates } from './registers/index.ts';
export { type RolesState, rolesState } from './roles/index.ts';
export { addSlots, addZone, readTimetable } from './school-day/index.ts';
export { schoolFacts } from './school-facts.ts';
