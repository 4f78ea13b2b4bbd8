export {
  type Base,
  createDraft,
  type Draft,
  editDraft,
  listVersions,
  POLICY_EDITORS,
  policiesJobs,
  type ReviewDue,
  readDraft,
  reviewDue,
  type Version,
  versionDocument,
} from './life/index.ts';
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
