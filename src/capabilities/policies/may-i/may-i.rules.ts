import type { PersonKind, SlotKind, ZoneKind } from '#policy/index.ts';
import { normalise } from './plain.ts';
import { topicOf } from './topic.ts';
import type { Vocabulary } from './vocabulary.ts';

/** A question in its parts, as the page's drop-downs hold them; empty where nothing is said. */
export interface Asked {
  /** `action:…`, `category:…` or `device:…`. */
  readonly what: string;
  /** `me`, `any:pupil`, or a profile. */
  readonly who: string;
  /** `now`, a kind of slot, or `at` with day and time. */
  readonly when: string;
  readonly day: string;
  readonly time: string;
  readonly zone: string;
  readonly equipment: string;
}
export const NOTHING: Asked = { what: '', who: '', when: '', day: '', time: '', zone: '', equipment: '' };

const LONGEST = 300;

/** What a question in plain words asks. Total: whatever is not understood stays empty, and nothing is guessed. */
export function parseQuestion(text: string, vocabulary: Vocabulary): Asked {
  const normal = normalise(text.slice(0, LONGEST));
  const subject = subjectOf(normal, vocabulary);
  // Who asks is not what is asked: "may a pupil use a messenger" is no question about messages to pupils.
  const topical = subject ? `${normal.slice(0, subject.from)} ${normal.slice(subject.to)}`.replace(/ +/g, ' ') : normal;
  const who = subject?.who ?? '';
  const rest = CIRCUMSTANCES.reduce((text, pattern) => text.replace(pattern, ' '), topical);
  const circumstances = {
    ...whenOf(normal, vocabulary),
    zone: zoneOf(normal, vocabulary),
    equipment: equipmentOf(topical),
  };
  const conditional = Boolean(circumstances.when || circumstances.zone);
  const what = deviceOf(normal, who, vocabulary) ?? topicOf(rest, normal, who, conditional, vocabulary) ?? '';
  return { who, what, ...circumstances };
}

interface Subject {
  readonly who: string;
  readonly from: number;
  readonly to: number;
}

const YEARS = [
  'reception',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
];
const PUPIL = '(?:pupils?|students?|child(?:ren)?|kids?|learners?)';
const KINDS: readonly (readonly [RegExp, PersonKind])[] = [
  [
    /\b(?:members? of staff|staff|(?:head ?|class ?)?teachers?|teaching assistants?|heads?|tutors?|employees?|dsl|technicians?)\b/g,
    'staff',
  ],
  [/\bgovernors?\b/g, 'governor'],
  [/\b(?:parents?|carers?|mothers?|fathers?|mums?|dads?)\b/g, 'parent'],
  [/\b(?:visitors?|guests?)\b/g, 'visitor'],
  [/\bvolunteers?\b/g, 'volunteer'],
];

/** Of all people that the question names, the first: it is they who may or may not. */
function subjectOf(text: string, { groups, whoIs, anybody }: Vocabulary): Subject | null {
  const found: Subject[] = [];
  const find = (pattern: RegExp, who: (match: RegExpMatchArray) => string) => {
    for (const m of text.matchAll(pattern)) found.push({ who: who(m), from: m.index, to: m.index + m[0].length });
  };
  find(new RegExp(`\\b(?:year|yr|y) ?(\\d{1,2}|${YEARS.join('|')})s?\\b(?: ${PUPIL})?`, 'g'), ([, year = '']) =>
    whoIs('pupil', /\d/.test(year) ? Number(year) : YEARS.indexOf(year)),
  );
  find(new RegExp(`\\bsixth ?form(?:ers?)?\\b(?: ${PUPIL})?`, 'g'), () => whoIs('pupil', 12));
  find(new RegExp(`\\breception ${PUPIL}`, 'g'), () => whoIs('pupil', 0));
  find(new RegExp(`\\b(?:my )?(?:${PUPIL}|sons?|daughters?)\\b`, 'g'), () => anybody('pupil'));
  for (const [pattern, kind] of KINDS) find(pattern, () => whoIs(kind));
  for (const { words, who } of groups) {
    if (!words) continue;
    const singular = words.endsWith('s') ? words.slice(0, -1) : words;
    find(new RegExp(`\\b${singular}s?\\b`, 'g'), () => who);
  }
  find(/\b(?:i|we)\b/g, () => 'me');
  const [first] = found.sort((a, b) => a.from - b.from || b.to - a.to);
  return first ?? null;
}

const SLOTS: readonly (readonly [RegExp, SlotKind])[] = [
  [/\b(?:tutor|form|registration)(?: ?time| ?period)\b|\b(?:in|at|during) registration\b/, 'tutor-time'],
  [/\b(?:lunch|dinner) ?(?:time|break|hour)?\b|\bover lunch\b/, 'lunch'],
  [
    /\b(?:break ?times?|play ?time|recess|social ?time|(?:morning|afternoon) break)\b|\b(?:at|in|during) (?:the )?breaks?\b/,
    'break',
  ],
  [
    /\b(?:in|during|at) (?:an? |the |my |their )?(?:after school |before school |\w+ )?(?:clubs?|school activit(?:y|ies))\b|\b(?:after|before) school clubs?\b/,
    'club',
  ],
  [
    /\b(?:in|during|at) (?:an? |the |my |our |their |his |her |every )?(?:\w+ )?(?:lessons?|class(?:es)?)\b|\bwhile (?:i am |we are )?(?:being taught|in lessons?)\b/,
    'lesson',
  ],
];
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

function whenOf(text: string, { today }: Vocabulary): Pick<Asked, 'when' | 'day' | 'time'> {
  const named = DAYS.findIndex((d) => new RegExp(`\\b${d}s?\\b`).test(text)) + 1;
  const day = named || (/\btomorrow\b/.test(text) ? (today % 7) + 1 : /\btoday\b/.test(text) ? today : 0);
  const time = timeOf(text);
  if (time) return { when: 'at', day: String(day || today), time };
  const slot = SLOTS.find(([pattern]) => pattern.test(text))?.[1];
  if (slot) return { when: slot, day: day ? String(day) : '', time: '' };
  const now = /\b(?:now|at the moment)\b/.test(text);
  return { when: now ? 'now' : '', day: day ? String(day) : '', time: '' };
}

/** "12:20", "3 pm", "midday": the time of day as HH:MM. */
function timeOf(text: string): string | null {
  if (/\b(?:noon|midday)\b/.test(text)) return '12:00';
  const m = /\b(\d{1,2}):(\d{2}) ?(am|pm)?\b/.exec(text) ?? /\b(\d{1,2})() ?(am|pm)\b/.exec(text);
  if (!m) return null;
  const [, hour = '', minute, half] = m;
  const hours =
    Number(hour) + (half === 'pm' && Number(hour) < 12 ? 12 : half === 'am' && Number(hour) === 12 ? -12 : 0);
  const time = `${String(hours).padStart(2, '0')}:${minute || '00'}`;
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(time) ? time : null;
}

const ZONES: readonly (readonly [RegExp, ZoneKind])[] = [
  [
    /\b(?:off ?site|at home|from home|away from (?:the )?(?:school|centre|site)|out(?:side)? of school|outside school|on (?:a|the) (?:school )?trip)\b/,
    'off-site',
  ],
  [
    /\b(?:outside|outdoors|out of doors|in the (?:playground|yard|grounds|garden)|on the (?:field|playground|grounds))\b(?! school)/,
    'outside',
  ],
  [
    /\b(?:inside|indoors|in the (?:main |school )?building|in the (?:corridors?|canteen|hall|library|dining (?:hall|room)))\b/,
    'main-building',
  ],
];

function zoneOf(text: string, { zones }: Vocabulary): string {
  const named = zones.find(({ name }) => {
    const words = normalise(name);
    return words !== '' && ` ${text} `.includes(` ${words} `);
  });
  return named?.kind ?? ZONES.find(([pattern]) => pattern.test(text))?.[1] ?? '';
}

const THING =
  '(?:mobile |smart ?)?(?:phones?|mobiles?|devices?|laptops?|tablets?|cameras?|watch(?:es)?|computers?|equipment|smartphones?)';
const SCHOOLS = new RegExp(`\\b(?:school|centre|college)s?(?: owned| shared| lent| loan)? ${THING}\\b`);
const BY_SCHOOLS = new RegExp(`\\b(?:with|on|using|by) (?:an? |the |their )?${SCHOOLS.source.slice(2)}`);
const OWN = new RegExp(`\\b(?:own|personal|private|personally owned) (?:\\w+ )?${THING}\\b`);

/** What is said of when, where and with what says nothing of what is done. */
const CIRCUMSTANCES = [...[...SLOTS, ...ZONES].map(([pattern]) => pattern), BY_SCHOOLS];

function equipmentOf(text: string): string {
  if (SCHOOLS.test(text)) return 'school';
  return OWN.test(text) ? 'personal' : '';
}

const NETWORK =
  /\b(?<!social )(?:networks?|wifi|online|connect(?:ed)?|internet)\b(?! (?:sites?|friends?|games?|shop\w*|gam\w+))/;
const DEVICE = new RegExp(`\\b${THING}\\b`);
const OWNED_BY = { pupil: 'child', staff: 'staff', guest: 'visitor' } as const;

/** "May a visitor’s laptop use the network?": a question about a class of device. */
function deviceOf(text: string, who: string, { devices, audienceOf, me }: Vocabulary): string | null {
  if (!NETWORK.test(text) || !DEVICE.test(text)) return null;
  const audience = (who && who !== 'me' ? audienceOf(who) : me) ?? 'pupil';
  const scheme = /\bscheme\b/.test(text);
  const ownership = scheme ? 'scheme' : SCHOOLS.test(text) ? 'school' : OWNED_BY[audience];
  const shared = /\bshared\b/.test(text);
  const all = devices.filter((d) => d.ownership === ownership);
  const device = all.find((d) => d.shared === shared) ?? all[0];
  return device ? `device:${device.id}` : null;
}
