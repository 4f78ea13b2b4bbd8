import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { monitoringRoom } from '#rooms/monitoring/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { incidentsRoom } from './index.ts';

/** A tuition centre without a centre lead (docs/decisions/0008). */
let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'tuition-centre' });
  pages = await pagesFor(s.deps, monitoringRoom(s.deps), incidentsRoom(s.deps));
});
after(async () => {
  await pages.close();
  await t.drop();
});

const hold = (person: string, role: string) =>
  t.asOwner(`insert into role_holding (school_id, person_id, role, rank) values ($1, $2, $3, 'holder')`, [
    s.id,
    person,
    role,
  ]);
const log = () =>
  pages.as(s.people.staff).post('/cases/new', {
    intent: 'log',
    title: 'A worry from today',
    text: 'Something was said in class.',
    happenedOn: '2026-11-03',
    category: '',
    urgency: 'soon',
  });
const toldOf = (reference: string) =>
  t.asOwner<{ recipient: string }>('select recipient from mail where subject like $1', [`%${reference}`]);

test('ROL-03 while nobody is centre lead a report is kept and goes to whom the policy names next, at last the chair; the form says so', async () => {
  const { dsl, governor } = s.people;
  await hold(governor.id, 'chair');
  const form = async () => (await pages.as(s.people.staff).get('/cases/new')).body;
  const reported = async () => {
    const answer = await log();
    assert.equal(answer.statusCode, 303, answer.body);
    return toldOf(String(answer.headers.location).split('/').at(-1) ?? '');
  };
  assert.match(
    await form(),
    /Centre lead: nobody holds this post just now\.[\s\S]*goes to the designated safeguarding lead instead/,
  );
  assert.deepEqual(await reported(), [{ recipient: dsl.id }]);

  await t.asOwner(`update role_holding set until_at = now() where school_id = $1 and role = 'dsl'`, [s.id]);
  assert.match(await form(), /goes to the partnership chair instead/);
  assert.deepEqual(await reported(), [{ recipient: governor.id }]);

  await t.asOwner(`update role_holding set until_at = now() where school_id = $1 and role = 'chair'`, [s.id]);
  assert.match(await form(), /goes to the head teacher or senior leader instead/);
  assert.deepEqual(await reported(), [{ recipient: s.people.head.id }]);

  await t.asOwner(`update role_holding set until_at = now() where school_id = $1 and role = 'head'`, [s.id]);
  assert.match(await form(), /kept for whoever is named next/);
  assert.deepEqual(await reported(), []);
  assert.equal((await t.asOwner('select 1 from case_file where school_id = $1', [s.id])).length, 4, 'none was lost');

  await hold(s.people.teacher.id, 'centre-lead');
  assert.doesNotMatch(await form(), /nobody holds this post/);
});

test('ROL-03 a child can tell somebody whoever is missing', async () => {
  await t.asOwner(`update role_holding set until_at = now() where school_id = $1 and until_at is null`, [s.id]);
  const nobody = pages.as(null);
  const to = `/tell?school=${s.slug}`;
  assert.equal((await nobody.get(to)).statusCode, 200);
  assert.equal((await nobody.post(to, { words: 'Somebody frightens me.', safe: 'no' })).statusCode, 303);
  const [alert] = await t.asOwner<{ state: string }>(`select state from alert where school_id = $1`, [s.id]);
  assert.equal(alert?.state, 'raised');
});
