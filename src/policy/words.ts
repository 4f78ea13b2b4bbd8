import type { Audience } from './types.ts';

/** Every sentence a decision can say. Plain and kind, since a child may read it; a test reads them all. */

export const ILLEGAL = 'This page cannot be opened.';
export const HELP = 'Help and support services are always open to everyone.';
export const NO_POLICY =
  'We cannot check this site at the moment, so it stays closed; please tell a member of staff or try again soon.';
export const UNKNOWN_CATEGORY =
  'We do not know yet what our policy says about this kind of site, so it stays closed for now.';
export const UNRESTRICTED = 'Nothing in our policy closes this site to you.';
export const UNCATEGORISED_OPEN = 'This site is on none of our lists, and our policy leaves such sites open to you.';
export const UNCATEGORISED_CLOSED =
  'This site is on none of our lists, and our policy keeps such sites closed for you.';
export const UNCATEGORISED_UNIDENTIFIED =
  'This site is on none of our lists, and such sites open only once we know who you are.';

const AUDIENCE: Readonly<Record<Audience, string>> = { staff: 'staff', pupil: 'pupils', guest: 'guests' };

export const EVERYONE = 'anyone in school';
export const UNNAMED = 'people who are not signed in';
export const audience = (who: Audience): string => AUDIENCE[who];
export const ownGroup = (who: Audience): string => (who === 'pupil' ? 'your year group' : 'your part in school');

const sites = (category: string): string => `Sites listed under “${category}”`;

export const open = (category: string, whom: string): string => `${sites(category)} are open to ${whom}.`;
export const closed = (category: string, whom: string): string => `${sites(category)} are not allowed for ${whom}.`;
export const byPermission = (category: string, whom: string): string =>
  `${sites(category)} are open to ${whom} only with permission, and none is recorded for you.`;
export const bySelection = (category: string, whom: string): string =>
  `${sites(category)} are open only to ${whom} on a list the school keeps, and you are not on it.`;
export const opensLater = (category: string, when: string): string =>
  `${sites(category)} are closed just now; they open ${when}.`;
export const noTimeSet = (category: string): string =>
  `${sites(category)} are open only at certain times, and the school has not set any yet.`;
export const noTimeAhead = (category: string): string =>
  `${sites(category)} are open only at certain times, and the school’s calendar holds none to come.`;
