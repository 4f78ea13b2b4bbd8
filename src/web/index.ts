export {
  checkCsrf,
  createWebApp,
  type NavItem,
  type Room,
  type RouteRow,
  SESSION_COOKIE,
  type WebApp,
  type WebOptions,
} from './app.ts';
export { orFormAgain } from './form.ts';
export { type Access, contextOf, done, hasDuty, type Viewer, viewerOf } from './viewer.ts';
