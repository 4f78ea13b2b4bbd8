import { loadTaxonomy } from '#filter/index.ts';
import { CONTROLS, type PolicyDocument, ROLE_IDS } from '#policy/index.ts';
import { sayKey } from '#policy/say.ts';
import { ClauseId, Role } from '#policy/shapes.ts';
import type { FormWords, Option, Schema } from './form/shape.ts';

/** Keys and values that need other words than their own, as the forms ask for them. */
const LABELS: Readonly<Record<string, string>> = {
  '~none': 'None',
  '~days+from+to+term': 'By the clock',
  '~slots+days+term': 'By the timetable',
  '~every+times': 'It comes round',
  '~every': 'It comes round',
  '~after+within': 'It follows an event',
  '~minutes': 'Within a time',
  '~system+withinDays': 'Also in another system',
  '~megabytesAnHour+kilobitsASecond+unconfirmed': 'So much an hour, then slowly',
  to: 'Goes to, or until',
  from: 'From',
  term: 'In term time only',
  times: 'Every how many (2: every second)',
  every: 'How often',
  after: 'After what',
  within: 'Within how many minutes (a day is 1440)',
  minutes: 'Minutes (a day is 1440)',
  rows: 'Catalogue rows',
  min: 'At least',
  max: 'At most',
  proposed: 'Still only our proposal',
  clocksProposed: 'Still only our proposal',
  activityProposed: 'Still only our proposal',
  unconfirmed: 'Still to be confirmed',
  undefinedInSource: 'Left open: nobody has said who this is',
  nilReport: 'Report also when there is nothing to tell',
  afterDays: 'Told after so many days',
  keepDays: 'Kept for how many days',
  atEnd: 'At the end of that time',
  two: 'Two people decide',
  inSchool: 'May be brought to school',
  full: 'The whole network',
  internetOnly: 'The internet only',
  none: 'None',
  listEvidence: 'How sure the lists must be',
  safety: 'Safe search and YouTube',
  safeSearch: 'Safe search only',
  youtube: 'YouTube’s restricted mode',
  megabytesAnHour: 'Megabytes an hour',
  kilobitsASecond: 'Kilobits a second beyond that',
};

/** Values that need other words than their own. */
const VALUES: Readonly<Record<string, string>> = {
  FULL: 'The whole network',
  INTERNET_ONLY: 'The internet only',
  NONE: 'No network',
  everyone: 'Everyone',
  system: 'The software itself',
  dsl: 'DSL',
  'ico-fee': 'ICO fee',
  dpia: 'DPIA',
  foi: 'Freedom of information',
  KS1: 'Key stage 1',
  KS2: 'Key stage 2',
  KS3: 'Key stage 3',
  KS4: 'Key stage 4',
  KS5: 'Key stage 5',
  careful: 'Careful: a strong suspicion closes a site',
  usual: 'Usual',
  sure: 'Sure: only what is certain closes a site',
};

const HINTS: Readonly<Record<string, string>> = {
  author: 'A role or a body, never a person’s name.',
  approvedBy: 'Such as “Governing body”.',
  created: 'Such as 2026-09-01.',
  duties: 'What this role does. Write each duty on a line of its own; add as many as your school has.',
  max: 'Empty: no limit.',
  fairUse: 'Holds where a rule forbids unfair use. What goes through the proxy counts, in both directions.',
  kilobitsASecond: 'Over everything that one person has open.',
  listEvidence:
    'Lists err. Careful closes more and is wrong more often; sure closes less. Illegal and dangerous sites are closed alike.',
  safeSearch:
    'Empty: as usual. Pupils, guests and whoever is not signed in always search safely, and engines that cannot be held to it are closed with it.',
  youtube:
    'Empty: as usual. For everybody but staff it is moderate at least, and strict where nobody knows who watches.',
  minLength: 'Characters.',
  words: 'Other words that people use for it, one on each line.',
};

const DAYS = ['', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `lastReviewed` → "Last reviewed" */
export const labelOf = (key: string): string => LABELS[key] ?? capital(sayKey(key));

const choiceOf = (value: string): string => VALUES[value] ?? capital(sayKey(value));

/** Never typed by people: ties to the catalogue, what only lint reads, and the day that approval itself fills in. */
const KEPT: ReadonlySet<string> = new Set(['rows', 'says', 'format', 'approvedOn']);

/** Words and choices of one document. `made`: the entry exists, so its id stands. */
export function wordsOf(doc: PolicyDocument, made: boolean): FormWords {
  const roles = doc.roles.map((r): Option => ({ value: r.id, text: r.title }));
  const free = ROLE_IDS.flatMap((id) => (doc.roles.some((r) => r.id === id) ? [] : { value: id, text: choiceOf(id) }));
  const clauses = doc.clauses.map((c): Option => ({ value: c.id, text: `${c.number} ${short(c.text)}` }));
  const documents = doc.documents.map((d): Option => ({ value: d.id, text: d.title }));
  const lists: Readonly<Record<string, readonly Option[]>> = {
    documents,
    document: documents,
    procedure: documents,
    references: doc.references.map((r) => ({ value: r.id, text: r.title })),
    controls: CONTROLS.map((c) => ({ value: c.id, text: c.name, hint: c.does })),
    roles,
    categories: loadTaxonomy().categories.map((c) => ({ value: c.id, text: c.name, hint: c.about })),
    days: DAYS.slice(1).map((text, i) => ({ value: String(i + 1), text })),
    classes: [
      { value: 'upper', text: 'A capital letter' },
      { value: 'lower', text: 'A small letter' },
      { value: 'digit', text: 'A digit' },
      { value: 'symbol', text: 'Another character' },
    ],
  };
  const isDays = (s: Schema): boolean => (s.items as { maximum?: number } | undefined)?.maximum === 7;
  return {
    label: labelOf,
    value: choiceOf,
    hint: (key, schema) =>
      key === 'id' && schema.description
        ? `${capital(schema.description)}. The software knows it by this, and it cannot be changed later.`
        : HINTS[key],
    keeps: (schema, key) => KEPT.has(key) || (made && key === 'id') || schema.patternProperties !== undefined,
    options: (schema, key) => {
      if (schema.enum !== undefined && schema.enum === (Role as Schema).enum) {
        // A new role is one that the document does not have yet.
        return key === 'id' ? free : roles;
      }
      if (schema.pattern !== undefined && schema.pattern === (ClauseId as Schema).pattern) return clauses;
      if (key === 'days') return isDays(schema) ? (lists.days ?? null) : null;
      if (key === 'classes' && schema.items?.properties) return null;
      const plain = schema.type === 'array' ? !schema.items?.properties : schema.type === 'string';
      return plain ? (lists[key] ?? null) : null;
    },
  };
}

/** The start of a text, for a choice. */
export const short = (text: string): string => (text.length > 70 ? `${text.slice(0, 69).trimEnd()}…` : text);
