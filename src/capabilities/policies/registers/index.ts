export { registersJobs } from './registers.jobs.ts';
export { READ, REGISTER_KEEPERS, registersRoutes } from './registers.routes.ts';
export { type LinkRun, lastLinkRun, registerStates } from './registers.store.ts';
