import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import type { Context } from '#platform/db.ts';
import { ESCALATION_ROLES, ROLE_IDS, SAFEGUARDING_ROLES } from '#policy/types.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type TestSchool, testSchool } from '#testing/web.ts';
import { logCase, openFromAlert } from './cases.service.ts';
import { alertAbout } from './fixture.ts';

let t: TestDatabase;
let s: TestSchool;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'secondary-school' });
});
after(() => t.drop());

/** In which tables this context finds a row that holds the text anywhere. */
async function tablesShowing(context: Context, text: string): Promise<string[]> {
  const tables = await t.asOwner<{ name: string }>(
    `select table_name as name from information_schema.role_table_grants
     where grantee = 'gatehouse_app' and privilege_type = 'SELECT' and table_schema = 'public' order by 1`,
  );
  assert.ok(tables.length > 20);
  const asked = tables.map(
    ({ name }) => sql`select ${name}::text as name where exists (
      select from ${sql.table(name)} as x where x::text like ${`%${text}%`})`,
  );
  const { rows } = await t.db.in(context, (tx) =>
    sql<{ name: string }>`${sql.join(asked, sql` union all `)}`.execute(tx),
  );
  return rows.map((r) => r.name);
}

test('ALR-10 no table shows anything of an alert to whom it is about, to pupils, or to whoever forges a context without duties', async () => {
  for (const subject of ['dsl', 'head', 'ictManager', 'administrator', 'year8'] as const) {
    const person = s.people[subject];
    const { id } = await alertAbout(s, person.id);
    assert.deepEqual(await tablesShowing(person.context, id), [], subject);
    assert.deepEqual(
      await tablesShowing({ ...person.context, duties: [...ROLE_IDS] }, id),
      [],
      `${subject}, all roles`,
    );
    for (const other of ['year7', 'teacher', 'parent', 'governor'] as const)
      assert.deepEqual(await tablesShowing(s.people[other].context, id), [], other);
    assert.deepEqual(await tablesShowing({ school: s.id, person: null, duties: [] }, id), []);
    assert.deepEqual(await tablesShowing({ school: person.id, person: person.id, duties: [...ROLE_IDS] }, id), []);
    assert.ok((await tablesShowing(s.people.dslDeputy.context, id)).includes('alert'));
  }
});

test('INC-05 no table shows anything of a case to whom it is about, also when it came from an alert', async () => {
  const { id: alert } = await alertAbout(s, null);
  const made = await openFromAlert(s.deps, s.people.dsl.viewer, alert);
  const logged = await logCase(s.deps, s.people.staff.viewer, {
    title: 'A worry',
    category: null,
    urgency: 'soon',
    happenedOn: '2026-11-02',
    people: [s.people.ictManager.id, s.people.head.id],
    text: 'Something was said.',
  });
  for (const subject of ['ictManager', 'head'] as const) {
    const everything = { ...s.people[subject].context, duties: [...ROLE_IDS] };
    assert.deepEqual(await tablesShowing(everything, logged.id), [], subject);
    assert.deepEqual(await tablesShowing(everything, logged.reference), [], subject);
  }
  await t.asOwner('update case_file set subjects = $2 where id = $1', [made.id, [s.people.head.id]]);
  for (const id of [made.id, made.reference, alert])
    assert.deepEqual(await tablesShowing({ ...s.people.head.context, duties: [...ROLE_IDS] }, id), []);
});

test('ALR-10 row security knows the same safeguarding roles as the program', async () => {
  const { id } = await alertAbout(s, s.people.year8.id);
  await t.asOwner(`update alert set told = '{}' where id = $1`, [id]);
  const seeing: string[] = [];
  for (const role of ROLE_IDS) {
    const context = { school: s.id, person: s.people.volunteer.id, duties: [role] };
    if ((await tablesShowing(context, id)).includes('alert')) seeing.push(role);
  }
  assert.deepEqual(seeing.sort(), [...SAFEGUARDING_ROLES].sort());
});

test('MON-11 row security shows activity to the roles that may have to read it, and to nobody else', async () => {
  await t.asOwner(
    `insert into activity_hourly (school_id, hour, profile, category, outcome, requests) values ($1, now(), 'p', 'c', 'block', 4711)`,
    [s.id],
  );
  const seeing: string[] = [];
  for (const role of ROLE_IDS) {
    const context = { school: s.id, person: s.people.volunteer.id, duties: [role] };
    if ((await tablesShowing(context, '4711')).includes('activity_hourly')) seeing.push(role);
  }
  assert.deepEqual(seeing.sort(), [...ESCALATION_ROLES, 'ict-manager'].sort());
});
