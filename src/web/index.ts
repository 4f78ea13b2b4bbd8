export {
  checkCsrf,
  createWebApp,
  type Room,
  type RouteRow,
  SESSION_COOKIE,
  type WebApp,
  type WebOptions,
} from './app.ts';
export { orFormAgain } from './form.ts';
export type { NavItem } from './nav.ts';
export { type Access, contextOf, done, hasDuty, type Viewer, viewerOf } from './viewer.ts';
