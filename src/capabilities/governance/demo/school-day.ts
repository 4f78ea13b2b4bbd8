import { DAY } from '#core/clock.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { addSlots, addZone, grantUse, readTimetable, writeMoment } from '#rooms/policies/index.ts';
import { contextOf } from '#web/index.ts';
import type { DemoPeople } from './people.ts';

const TIMETABLE = `
  Tutor time, tutor time, Mon-Fri, 08:40, 09:00
  Lesson 1, lesson, Mon-Fri, 09:00, 10:00
  Lesson 2, lesson, Mon-Fri, 10:00, 11:00
  Break, break, Mon-Fri, 11:00, 11:20
  Lesson 3, lesson, Mon-Fri, 11:20, 12:20
  Lunch, lunch, Mon-Fri, 12:20, 13:05
  Lesson 4, lesson, Mon-Fri, 13:05, 14:05
  Lesson 5, lesson, Mon-Fri, 14:05, 15:05
  Clubs, club, Mon-Thu, 15:15, 16:15`;

const ZONES = [
  { name: 'Main building', kind: 'main-building' },
  { name: 'Playground', kind: 'outside' },
  { name: 'Sports field', kind: 'outside' },
  { name: 'Trips and visits', kind: 'off-site' },
] as const;

/** When lessons and breaks are, and where. */
export async function seedSchoolDay(tx: Tx, deps: Deps, by: Context): Promise<void> {
  await addSlots(tx, deps, by, readTimetable(TIMETABLE).slots);
  const { id } = await tx.selectFrom('site').select('id').executeTakeFirstOrThrow();
  for (const zone of ZONES) await addZone(tx, deps, by, id, zone);
}

/** What was given to whom a fortnight ago: some of it still stands, some has ended by itself. */
const GRANTS = [
  {
    by: 'teacher',
    rule: 'COM-08',
    audience: 'pupil',
    to: 'sixth-former',
    purpose: 'Running the charity week group',
    days: 40,
  },
  { by: 'teacher', rule: 'COM-10', audience: 'pupil', to: 'pupil', purpose: 'A diary of the allotment', days: 9 },
  {
    by: 'dsl',
    rule: 'COM-09',
    audience: 'staff',
    to: 'staff',
    purpose: 'Looks after the school’s own pages',
    days: null,
  },
  {
    by: 'teacher',
    rule: 'COM-05',
    audience: 'pupil',
    group: 'group:8A',
    purpose: 'Tablets for the weather project',
    days: 30,
  },
] as const;

export async function seedPermissions(tx: Tx, deps: Deps, { viewers }: DemoPeople, timeZone: string): Promise<void> {
  for (const { by, rule, audience, purpose, days, ...whom } of GRANTS) {
    const giver = viewers[by];
    const person = 'to' in whom ? viewers[whom.to]?.person.id : undefined;
    if (!giver || ('to' in whom && !person)) throw new Error(`the demonstration lacks ${by} or whom they name`);
    const until = days === null ? '' : writeMoment(deps.clock.now() + days * DAY, timeZone);
    const group = 'group' in whom ? whom.group : '';
    const input = { rule, audience, people: person ? [person] : [], group, purpose, from: '', until };
    await grantUse(tx, deps, contextOf(giver), input);
  }
}
