/** The door of this folder: what closed cases taught, and who follows it up. */
export { FOLLOW_UPS_NAV, followUpRoutes } from './follow-ups.routes.ts';
export { closedWithoutLessons, myFollowUps } from './follow-ups.store.ts';
