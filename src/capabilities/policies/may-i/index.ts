export { MAY_I_NAV, mayIRoutes } from './may-i.routes.ts';
