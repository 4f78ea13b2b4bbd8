export { PERMISSIONS_NAV, permissionsRoutes } from './permissions.routes.ts';
export { type GrantInput, grantUse } from './permissions.service.ts';
