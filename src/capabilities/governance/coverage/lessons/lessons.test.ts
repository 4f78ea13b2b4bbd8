import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, HOUR } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { identityRoom } from '#rooms/identity/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import {
  everyRouteDenies,
  type Pages,
  type Part,
  pagesFor,
  type TestPerson,
  type TestSchool,
  testSchool,
} from '#testing/web.ts';
import { lessonsRoutes } from './lessons.routes.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
let other: TestPerson;
before(async () => {
  t = await testDatabase();
  school = await testSchool(t, { policy: 'secondary-school' });
  const { deps } = school;
  const room = { name: 'governance', routes: (app: Parameters<typeof lessonsRoutes>[0]) => lessonsRoutes(app, deps) };
  pages = await pagesFor(deps, identityRoom(deps), room);
  await t.asOwner(`update person set group_name = '8B' where id = $1`, [school.people.year8.id]);
  await t.asOwner(`update person set group_name = '7A' where id = $1`, [school.people.year7.id]);
  const id = newId();
  await t.asOwner(
    `insert into person (id, school_id, username, display_name, kind, joined_on) values ($1, $2, 'other.parent', 'Olu Parent', 'parent', '2025-09-01')`,
    [id, school.id],
  );
  const { viewer } = school.people.parent;
  const own = { ...viewer, person: { ...viewer.person, id, displayName: 'Olu Parent' }, csrf: `csrf-${id}` };
  other = {
    ...school.people.parent,
    id,
    username: 'other.parent',
    viewer: own,
    context: { ...school.people.parent.context, person: id },
  };
  await lesson('AAAAAA', 'only-these', 'class', '8B', [], 'posters.example');
  await lesson('BBBBBB', 'only-these', 'class', '7A', [], 'rivers.example');
  await lesson('CCCCCC', 'only-these', 'people', null, [school.people.year7.id], 'solo.example');
  await lesson('DDDDDD', 'only-these', 'year', '8', [], 'stars.example', 40);
});
after(async () => {
  await pages.close();
  await t.drop();
});

/** A lesson's list as `filtering` keeps it, agreed, with each site looked at by the teacher. */
async function lesson(
  reference: string,
  kind: string,
  scope: string,
  value: string | null,
  people: string[],
  host: string,
  ago = 0,
) {
  const id = newId();
  const now = school.clock.now() - ago * DAY;
  const teacher = school.people.teacher.id;
  const at = new Date(now);
  await t.asOwner(
    `insert into filter_change (id, school_id, reference, kind, requested_by, created_at, topic, purpose, scope_kind, scope_value, scope_people, from_at, until_at)
     values ($1, $2, $3, $4, $5, $6, $7, 'Only staff read why this is so.', $8, $9, $10, $11, $12)`,
    [
      id,
      school.id,
      reference,
      kind,
      teacher,
      at,
      `Topic ${reference}`,
      scope,
      value,
      people,
      new Date(now + HOUR),
      new Date(now + 2 * HOUR),
    ],
  );
  await t.asOwner(
    `insert into filter_change_site (change_id, host, school_id, position, seen) values ($1, $2, $3, 0, '{}')`,
    [id, host, school.id],
  );
  await t.asOwner(
    `insert into filter_site_check (school_id, change_id, host, by_person, at) values ($1, $2, $3, $4, $5)`,
    [school.id, id, host, teacher, at],
  );
  await t.asOwner(
    `insert into filter_change_step (change_id, number, school_id, action, to_state, by_person, at) values ($1, 1, $2, 'restrict', 'approved', $3, $4)`,
    [id, school.id, teacher, at],
  );
}

const as = (part: Part) => pages.as(school.people[part]);
const mine = async (person: TestPerson = school.people.parent) =>
  (await pages.as(person).get('/children')).body.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

test('PAR-08 only parents read of their children, only staff write, only those who keep accounts link', async () => {
  assert.ok((await everyRouteDenies(pages, school)) > 20);
  for (const part of Object.keys(school.people) as Part[]) {
    const { viewer } = school.people[part];
    assert.equal((await as(part).get('/children')).statusCode, viewer.person.kind === 'parent' ? 200 : 403, part);
    assert.equal((await as(part).get('/lessons')).statusCode, viewer.person.kind === 'staff' ? 200 : 403, part);
    const links = ['administrator', 'ictManager'].includes(part);
    assert.equal((await as(part).post('/people/parents', { pairs: '' })).statusCode, links ? 400 : 403, part);
  }
});

test('PAR-08 a parent reads nothing until a child is linked, and both kinds of account are checked', async () => {
  assert.match(await mine(), /No child is linked to your account yet/);
  const link = (pairs: string) => as('administrator').post('/people/parents', { pairs });
  for (const [pairs, why] of [
    ['pat.rowan', /write the parent’s username, a comma, and the child’s/],
    ['pat.rowan, theo.wren', /“theo.wren” is not a pupil’s account/],
    ['zed.pupil, yara.pupil', /“zed.pupil” is not a parent’s account/],
    ['pat.rowan, nobody.here', /nobody here has the username “nobody.here”/],
    ['pat.rowan, zed.pupil\npat.rowan, theo.wren', /Line 2/],
  ] as const) {
    const refused = await link(pairs);
    assert.equal(refused.statusCode, 400, pairs);
    assert.match(refused.body.replaceAll('&#39;', "'"), why);
  }
  assert.match(await mine(), /No child is linked/, 'all or nothing');
  const insert = (parent: Part, child: Part) =>
    t.db.in(school.people.administrator.context, (tx) =>
      tx
        .insertInto('parent_link')
        .values({
          school_id: school.id,
          parent_id: school.people[parent].id,
          child_id: school.people[child].id,
          linked_by: school.people.administrator.id,
          linked_at: new Date(),
        })
        .execute(),
    );
  await assert.rejects(insert('staff', 'year8'), /a parent and a pupil/);
  await assert.rejects(insert('parent', 'staff'), /a parent and a pupil/);
  assert.equal((await link('parent;child\n"Pat.Rowan"\tzed.pupil\n\nother.parent, yara.pupil')).statusCode, 303);
  assert.match((await as('dsl').get('/people/parents?q=zed')).body, /Zed Pupil[\s\S]*Pat Rowan/);
  assert.doesNotMatch((await as('dsl').get('/people/parents?q=zed')).body, /Olu Parent/);
});

test('PAR-08 FIL-17 a parent reads the sites of their own child’s class with checker and date, and of no other child', async () => {
  const text = await mine();
  assert.match(text, /Zed Pupil Year 8, 8B/);
  assert.match(text, /Topic AAAAAA Theo Wren[\s\S]*posters\.example looked at by Theo Wren on 3 Nov 2026/);
  for (const foreign of ['Yara', 'rivers.example', 'solo.example', 'Only staff read'])
    assert.ok(!text.includes(foreign), foreign);
  assert.ok(!text.includes('stars.example'), 'what was over more than a month ago is told no longer');
  const theirs = await mine(other);
  assert.match(theirs, /Yara Pupil/);
  assert.match(theirs, /rivers\.example/);
  assert.match(theirs, /solo\.example/);
  for (const foreign of ['Zed', 'posters.example']) assert.ok(!theirs.includes(foreign), foreign);
});

test('PAR-08 a parent’s own context sees only their links, and none of the lessons of others', async () => {
  const rows = await t.db.in(school.people.parent.context, async (tx) => ({
    links: await tx.selectFrom('parent_link').select('child_id').execute(),
    changes: await tx.selectFrom('filter_change').select('id').execute(),
    contacts: await tx.selectFrom('lesson_contact').select('id').execute(),
  }));
  assert.deepEqual(rows, { links: [{ child_id: school.people.year8.id }], changes: [], contacts: [] });
  for (const part of ['teacher', 'governor', 'year8', 'visitor'] as const) {
    const seen = await t.db.in(school.people[part].context, (tx) => tx.selectFrom('parent_link').selectAll().execute());
    assert.equal(seen.length, 0, part);
  }
});

test('PAR-08 a teacher writes down whom a class meets, and only the parents of that class read it', async () => {
  const empty = await as('teacher').post('/lessons/people', {});
  assert.equal(empty.statusCode, 400);
  assert.match(empty.body, /Choose the lesson or the class/);
  const told = { organisation: 'Harbour Books', role: 'Author', how: 'Video call, the teacher present' };
  const by = (whom: string, more = {}) => as('teacher').post('/lessons/people', { whom, ...told, ...more });
  assert.equal((await by('class:9Z', { from: '2026-11-03', until: '2026-11-04' })).statusCode, 400);
  assert.equal((await by('class:8B', { from: '2026-11-04', until: '2026-11-03' })).statusCode, 400);
  assert.equal((await by('list:AAAAAA')).statusCode, 303, 'a lesson gives its own class and day');
  assert.equal(
    (await by('year:7', { organisation: 'River Trust', from: '2026-11-03', until: '2026-11-30' })).statusCode,
    303,
  );
  assert.match(await mine(), /Author, Harbour Books Video call, the teacher present 3 Nov 2026 Theo Wren/);
  assert.doesNotMatch(await mine(), /River Trust/);
  assert.match(await mine(other), /River Trust/);
  assert.doesNotMatch(await mine(other), /Harbour Books/);
  assert.match((await as('staff').get('/lessons?q=harbour')).body, /Harbour Books/);
  assert.doesNotMatch((await as('staff').get('/lessons?q=harbour')).body, /River Trust/);
});

test('PAR-08 what was written down goes by its writer or a keeper, and what is linked ends at once', async () => {
  const [contact] = await t.asOwner<{ id: string }>(
    `select id from lesson_contact where organisation = 'Harbour Books'`,
  );
  const end = (part: Part) => as(part).post(`/lessons/people/${contact?.id}/end`);
  assert.equal((await end('staff')).statusCode, 403);
  assert.equal((await end('teacher')).statusCode, 303);
  assert.doesNotMatch(await mine(), /Harbour Books/);
  const [link] = await t.asOwner<{ id: string }>(`select id from parent_link where parent_id = $1`, [
    school.people.parent.id,
  ]);
  assert.equal((await as('dsl').post(`/people/parents/${link?.id}/end`)).statusCode, 403);
  assert.equal((await as('ictManager').post(`/people/parents/${link?.id}/end`)).statusCode, 303);
  assert.match(await mine(), /No child is linked/);
  assert.equal((await as('administrator').post('/people/parents', { pairs: 'pat.rowan,zed.pupil' })).statusCode, 303);
  assert.match(await mine(), /posters\.example/);
});
