export { schoolDayRoutes } from './school-day.routes.ts';
export { DAY_NAMES, readTimetable } from './school-day.rules.ts';
export { addSlots, addZone, zonesOf } from './school-day.service.ts';
