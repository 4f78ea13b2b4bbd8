export { CHECK_READERS, checkRoutes } from './check.routes.ts';
export { type CheckState, checkState } from './check.service.ts';
