/** Who changes what the filter is fed with. */
export const KEEPERS: readonly string[] = ['ict-manager', 'administrator'];
/** Who decides on a version of a list that waits for a person. */
export const DECIDERS: readonly string[] = [...KEEPERS, 'filter-approver'];
/** Who sees how it stands. */
export const OVERSEERS: readonly string[] = [...DECIDERS, 'dsl', 'head', 'lead-governor'];
