/** The door of this folder: the list of cases, its counts, figures and spreadsheet. */
export { csvOf } from './csv.ts';
export { listRoutes } from './lists.routes.ts';
export { countCases, listCases } from './lists.store.ts';
