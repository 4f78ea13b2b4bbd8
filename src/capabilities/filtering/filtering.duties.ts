import { SAFEGUARDING_ROLES } from '#policy/types.ts';

/** Who changes what the filter is fed with. */
export const KEEPERS: readonly string[] = ['ict-manager', 'administrator'];
/** Who decides on a version of a list that waits for a person. */
export const DECIDERS: readonly string[] = [...KEEPERS, 'filter-approver'];
/** Who sees how it stands. */
export const OVERSEERS: readonly string[] = [...DECIDERS, 'dsl', 'head', 'lead-governor'];
/** Who may ask what one named person would get or got, and why: those who may look somebody up (MON-11). */
export const NAMERS: readonly string[] = [...SAFEGUARDING_ROLES, 'ict-manager'];
