/** The door of this folder: what is told of incidents that were dealt with (SAN-03). */
export { noticesTo } from './notices.ts';
export { SUMMARY_NAV, summaryRoutes } from './summary.routes.ts';
