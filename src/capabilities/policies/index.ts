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
