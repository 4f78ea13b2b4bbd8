import { sql } from 'kysely';
import { newId } from '#core/ids.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { PersonKind, RoleId } from '#policy/index.ts';
import { assignRole, setPassword } from '#rooms/identity/index.ts';
import type { Viewer } from '#web/index.ts';
import { nameOf } from './names.ts';

export interface DemoPerson {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly kind: PersonKind;
  readonly yearGroup: number | null;
  readonly groupName: string | null;
  readonly email: string | null;
}

/** One password for every account that can sign in: it is a demonstration, and is printed at its start. */
export const DEMO_PASSWORD = 'Lantern-Gate-24';

/** Who can sign in: a person of every role, under a name that says which. */
const CAST: readonly {
  readonly username: string;
  readonly title: string;
  readonly kind: PersonKind;
  readonly roles?: readonly (readonly [RoleId, 'holder' | 'deputy'])[];
  readonly year?: number;
}[] = [
  { username: 'demo-dsl', title: 'Designated safeguarding lead', kind: 'staff', roles: [['dsl', 'holder']] },
  {
    username: 'demo-deputy',
    title: 'Deputy safeguarding lead',
    kind: 'staff',
    roles: [
      ['dsl', 'deputy'],
      ['teacher', 'holder'],
      ['nominated-person', 'holder'],
    ],
  },
  { username: 'demo-head', title: 'Head', kind: 'staff', roles: [['head', 'holder']] },
  {
    username: 'demo-ict',
    title: 'ICT manager',
    kind: 'staff',
    roles: [
      ['ict-manager', 'holder'],
      ['filter-approver', 'holder'],
    ],
  },
  {
    username: 'demo-administrator',
    title: 'Administrator',
    kind: 'staff',
    roles: [
      ['administrator', 'holder'],
      ['ict-manager', 'deputy'],
    ],
  },
  {
    username: 'demo-approver',
    title: 'Filter approver',
    kind: 'staff',
    roles: [
      ['filter-approver', 'holder'],
      ['head', 'deputy'],
    ],
  },
  {
    username: 'demo-teacher',
    title: 'Teacher, subject lead for computing',
    kind: 'staff',
    roles: [
      ['teacher', 'holder'],
      ['subject-lead', 'holder'],
      ['nominated-person', 'deputy'],
    ],
  },
  {
    username: 'demo-staff',
    title: 'Support staff, data protection officer',
    kind: 'staff',
    roles: [['data-protection-officer', 'holder']],
  },
  {
    username: 'demo-lead-governor',
    title: 'Lead governor for safeguarding',
    kind: 'governor',
    roles: [['lead-governor', 'holder']],
  },
  { username: 'demo-governor', title: 'Governor', kind: 'governor' },
  { username: 'demo-parent', title: 'Parent', kind: 'parent' },
  { username: 'demo-pupil', title: 'Pupil, Year 8', kind: 'pupil', year: 8 },
  { username: 'demo-sixth-former', title: 'Sixth-former, Year 12', kind: 'pupil', year: 12 },
];

export const titleOf = (username: string): string => CAST.find((c) => c.username === username)?.title ?? username;

/** How many there are of each kind, the cast among them. */
const YEARS: Readonly<Record<number, number>> = { 7: 205, 8: 205, 9: 200, 10: 195, 11: 195, 12: 105, 13: 95 };
const COUNTS: Readonly<Partial<Record<PersonKind, number>>> = { staff: 90, parent: 60, governor: 8 };
/** The leaders are no class teachers. */
const TEACHERS = { from: 12, to: 74 };
const TUTOR_GROUPS = 'ABCDEFGH';

export interface DemoPeople {
  readonly all: readonly DemoPerson[];
  /** The people of the cast, by username without `demo-`. */
  readonly viewers: Readonly<Record<string, Viewer>>;
  readonly signIns: readonly { role: string; name: string; username: string; password: string }[];
}

/** Who plays this part of the cast. */
export function cast(viewers: DemoPeople['viewers'], part: string): Viewer {
  const viewer = viewers[part];
  if (!viewer) throw new Error(`nobody plays ${part}`);
  return viewer;
}

/** Everyone is written in bulk, with a password that is none and opens nothing; only the cast gets a password and roles, as real people would. */
export async function seedPeople(tx: Tx, deps: Deps, school: Viewer['school']): Promise<DemoPeople> {
  const all = roll(deps.clock.now());
  for (let at = 0; at < all.length; at += 500) {
    await tx
      .insertInto('person')
      .values(
        all.slice(at, at + 500).map((p) => ({
          id: p.id,
          school_id: school.id,
          username: p.username,
          display_name: p.displayName,
          kind: p.kind,
          year_group: p.yearGroup,
          group_name: p.groupName,
          email: p.email,
        })),
      )
      .execute();
  }
  const cast = new Set(CAST.map((c) => c.username));
  await sql`insert into credential (school_id, person_id, password_hash, must_change)
    select school_id, id, '!', false from person where username <> all(${[...cast]}::text[])`.execute(tx);
  const by = systemContext(school.id);
  const viewers: Record<string, Viewer> = {};
  const signIns = [];
  for (const member of CAST) {
    const person = all.find((p) => p.username === member.username);
    if (!person) continue;
    await setPassword(tx, deps, by, { person: person.id, password: DEMO_PASSWORD });
    for (const [role, rank] of member.roles ?? []) await assignRole(tx, deps, by, { person: person.id, role, rank });
    viewers[member.username.replace('demo-', '')] = viewerFor(school, person, member.roles ?? []);
    signIns.push({ role: member.title, name: person.displayName, username: person.username, password: DEMO_PASSWORD });
  }
  const teachers = all.filter((p) => p.kind === 'staff').slice(TEACHERS.from, TEACHERS.to);
  await tx
    .insertInto('role_holding')
    .values(
      teachers.map((p) => ({
        school_id: school.id,
        person_id: p.id,
        role: 'teacher',
        rank: 'holder' as const,
        assigned_by: null,
        ended_by: null,
      })),
    )
    .execute();
  return { all, viewers, signIns };
}

const viewerFor = (
  school: Viewer['school'],
  { id, username, displayName, kind, yearGroup }: DemoPerson,
  roles: readonly (readonly [RoleId, string])[],
): Viewer => ({
  school,
  person: { id, username, displayName, kind, yearGroup },
  duties: [...new Set([kind, ...roles.map(([role]) => role)])],
  csrf: '',
  mustChange: false,
});

/** The whole roll: the cast first within its kind, the others by number. */
function roll(now: number): DemoPerson[] {
  let n = 0;
  const make = (kind: PersonKind, username: string | undefined, year: number | null, group: string | null) => {
    const displayName = nameOf(n++);
    const name = username ?? displayName.toLowerCase().replace(' ', '.');
    const email = kind === 'pupil' ? null : `${name}@ashgrove.test`;
    return { id: newId(now), username: name, displayName, kind, yearGroup: year, groupName: group, email };
  };
  const many = (kind: PersonKind, count: number, year: number | null = null) => {
    const cast = CAST.filter((c) => c.kind === kind && (c.year ?? null) === year);
    return Array.from({ length: count }, (_, i) =>
      make(kind, cast[i]?.username, year, year === null ? null : `${year}${TUTOR_GROUPS[i % TUTOR_GROUPS.length]}`),
    );
  };
  return [
    ...Object.entries(COUNTS).flatMap(([kind, count]) => many(kind as PersonKind, count)),
    ...Object.entries(YEARS).flatMap(([year, count]) => many('pupil', count, Number(year))),
  ];
}
