export { rolesJobs } from './roles.jobs.ts';
export { READ_ROLES } from './roles.pages.ts';
export { rolesRoutes } from './roles.routes.ts';
export { type RolesState, rolesState } from './standing.store.ts';
