/** The door of this folder: the form of a closed case, how long it is kept, and how it goes (INC-20, EVI-10). */
export { closingRoutes, RETENTION_NAV } from './form.routes.ts';
