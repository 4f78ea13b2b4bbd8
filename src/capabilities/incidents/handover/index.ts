/** The door of this folder: a case on its way into the safeguarding record system (INC-24). */
export { handoverRoutes } from './handover.routes.ts';
export { recordOf } from './handover.service.ts';
