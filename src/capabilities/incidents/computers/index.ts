/** Computers that are set apart for examinations, and the proof that a request comes from one (INC-06). */
export { COMPUTERS_NAV, computersRoutes } from './computers.routes.ts';
export { provenComputer } from './computers.service.ts';
export { computersOf, findComputer, provenAddress } from './computers.store.ts';
