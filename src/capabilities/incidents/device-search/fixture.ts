import assert from 'node:assert/strict';
import { MINUTE } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { TestDatabase } from '#testing/database.ts';
import { type TestSchool, testSchool } from '#testing/web.ts';
import type { Room } from '#web/index.ts';
import { searchLinks } from '../index.ts';
import { authorise } from './authorised.service.ts';
import { deviceSearchNav, deviceSearchRoutes } from './index.ts';
import type { SearchAction, Typed } from './search.facts.ts';
import type { SearchLinks } from './search.links.ts';
import { type Step, startSearch, takeStep } from './search.service.ts';
import { findSearch, type Search } from './search.store.ts';

/** For this folder's tests: the room's own links to cases, and what was asked of them, in order. */
export interface Linked {
  readonly links: SearchLinks;
  readonly opened: { readonly kind: string; readonly urgent: boolean; readonly id: string }[];
  readonly sealed: string[];
}

function linksOf(s: TestSchool): Linked {
  const opened: Linked['opened'] = [];
  const sealed: string[] = [];
  const real = searchLinks(s.deps);
  const links: SearchLinks = {
    openCase: async (tx, by, concern) => {
      const id = await real.openCase(tx, by, concern);
      opened.push({ kind: concern.kind, urgent: concern.urgent, id });
      return id;
    },
    suspectImagery: async (tx, by, id) => {
      await real.suspectImagery(tx, by, id);
      sealed.push(id);
    },
  };
  return { links, opened, sealed };
}

export interface SearchSchool {
  readonly s: TestSchool;
  readonly linked: Linked;
  readonly room: Room;
  start(by?: Searcher, typed?: Typed): Promise<string>;
  take(by: keyof TestSchool['people'], reference: string, action: Step, typed?: Typed): Promise<string>;
  /** Somebody else's: one search that is locked keeps others of the same pupil from being begun. */
  pupil(): Promise<string>;
  /** A search of another pupil at this place. */
  fresh(
    place: Place,
    more?: { readonly start?: Typed; readonly ground?: Typed; readonly examine?: Typed },
  ): Promise<string>;
  /** The search as the deputy DSL, or somebody else, reads it. */
  read(reference: string, by?: keyof TestSchool['people']): Promise<Search>;
  mailTo(person: string): Promise<{ subject: string; body: string }[]>;
  /** Go on to this place by the shortest way, as the teacher who began it. */
  at(
    place: Place,
    more?: { readonly start?: Typed; readonly ground?: Typed; readonly examine?: Typed },
  ): Promise<string>;
}
type Searcher = 'teacher' | 'head';
export type Place =
  | 'grounds'
  | 'advice'
  | 'ready'
  | 'searched'
  | 'confiscated'
  | 'examined'
  | 'returned'
  | 'deleted'
  | 'police'
  | 'dsl-decision'
  | 'called-off';

/** A school whose principal has authorised the teacher. */
export async function searchSchool(
  t: TestDatabase,
  policy: 'secondary-school' | 'tuition-centre' = 'secondary-school',
): Promise<SearchSchool> {
  const s = await testSchool(t, { policy });
  const linked = linksOf(s);
  if (policy === 'secondary-school') await authorised(s, 'teacher');
  const start: SearchSchool['start'] = (by = 'teacher', typed = {}) =>
    startSearch(s.deps, s.people[by].viewer, { ...fine(s, 'start'), ...typed });
  const take: SearchSchool['take'] = (by, reference, action, typed) =>
    takeStep(s.deps, linked.links, s.people[by].viewer, reference, action, { ...fine(s, action), ...typed });
  const WAYS: Readonly<Record<Place, readonly Step[]>> = {
    grounds: ['ground'],
    advice: ['ground', 'advise'],
    ready: ['ground', 'explain', 'cooperate'],
    searched: ['ground', 'explain', 'cooperate', 'search'],
    confiscated: ['ground', 'explain', 'cooperate', 'search', 'confiscate'],
    examined: ['ground', 'explain', 'cooperate', 'search', 'confiscate', 'examine'],
    returned: ['ground', 'explain', 'cooperate', 'search', 'return'],
    deleted: [
      'ground',
      'explain',
      'cooperate',
      'search',
      'confiscate',
      'examine',
      'finding',
      'evidence',
      'consider',
      'respond',
      'delete',
    ],
    police: ['ground', 'explain', 'cooperate', 'search', 'confiscate', 'hand-over'],
    'dsl-decision': ['suspect'],
    'called-off': ['call-off'],
  };
  const at: SearchSchool['at'] = async (place, more = {}) => {
    const reference = await start('teacher', more.start);
    for (const step of WAYS[place]) {
      await take('teacher', reference, step, {
        ...(step === 'ground' && more.ground),
        ...(step === 'examine' && more.examine),
      });
    }
    return reference;
  };
  let pupils = 0;
  const pupil: SearchSchool['pupil'] = async () => {
    const id = newId(s.clock.now());
    await t.asOwner(
      `insert into person (id, school_id, username, display_name, kind, year_group, joined_on) values ($1, $2, $3, $4, 'pupil', 9, '2025-09-01')`,
      [id, s.id, `pupil.${++pupils}`, `Pupil Number${pupils}`],
    );
    return id;
  };
  const fresh: SearchSchool['fresh'] = async (place, more = {}) =>
    at(place, { ...more, start: { pupil: await pupil(), ...more.start } });
  const read: SearchSchool['read'] = async (reference, by = 'dslDeputy') => {
    const found = await s.deps.db.in(s.people[by].context, (tx) => findSearch(tx, reference));
    assert.ok(found, `${by} reads ${reference}`);
    return found;
  };
  const mailTo: SearchSchool['mailTo'] = (person) =>
    t.asOwner<{ subject: string; body: string }>('select subject, body from mail where recipient = $1 order by id', [
      person,
    ]);
  const room: Room = {
    name: 'device-search',
    routes: (app) => deviceSearchRoutes(app, s.deps, linked.links),
    navFor: (viewer) => deviceSearchNav(s.deps, viewer),
  };
  return { s, linked, room, start, take, at, pupil, fresh, read, mailTo };
}

export const authorised = (s: TestSchool, part: keyof TestSchool['people'], until = ''): Promise<void> =>
  authorise(s.deps, s.people.head.viewer, {
    person: s.people[part].id,
    from: '2026-11-03',
    until,
    because: 'Trained in September.',
  });

/** A form in good order for each step; a test changes what it is about. */
export function fine(s: TestSchool, action: SearchAction): Typed {
  const { year8, dsl, teacher, staff, year7 } = s.people;
  const FORMS: Readonly<Partial<Record<SearchAction, Typed>>> = {
    start: {
      pupil: year8.id,
      device: 'Black phone, blue case',
      urgent: 'yes',
      why: 'Another pupil is in tears over a film.',
      risk: 'The pupil who was filmed is at risk.',
    },
    reassess: { urgent: 'no', why: 'Everybody has calmed down.', risk: 'Nobody is at risk just now.' },
    ground: { ground: 'risk', facts: 'Two pupils say they were filmed with it.' },
    advise: { adviser: dsl.id, advice: 'Go ahead, with a colleague there.' },
    explain: { explained: 'yes', questions: 'Whether it comes back today.' },
    cooperate: { cooperated: 'yes', after: 'Took it out of the bag.' },
    search: { found: 'The bag; the phone was in it.' },
    confiscate: {
      item: 'Black phone, cracked corner',
      place: 'Safe in the main office',
      seal: 'B-0041',
      holder: teacher.id,
      when: '',
    },
    examine: { reason: 'harm', facts: 'A pupil named in a message is frightened.', evidence: '' },
    finding: { finding: 'unsuitable', what: 'A film of another pupil.' },
    evidence: { evidence: 'no', why: 'It is unkind and no offence.' },
    consider: { atRisk: 'yes', considered: 'The DSL speaks with the pupil who was filmed.' },
    respond: { response: 'behaviour', second: dsl.id, why: 'It fits the behaviour policy.' },
    refusal: { who: 'pupil', when: '', text: 'Would not delete it when asked.' },
    delete: {
      basis: 'harm',
      exceptional: 'It would be sent on tonight.',
      what: 'One film.',
      witness: staff.id,
      noCopy: 'yes',
    },
    'hand-over': {
      item: 'The phone, switched off, in its bag.',
      officer: 'PC 4711',
      force: 'Exampleshire Police',
      policeReference: 'EX/2026/17',
      when: '',
    },
    return: { to: 'His mother', when: '' },
    move: { from: teacher.id, holder: dsl.id, place: 'DSL’s cupboard', seal: 'B-0041', when: '' },
    decide: {
      decision: 'police',
      why: 'The guidance asks for it here.',
      'edition-searching-screening': '2022',
      'edition-ukcis-nudes': '2024',
    },
    'bring-in': { person: staff.id },
    involve: { person: year7.id },
    note: { text: 'His mother was rung.' },
    'call-off': { text: 'He handed it in himself.' },
  };
  return FORMS[action] ?? {};
}

/** Somebody who is not in the school's cast. */
export async function another(t: TestDatabase, s: TestSchool, name: string, role?: 'dsl' | 'head'): Promise<string> {
  const id = newId(s.clock.now());
  const username = name.toLowerCase().replace(' ', '.');
  await t.asOwner(
    `insert into person (id, school_id, username, display_name, kind, email, joined_on) values ($1, $2, $3, $4, 'staff', $5, '2025-09-01')`,
    [id, s.id, username, name, `${username}@${s.slug}.example`],
  );
  if (role) {
    await t.asOwner(
      `insert into role_holding (school_id, person_id, role, rank, from_at) values ($1, $2, $3, 'deputy', $4)`,
      [s.id, id, role, new Date(s.clock.now() - MINUTE)],
    );
  }
  return id;
}

/** For `assert.rejects`: a refusal with this code. */
export const code = (expected: string | RegExp) => (e: unknown) => {
  assert.ok(e instanceof Refusal, String(e));
  if (typeof expected === 'string') assert.equal(e.code, expected);
  else assert.match(e.code, expected);
  return true;
};
