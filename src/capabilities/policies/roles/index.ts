export { rolesJobs } from './roles.jobs.ts';
export { rolesRoutes } from './roles.routes.ts';
export { type RolesState, rolesState } from './standing.store.ts';
