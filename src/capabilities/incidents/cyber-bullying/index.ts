/** The door of this folder: what classes are taught about bullying online. */
export { BULLYING_NAV, bullyingRoutes } from './register.routes.ts';
