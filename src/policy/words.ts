import type { AccessLevel } from './device-access.ts';
import type { Applies, SlotKind, ZoneKind } from './sections.ts';
import type { Audience, Rule } from './types.ts';

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
export const usedUp = (category: string, minutes: number, when: string): string =>
  `Your ${minutes === 1 ? 'minute' : `${minutes} minutes`} of today for sites listed under “${category}” are over; they open again ${when}.`;
export const noTimeSet = (category: string): string =>
  `${sites(category)} are open only at certain times, and the school has not set any yet.`;
export const noTimeAhead = (category: string): string =>
  `${sites(category)} are open only at certain times, and the school’s calendar holds none to come.`;

/** What an answer about an action says; rule names are titles, so that the sentence holds whatever they are. */
const byRule = (name: string): string => `By our rule “${name}”`;

export const UNSAID = 'Our policy says nothing about this, and what it does not say is not allowed; please ask.';
export const UNCLEAR =
  'Our policy answers this only when it is clear when, where and with whose equipment; please say, or ask.';
export const FLOOR = 'Safety for everyone';
export const AGAINST_THE_LAW = 'This is against the law, and nobody can allow it.';
export const STILL_TO_CONFIRM = 'The school is still to confirm this.';

export const may = (rule: string, whom: string): string => `${byRule(rule)}, ${whom} may.`;
export const mayNow = (rule: string, whom: string): string => `${byRule(rule)}, ${whom} may at this time.`;
export const mayByName = (rule: string, whom: string): string =>
  `${byRule(rule)}, ${whom} may when they are named for it, as here.`;
export const mayNot = (rule: string, whom: string): string => `${byRule(rule)}, ${whom} may not.`;
export const mayForMinutes = (rule: string, whom: string, minutes: number): string =>
  `${byRule(rule)}, ${whom} may for ${minutes} minutes a day.`;
export const mayNoMoreToday = (rule: string, whom: string, minutes: number): string =>
  `${byRule(rule)}, ${whom} may for ${minutes} minutes a day, and today’s are over.`;
export const mayLater = (rule: string, whom: string, when: string): string =>
  `${byRule(rule)}, ${whom} may at certain times only; the next begins ${when}.`;
export const mayAtTimesUnset = (rule: string, whom: string): string =>
  `${byRule(rule)}, ${whom} may at certain times only, and the school has not set any yet.`;
export const mayAtNoTimeAhead = (rule: string, whom: string): string =>
  `${byRule(rule)}, ${whom} may at certain times only, and the school’s calendar holds none to come.`;
export const mayByPermission = (rule: string, whom: string): string =>
  `${byRule(rule)}, ${whom} may only with permission, and none holds here at this time.`;
export const mayBySelection = (rule: string, whom: string): string =>
  `${byRule(rule)}, ${whom} may only if they are on a list the school keeps, which is not the case here.`;

const SLOTS: Readonly<Record<SlotKind, string>> = {
  lesson: 'lessons',
  'tutor-time': 'tutor time',
  break: 'break',
  lunch: 'lunch',
  club: 'clubs',
};
const ZONES: Readonly<Record<ZoneKind, string>> = {
  'main-building': 'the main building',
  outside: 'the grounds',
  'off-site': 'places away from school',
};
const EQUIPMENT = { school: 'the school’s equipment', personal: 'people’s own equipment' };

/** "lessons or tutor time, the main building": what a rule is about where it is not about everything. */
export const about = ({ slots, zones, equipment }: Applies): string =>
  [
    slots?.map((s) => SLOTS[s]).join(' or '),
    zones?.map((z) => ZONES[z]).join(' or '),
    equipment && EQUIPMENT[equipment],
  ]
    .filter(Boolean)
    .join('; ');
export const elsewhere = (conditions: string): string => `It speaks only of this: ${conditions}.`;
export const unclear = (conditions: string): string =>
  `It speaks only of this: ${conditions}; the question leaves that open.`;

export const NOT_REGISTERED =
  'This device is not registered, so it gets no network; please ask for it to be registered.';
export const UNKNOWN_CLASS =
  'It is not recorded whose device this is, so it gets no network; please ask for that to be recorded.';
export const SHARED_DEVICE = 'This device is shared, so it gets its network from whoever is signed in; please sign in.';
export const ACCESS: Readonly<Record<AccessLevel, (device: string) => string>> = {
  FULL: (device) => `“${device}”: such devices get the whole network.`,
  INTERNET_ONLY: (device) => `“${device}”: such devices get the internet and nothing of the school’s own network.`,
  NONE: (device) => `“${device}”: such devices get no network.`,
};
export const withoutSchemeRecord = (text: string): string =>
  `The school’s scheme has no record of this device, so it counts as a child’s own. ${text}`;

/** UAR-01: the three classes of what people may not do, in words. */
export const CLASS_WORDS = {
  illegal: 'against the law',
  prohibited: 'forbidden',
  unsuitable: 'out of place in school',
} as const satisfies Record<NonNullable<Rule['class']>, string>;
