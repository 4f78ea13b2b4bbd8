/** The door of this folder: everything about one child in one line of time. */
export { chronologyRoutes } from './chronology.routes.ts';
