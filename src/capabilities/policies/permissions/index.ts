export { PERMISSIONS_NAV, permissionsRoutes } from './permissions.routes.ts';
export { readMoment, writeMoment } from './permissions.rules.ts';
export { type GrantInput, grantUse } from './permissions.service.ts';
export { pupilGroups } from './permissions.store.ts';
