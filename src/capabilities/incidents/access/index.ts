/** What a case does to the network: access for an examination, isolated devices, access taken away, and the visits. */
export {
  EXAMINATION_LASTS,
  isolate,
  isolatedDevices,
  openExamination,
  releaseDevice,
  removeAccess,
  restoreAccess,
  singleAddresses,
} from './access.service.ts';
export { type CaseOrder, holds, ordersOf } from './access.store.ts';
export { isHiddenHere } from './hidden.ts';
export { namedVisits, visitsOfCase } from './visits.report.ts';
export { visitsRoutes } from './visits.routes.ts';
export { recordVisits } from './visits.ts';
