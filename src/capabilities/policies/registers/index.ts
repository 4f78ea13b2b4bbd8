export { registersJobs } from './registers.jobs.ts';
export { READ, REGISTER_KEEPERS, registersRoutes } from './registers.routes.ts';
export { recordSupply } from './registers.service.ts';
export { type LinkRun, lastLinkRun, registerStates } from './registers.store.ts';
