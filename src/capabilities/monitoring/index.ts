export { acknowledge, close, closeForCase, linkCase, type NewAlert, openAlerts, raise } from './alerts.service.ts';
export { ALERT_CHANNEL, type Alert, findAlert } from './alerts.store.ts';
export { type GatewayTrouble, healthAlert } from './health.service.ts';
export { type IngestAnswer, ingest } from './ingest.service.ts';
export { type ActivityVerification, verifyActivity } from './integrity.service.ts';
export { monitoringJobs } from './monitoring.jobs.ts';
export { monitoringRoom } from './monitoring.room.ts';
export { placeHold, releaseHold } from './retention.service.ts';
export { headline } from './words.ts';
