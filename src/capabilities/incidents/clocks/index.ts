/** The door of this folder: clocks from report to first action to outcome (INC-27, SAN-01). */
export { clockJobs } from './clocks.jobs.ts';
export { clockLine, isLate } from './clocks.rules.ts';
export { clocksOf } from './clocks.service.ts';
export { lateCases, lateSql, limitsOf } from './clocks.store.ts';
