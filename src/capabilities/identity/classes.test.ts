import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { readClasses } from './classes.rules.ts';
import { classesOf } from './classes.store.ts';
import { confirmImport, planOf, previewImport } from './import.service.ts';
import { identityRoom } from './index.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  school = await testSchool(t, { policy: 'secondary-school' });
  await t.asOwner(`update person set group_name = '8B' where id = $1`, [school.people.year8.id]);
  await t.asOwner(`update person set group_name = '7A' where id = $1`, [school.people.year7.id]);
  pages = await pagesFor(school.deps, identityRoom(school.deps));
});
after(async () => {
  await pages.close();
  await t.drop();
});

const teaches = (person: { id: string }) => t.db.in(school.people.head.context, (tx) => classesOf(tx, person.id));
const ledger = () =>
  t.asOwner<{ action: string; actor: string }>(
    `select action, actor from ledger_entry where school_id = $1 and action like 'class.%' order by id`,
    [school.id],
  );

test('MON-10 classes are read from a file as they are typed, each once', () => {
  assert.deepEqual(readClasses(' 8B; 9A/Hi |  8B,10  Cp1;'), ['8B', '9A/Hi', '10 Cp1']);
  assert.deepEqual(readClasses(''), []);
});

test('MON-10 an administrator says who teaches a class, and ends it; both stand in the ledger', async () => {
  const { administrator, teacher } = school.people;
  const as = pages.as(administrator);
  const given = await as.post('/people/classes', { group: '8B', username: teacher.username });
  assert.match((await as.follow(given)).body, /Theo Wren/);
  assert.deepEqual(await teaches(teacher), ['8B']);
  assert.equal((await as.post('/people/classes', { group: '8B', username: teacher.username })).statusCode, 409);
  const [row] = await t.asOwner<{ id: string }>('select id from class_teacher where person_id = $1', [teacher.id]);
  await as.follow(await as.post(`/people/classes/${row?.id}/end`));
  assert.deepEqual(await teaches(teacher), []);
  assert.deepEqual(
    (await ledger()).map((e) => [e.action, e.actor]),
    [
      ['class.give', administrator.id],
      ['class.end', administrator.id],
    ],
  );
});

test('MON-10 nobody but staff teaches a class, and a class without pupils is none', async () => {
  const as = pages.as(school.people.administrator);
  for (const [group, who] of [
    ['8B', 'year8'],
    ['8B', 'parent'],
    ['12Z', 'teacher'],
  ] as const) {
    const answer = await as.post('/people/classes', { group, username: school.people[who].username });
    assert.equal(answer.statusCode, 400, `${group} ${who}`);
    assert.match(answer.body, /Look at the marked fields/);
  }
});

test('MON-10 an import names the classes of staff; one without that column leaves them', async () => {
  const { administrator, teacher } = school.people;
  const run = async (csv: string) => {
    const id = await previewImport(school.deps, administrator.viewer, Buffer.from(csv), 'staff');
    const plan = await planOf(school.deps, administrator.viewer, id);
    if (plan.update.length > 0) await confirmImport(school.deps, administrator.viewer, id, true);
    return plan;
  };
  const line = (classes: string) => `username,name,classes\n${teacher.username},${teacher.displayName},${classes}\n`;
  assert.deepEqual(
    (await run(line('8B; 7A'))).update.map((u) => u.what),
    ['classes'],
  );
  assert.deepEqual(await teaches(teacher), ['7A', '8B']);
  assert.equal((await run(line('7A; 8B'))).same, 1, 'in another order they are the same');
  assert.equal((await run(`username,name\n${teacher.username},${teacher.displayName}\n`)).same, 1);
  assert.deepEqual(
    (await run(line('7A'))).update.map((u) => u.what),
    ['classes'],
  );
  assert.deepEqual(await teaches(teacher), ['7A']);
  const pupil = `username,name,kind,year,classes\nn.example,Nia Example,pupil,8,8B\n`;
  assert.deepEqual((await run(pupil)).faults[0]?.why, ['Only staff teach classes']);
});

test('MON-10 the database lets nobody but those who keep the accounts write down who teaches a class', async () => {
  for (const part of ['teacher', 'head', 'dsl', 'year8'] as const) {
    const { context, id } = school.people[part];
    await assert.rejects(
      t.db.in(context, (tx) =>
        tx
          .insertInto('class_teacher')
          .values({ school_id: school.id, group_name: '8B', person_id: id, from_at: new Date(), given_by: id })
          .execute(),
      ),
      /row-level security/,
      part,
    );
  }
  const { year8 } = school.people;
  assert.deepEqual(await t.db.in(year8.context, (tx) => tx.selectFrom('class_teacher').selectAll().execute()), []);
});

test('IDA-01 every page of this room that needs a duty is closed to everybody else', async () => {
  assert.ok((await everyRouteDenies(pages, school)) > 5);
});
