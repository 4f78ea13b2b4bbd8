export { LOOK_UP_DUTIES } from './activity.routes.ts';
export { ALERT_DUTIES } from './alerts.routes.ts';
export {
  acknowledge,
  acknowledgeIn,
  close,
  closeForCase,
  linkCase,
  type NewAlert,
  openAlerts,
  raise,
} from './alerts.service.ts';
export { findAlert, type RouteStep } from './alerts.store.ts';
export { escalationSteps } from './escalation.service.ts';
export { healthAlert, listAlert, proofAlert } from './health.service.ts';
export { ingest } from './ingest.service.ts';
export { verifyActivity } from './integrity.service.ts';
export { LOOK_UP_MINUTES, lookUp, mayRead, noteRefused } from './look-up.service.ts';
export { monitoringJobs } from './monitoring.jobs.ts';
export { monitoringRoom } from './monitoring.room.ts';
export { placeHold, releaseHold } from './retention.service.ts';
export { headline } from './words.ts';
