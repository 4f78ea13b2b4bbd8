import { PERSON_KINDS, type PersonKind } from '#policy/types.ts';
import { MOST_CLASSES, readClasses } from './classes.rules.ts';

/** What is asked about a new person, as it was typed or read from a file. */
export interface PersonInput {
  readonly username: string;
  readonly displayName: string;
  readonly kind: string;
  readonly yearGroup?: string;
  readonly groupName?: string;
  readonly email?: string;
  readonly classes?: string;
}

export interface NewPerson {
  readonly username: string;
  readonly displayName: string;
  readonly kind: PersonKind;
  readonly yearGroup?: number | null;
  readonly groupName?: string | null;
  readonly email?: string | null;
  /** The classes that somebody teaches, all of them; left out: as they are. */
  readonly classes?: readonly string[];
}

export type PersonFaults = Partial<Record<keyof PersonInput, string>>;

export const KIND_NAMES: Readonly<Record<PersonKind, string>> = {
  pupil: 'Pupil',
  staff: 'Staff',
  governor: 'Governor',
  parent: 'Parent or carer',
  volunteer: 'Volunteer',
  visitor: 'Visitor',
};

const USERNAME = /^[a-z0-9][a-z0-9._@-]{1,63}$/;
const EMAIL = /^[^\s@,;<>"]{1,64}@[^\s@,;<>"]+\.[^\s@,;<>"]{2,}$/;
/** Line breaks and other control characters, and marks that turn the direction of text: a name has none. */
const NOT_IN_NAMES = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/** One set of rules for the form and the file: the person as it will be stored, or what is wrong with each field. */
export function readPerson(input: PersonInput): { person: NewPerson } | { faults: PersonFaults } {
  const username = input.username.trim().toLowerCase();
  const displayName = input.displayName.trim().replace(/ +/g, ' ').normalize('NFC');
  const groupName = optional(input.groupName);
  const email = optional(input.email);
  const kind = PERSON_KINDS.find((k) => k === input.kind);
  const yearGroup = readYear(input.yearGroup ?? '');
  const classes = input.classes === undefined ? undefined : readClasses(input.classes);
  const faults: PersonFaults = {};

  if (!username) faults.username = 'Enter a username';
  else if (!USERNAME.test(username)) {
    faults.username =
      'A username has 2 to 64 small letters, numbers, dots, hyphens or @, and begins with a letter or number';
  }
  if (!displayName) faults.displayName = 'Enter a name';
  else if (displayName.length > 120 || NOT_IN_NAMES.test(displayName)) {
    faults.displayName = 'A name is one line of at most 120 letters';
  }
  if (!kind) faults.kind = `Choose what kind of person this is: ${PERSON_KINDS.join(', ')}`;
  if (yearGroup === undefined) faults.yearGroup = 'A year group is a number from 0 (Reception) to 14';
  else if (kind === 'pupil' && yearGroup === null) faults.yearGroup = 'Enter the pupil’s year group';
  else if (kind && kind !== 'pupil' && yearGroup !== null) faults.yearGroup = 'Only pupils have a year group';
  if (groupName && (groupName.length > 60 || NOT_IN_NAMES.test(groupName))) {
    faults.groupName = 'A form or group has at most 60 letters';
  }
  if (email && (email.length > 254 || !EMAIL.test(email))) {
    faults.email = 'Enter an e-mail address such as name@school.example';
  }

  if (kind && kind !== 'staff' && classes && classes.length > 0) faults.classes = 'Only staff teach classes';
  else if (classes?.some((c) => c.length > 60 || NOT_IN_NAMES.test(c)) || (classes?.length ?? 0) > MOST_CLASSES) {
    faults.classes = `Write classes as their pupils’ form or group stands, with semicolons between, ${MOST_CLASSES} at most`;
  }

  if (!kind || yearGroup === undefined || Object.keys(faults).length > 0) return { faults };
  const taught = kind === 'staff' && classes ? { classes } : {};
  return { person: { username, displayName, kind, yearGroup, groupName, email, ...taught } };
}

/** Not asked stays undefined: a file without that column leaves it as it is. */
const optional = (text: string | undefined) => (text === undefined ? undefined : text.trim() || null);

/** `8`, `Year 8`, `Y8`, `Yr 08`, `R`, `Reception`; null for nothing, undefined for what is none of these. */
function readYear(text: string): number | null | undefined {
  const t = text.trim().toLowerCase();
  if (t === '') return null;
  if (t === 'r' || t === 'reception') return 0;
  const m = /^(?:y|yr|year)?\.? ?(\d{1,2})$/.exec(t);
  const year = Number(m?.[1]);
  return m && year <= 14 ? year : undefined;
}
