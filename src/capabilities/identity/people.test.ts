import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, HOUR } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { assignRole, holders, identityJobs, identityRoom, names, searchPeople } from './index.ts';
import { createPerson } from './people.service.ts';

let t: TestDatabase;
let school: TestSchool;
let other: TestSchool;
let pages: Pages;

before(async () => {
  t = await testDatabase();
  school = await testSchool(t, { policy: 'secondary-school' });
  other = await testSchool(t, { clock: school.clock });
  pages = await pagesFor(school.deps, identityRoom(school.deps));
});
after(async () => {
  await pages.close();
  await t.drop();
});

const as = (part: Part) => pages.as(school.people[part]);
const system = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
  school.deps.db.in({ school: school.id, person: null, duties: ['system'] }, work);
const lastEntry = async () =>
  (
    await t.asOwner<{ action: string; actor: string; object_id: string }>(
      'select * from ledger_entry order by id desc limit 1',
    )
  )[0];
const liveHolding = async (person: string, role: string) =>
  (
    await t.asOwner<{ id: string }>(
      'select id from role_holding where person_id = $1 and role = $2 and until_at is null',
      [person, role],
    )
  )[0]?.id;

test('IDA-05 every page and command of this room refuses whoever may not use it', async () => {
  assert.ok((await everyRouteDenies(pages, school)) >= 15);
});

test('people of another school cannot be seen, found or changed', async () => {
  const admin = as('administrator');
  const { year8 } = other.people;
  assert.equal((await admin.get(`/people/${year8.id}`)).statusCode, 404);
  const forms: [string, Record<string, string>][] = [
    ['', { displayName: 'Changed' }],
    ['/first-password', {}],
    ['/leave', { day: '2026-11-03' }],
    ['/roles', { role: 'head', rank: 'holder' }],
    [`/roles/${newId()}/end`, {}],
  ];
  for (const [form, fields] of forms) {
    assert.equal((await admin.post(`/people/${year8.id}${form}`, fields)).statusCode, 404, form);
  }
  assert.doesNotMatch((await admin.get('/people?q=year')).body, new RegExp(year8.id));
  const [untouched] = await t.asOwner('select display_name, left_on from person where id = $1', [year8.id]);
  assert.deepEqual(untouched, { display_name: 'Zed Pupil', left_on: null });
  assert.equal((await admin.get('/people/not-an-id')).statusCode, 404);
});

test('IDA-01 a username belongs to one person, whatever its letters’ case, and is never given again', async () => {
  const admin = as('administrator');
  const add = (username: string) =>
    admin.post('/people/new', { username, displayName: 'Mina Example', kind: 'pupil', yearGroup: '8' });
  const added = await add('M.Example');
  assert.equal(added.statusCode, 200);
  assert.match(added.body, /m\.example/);
  for (const username of ['m.example', 'M.EXAMPLE', ' m.example ']) {
    const refused = await add(username);
    assert.equal(refused.statusCode, 400);
    assert.match(refused.body, /every username belongs to one person for good/);
    assert.match(refused.body, /value="Mina Example"/, 'what was typed is still there');
  }
  await t.asOwner(`update person set left_on = '2026-01-01' where username = 'm.example'`);
  assert.equal((await add('m.example')).statusCode, 400);
  const context = school.people.administrator.context;
  const twin = { username: 'm.example', displayName: 'Other', kind: 'staff' as const };
  await assert.rejects(
    system((tx) => createPerson(tx, school.deps, context, twin)),
    /already has this username/,
  );
  await assert.rejects(
    t.asOwner(`insert into person (school_id, username, display_name, kind) values ($1, 'M.Example', 'x', 'staff')`, [
      school.id,
    ]),
    /check constraint/,
  );
});

test('IDA-01 two people added under one name at the same time end as one', async () => {
  const { context } = school.people.administrator;
  const twin = { username: 'at.once', displayName: 'At Once', kind: 'staff' as const };
  const results = await Promise.allSettled(
    [1, 2, 3].map(() => system((tx) => createPerson(tx, school.deps, context, twin))),
  );
  assert.deepEqual(results.map((r) => r.status).sort(), ['fulfilled', 'rejected', 'rejected']);
});

test('IDA-03 the first password is shown once, in the answer, and is nowhere in the records', async () => {
  const added = await as('ictManager').post('/people/new', {
    username: 'new.one',
    displayName: 'New One',
    kind: 'staff',
    email: 'new.one@school.example',
  });
  const password = /[A-Z][a-z2-9]{3}-[a-z2-9]{4}-[a-z2-9]{4}/.exec(added.body)?.[0] ?? 'none';
  const [row] = await t.asOwner<{ id: string; must_change: boolean }>(
    `select id, must_change from person join credential on person_id = id where username = 'new.one'`,
  );
  assert.equal(row?.must_change, true);
  assert.equal((await lastEntry())?.action, 'person.create');
  const page = await as('administrator').get(`/people/${row?.id}`);
  const records = JSON.stringify([
    await t.asOwner('select * from ledger_entry'),
    await t.asOwner('select * from credential'),
  ]);
  for (const text of [page.body, records, JSON.stringify(school.logged)]) assert.equal(text.includes(password), false);
  assert.doesNotMatch(records, /New One|new\.one/, 'the ledger keeps digests of names');
});

test('every fault of a form is named at its field, and nothing is written', async () => {
  const answer = await as('administrator').post('/people/new', {
    username: 'Bad Name!',
    displayName: ' ',
    kind: 'wizard',
    yearGroup: '99',
    email: 'nowhere',
  });
  assert.equal(answer.statusCode, 400);
  for (const field of ['username', 'displayName', 'kind', 'yearGroup', 'email']) {
    assert.match(answer.body, new RegExp(`href="#${field}"`), field);
    assert.match(answer.body, new RegExp(`id="${field}-error"`), field);
  }
});

test('FIL-04 administrator and safeguarding lead are two people', async () => {
  const { administrator, dsl, staff } = school.people;
  const give = (person: string, role: string) =>
    as('administrator').post(`/people/${person}/roles`, { role, rank: 'deputy' });
  for (const [person, role] of [
    [dsl.id, 'administrator'],
    [administrator.id, 'dsl'],
    [administrator.id, 'centre-lead'],
  ] as const) {
    const refused = await give(person, role);
    assert.equal(refused.statusCode, 409);
    assert.match(refused.body, /must be two people/);
  }
  const { context } = administrator;
  const both = await Promise.allSettled(
    (['administrator', 'dsl'] as const).map((role) =>
      system((tx) => assignRole(tx, school.deps, context, { person: staff.id, role, rank: 'deputy' })),
    ),
  );
  assert.deepEqual(both.map((r) => r.status).sort(), ['fulfilled', 'rejected'], 'also when both are given at once');
  await t.asOwner('update role_holding set until_at = now() where person_id = $1', [staff.id]);
});

test('a school is never left without an administrator or a safeguarding lead', async () => {
  const { administrator, dsl, dslDeputy, head, filterApprover } = school.people;
  const admin = as('administrator');
  const end = async (person: string, role: string) =>
    admin.post(`/people/${person}/roles/${await liveHolding(person, role)}/end`);
  const last = await end(administrator.id, 'administrator');
  assert.equal(last.statusCode, 409);
  assert.match(last.body, /This is the only administrator/);

  assert.equal((await end(dslDeputy.id, 'dsl')).statusCode, 303);
  assert.equal((await end(dsl.id, 'dsl')).statusCode, 409);
  const leave = await admin.post(`/people/${dsl.id}/leave`, { day: '2026-12-18' });
  assert.equal(leave.statusCode, 409);
  assert.equal((await admin.post(`/people/${dslDeputy.id}/roles`, { role: 'dsl', rank: 'deputy' })).statusCode, 303);

  const { context } = head;
  await system((tx) =>
    assignRole(tx, school.deps, context, { person: filterApprover.id, role: 'administrator', rank: 'deputy' }),
  );
  const both = await Promise.all([end(administrator.id, 'administrator'), end(filterApprover.id, 'administrator')]);
  assert.deepEqual(both.map((r) => r.statusCode).sort(), [303, 409], 'also when two are ended at once');
  assert.equal((await system((tx) => holders(tx, 'administrator'))).length, 1);
  await t.asOwner(`update role_holding set until_at = now() where role = 'administrator' and until_at is null`);
  await t.asOwner(
    `insert into role_holding (school_id, person_id, role, rank) values ($1, $2, 'administrator', 'holder')`,
    [school.id, administrator.id],
  );
});

test('roles are kept with their history, the lead stands before deputies, and safeguarding hears of new ones', async () => {
  const { head, dsl, year8, governor, teacher } = school.people;
  await t.asOwner('delete from mail');
  const given = await as('administrator').post(`/people/${teacher.id}/roles`, { role: 'head', rank: 'deputy' });
  const page = await as('administrator').follow(given);
  assert.match(page.body, /Principal/, 'the policy’s own title');
  assert.match(page.body, /Deputy/);
  const letters = await t.asOwner<{ recipient: string; subject: string; body: string }>('select * from mail');
  assert.ok(letters.some((l) => l.recipient === dsl.id));
  for (const l of letters) assert.doesNotMatch(l.subject + l.body, /Theo|Wren/);

  const found = await system((tx) => holders(tx, 'dsl'));
  assert.deepEqual(
    found.map((h) => h.rank),
    ['holder', 'deputy'],
  );
  assert.deepEqual(
    (await system((tx) => holders(tx, 'head', 'holder'))).map((h) => h.id),
    [head.id],
  );
  await as('administrator').post(`/people/${teacher.id}/roles/${await liveHolding(teacher.id, 'head')}/end`);
  assert.match((await as('head').get(`/people/${teacher.id}`)).body, /Earlier roles/);

  for (const [person, role] of [
    [year8.id, 'head'],
    [governor.id, 'dsl'],
    [head.id, 'chair'],
    [head.id, 'pupil'],
    [head.id, 'king'],
    [head.id, 'head'],
  ] as const) {
    const refused = await as('administrator').post(`/people/${person}/roles`, { role, rank: 'holder' });
    assert.ok([400, 409].includes(refused.statusCode), `${role}: ${refused.statusCode}`);
  }
});

test('whoever runs the machines cannot take over the account of somebody who watches over children', async () => {
  const ict = as('ictManager');
  const { dsl, head, coordinator, filterApprover, leadGovernor, year7, teacher } = school.people;
  for (const { id } of [dsl, head, coordinator, filterApprover, leadGovernor]) {
    assert.equal((await ict.post(`/people/${id}/first-password`)).statusCode, 403);
    assert.equal(
      (await ict.post(`/people/${id}`, { displayName: 'X', email: 'mine@elsewhere.example' })).statusCode,
      403,
    );
    assert.equal((await ict.post(`/people/${id}/leave`, { day: '2026-11-03' })).statusCode, 403);
    assert.doesNotMatch((await ict.get(`/people/${id}`)).body, /Make a new first password/);
  }
  assert.equal((await ict.post(`/people/${teacher.id}/roles`, { role: 'dsl', rank: 'holder' })).statusCode, 403);
  assert.equal((await ict.post(`/people/${year7.id}/first-password`)).statusCode, 200);
  assert.doesNotMatch((await as('dsl').get(`/people/${year7.id}`)).body, /<form method="post" action="\/people/);
});

test('a reset password ends the sessions, is recorded, and its owner hears of it', async () => {
  const { head } = school.people;
  await t.asOwner('delete from mail');
  await t.asOwner(
    `insert into web_session (digest, school_id, person_id, csrf, address, created_at, seen_at, ends_at)
     values ('\\x01', $1, $2, 'c', '192.0.2.1', $3, $3, $4)`,
    [school.id, head.id, new Date(school.clock.now()), new Date(school.clock.now() + HOUR)],
  );
  const [before] = await t.asOwner<{ n: string }>('select presence_number n from school where id = $1', [school.id]);
  assert.equal((await as('administrator').post(`/people/${head.id}/first-password`)).statusCode, 200);
  assert.equal((await t.asOwner('select 1 from web_session where ended_at is null')).length, 0);
  const [after] = await t.asOwner<{ n: string }>('select presence_number n from school where id = $1', [school.id]);
  assert.ok(Number(after?.n) > Number(before?.n));
  const { dsl, dslDeputy } = school.people;
  assert.deepEqual(
    (await t.asOwner<{ recipient: string }>('select recipient from mail')).map((m) => m.recipient).sort(),
    [head.id, dsl.id, dslDeputy.id].sort(),
    'and so does safeguarding, since the head sees what concerns children',
  );
  assert.equal((await lastEntry())?.action, 'password.reset');
  const own = await as('administrator').post(`/people/${school.people.administrator.id}/first-password`);
  assert.equal(own.statusCode, 409);
});

test('whatever an administrator does to the account of a safeguarding lead, the head and the other leads hear of at once', async () => {
  const admin = as('administrator');
  const { dslDeputy, dsl, head, year8 } = school.people;
  const told = async (subject: RegExp) => {
    const letters = await t.asOwner<{ recipient: string; address: string; subject: string; body: string }>(
      'select * from mail',
    );
    await t.asOwner('delete from mail');
    for (const l of letters) assert.doesNotMatch(l.subject + l.body, /Mistry/);
    return letters.filter((l) => subject.test(l.subject)).map((l) => l.address);
  };
  await told(/./);
  const watchers = [dsl.email, head.email].sort();
  const details = { displayName: dslDeputy.displayName, email: 'elsewhere@mail.example' };
  assert.equal((await admin.post(`/people/${dslDeputy.id}`, details)).statusCode, 303);
  assert.deepEqual((await told(/address/)).sort(), [...watchers, dslDeputy.email].sort(), 'the old address too');
  await admin.post(`/people/${dslDeputy.id}/first-password`);
  assert.deepEqual((await told(/password was reset/)).sort(), [...watchers, 'elsewhere@mail.example'].sort());
  await admin.post(`/people/${dslDeputy.id}/roles/${await liveHolding(dslDeputy.id, 'dsl')}/end`);
  assert.deepEqual((await told(/role has ended/)).sort(), watchers);
  await admin.post(`/people/${dslDeputy.id}/roles`, { role: 'dsl', rank: 'deputy' });
  assert.deepEqual((await told(/role has been given/)).sort(), watchers);
  await admin.post(`/people/${year8.id}/first-password`);
  assert.deepEqual(await told(/./), [], 'of a pupil’s account there is nothing to tell');
});

test('who leaves is out: today at once, on a later day when it has come', async () => {
  const admin = as('administrator');
  const { volunteer, filterApprover, administrator } = school.people;
  assert.equal((await admin.post(`/people/${administrator.id}/leave`, { day: '2026-11-03' })).statusCode, 409);
  assert.equal((await admin.post(`/people/${volunteer.id}/leave`, { day: 'soon' })).statusCode, 400);
  const [before] = await t.asOwner<{ n: string }>('select snapshot_number n from school where id = $1', [school.id]);
  await admin.post(`/people/${volunteer.id}/leave`, { day: '2026-11-03' });
  const [after] = await t.asOwner<{ n: string }>('select snapshot_number n from school where id = $1', [school.id]);
  assert.ok(Number(after?.n) > Number(before?.n), 'gateways hear of it');
  assert.match((await admin.get(`/people/${volunteer.id}`)).body, /Account closed since/);
  assert.match((await admin.get('/people?left=yes')).body, /Vi Lark/);
  assert.doesNotMatch((await admin.get('/people')).body, /Vi Lark/);
  assert.equal((await admin.post(`/people/${volunteer.id}/first-password`)).statusCode, 409);

  const day = new Date(school.clock.now() + 2 * DAY).toISOString().slice(0, 10);
  await admin.post(`/people/${filterApprover.id}/leave`, { day });
  assert.ok(await liveHolding(filterApprover.id, 'filter-approver'));
  const { tasks } = identityJobs(school.deps);
  await tasks['identity.sweep']?.({});
  assert.ok(await liveHolding(filterApprover.id, 'filter-approver'), 'the day has not come');
  school.clock.advance(2 * DAY);
  await tasks['identity.sweep']?.({});
  assert.equal(await liveHolding(filterApprover.id, 'filter-approver'), undefined);
});

test('people are found by name, username, form, kind, year and role, page by page', async () => {
  const admin = as('administrator');
  const find = async (query: string) => (await admin.get(`/people?${query}`)).body;
  assert.match(await find('q=zed'), /Zed Pupil/);
  assert.match(await find('q=ZED.PUP'), /Zed Pupil/);
  assert.match(await find('kind=pupil&year=8'), /Zed Pupil/);
  assert.doesNotMatch(await find('kind=pupil&year=7'), /Zed Pupil/);
  assert.match(await find('role=ict-manager'), /Ivo Nash/);
  assert.match(await find('q=%25'), /Nobody fits this search/, 'a wildcard is a letter');
  assert.match(await find('q=%3Cscript%3E'), /value="&lt;script&gt;"/);
  const { context } = school.people.administrator;
  await system(async (tx) => {
    for (let i = 0; i < 40; i++) {
      const p = { username: `many.${i}`, displayName: `Many ${String(i).padStart(2, '0')}`, kind: 'parent' as const };
      await createPerson(tx, school.deps, context, p);
    }
  });
  const first = await find('q=many');
  assert.match(first, /1 to 30 of 40/);
  assert.match(first, /href="\/people\?q=many&amp;page=2"/);
  assert.match(await find('q=many&page=2'), /31 to 40 of 40/);
  const few = await system((tx) => searchPeople(tx, 'many', { kind: 'parent', limit: 3 }));
  assert.deepEqual(
    few.map((p) => p.displayName),
    ['Many 00', 'Many 01', 'Many 02'],
  );
  const { dsl, year8 } = school.people;
  const called = await system((tx) => names(tx, [dsl.id, year8.id, dsl.id, newId()]));
  assert.deepEqual([...called.values()].sort(), ['Dina Sharp', 'Zed Pupil']);
});

test('details can be changed; username and kind cannot', async () => {
  const { year7 } = school.people;
  const admin = as('administrator');
  const saved = await admin.post(`/people/${year7.id}`, {
    displayName: 'Yara New',
    yearGroup: 'Y8',
    groupName: '8C',
    email: '',
  });
  assert.match((await admin.follow(saved)).body, /The details have been saved\./);
  const [row] = await t.asOwner('select display_name, year_group, group_name from person where id = $1', [year7.id]);
  assert.deepEqual(row, { display_name: 'Yara New', year_group: 8, group_name: '8C' });
  assert.equal((await admin.post(`/people/${year7.id}`, { displayName: 'X', kind: 'staff' })).statusCode, 400);
  const wrong = await admin.post(`/people/${year7.id}`, { displayName: '', yearGroup: '8' });
  assert.equal(wrong.statusCode, 400);
  assert.match(wrong.body, /Enter a name/);
});

test('IDA-05 every account outside the rules is listed, with what is amiss and what to do, and no other', async () => {
  const fresh = await testSchool(t, { clock: school.clock });
  const admin = pages.as(fresh.people.administrator);
  const { people } = fresh;
  await t.asOwner(
    `insert into credential (school_id, person_id, password_hash, must_change, changed_at)
     select school_id, id, 'x', false, $2 from person where school_id = $1`,
    [fresh.id, new Date(school.clock.now() - 30 * DAY)],
  );
  const listed = async (concern: string) => {
    const { body } = await admin.get(`/people?concern=${concern}`);
    return Object.values(people)
      .filter((p) => body.includes(`/people/${p.id}"`))
      .map((p) => p.displayName);
  };
  assert.deepEqual(await listed('any'), []);
  assert.doesNotMatch((await admin.get('/people')).body, /need attention/);

  const change = (sql: string, id: string, ...more: unknown[]) => t.asOwner(sql, [id, ...more]);
  const ago = (days: number) => new Date(school.clock.now() - days * DAY);
  const given = 'update credential set must_change = true, changed_at = $2 where person_id = $1';
  await change(given, people.visitor.id, ago(15));
  await change(given, people.volunteer.id, ago(13));
  await change('delete from credential where person_id = $1', people.parent.id);
  const rests = 'update credential set locked_until = $2 where person_id = $1';
  await change(rests, people.year8.id, ago(-1));
  await change(rests, people.year12.id, ago(1));
  const leaves = 'update person set left_on = $2 where id = $1';
  await change(leaves, people.teacher.id, ago(2).toISOString().slice(0, 10));
  await change(leaves, people.staff.id, ago(2).toISOString().slice(0, 10));
  await change('update person set year_group = null where id = $1', people.year7.id);

  assert.deepEqual(await listed('first-password'), ['Will Finch']);
  assert.deepEqual(await listed('no-sign-in'), ['Pat Rowan']);
  assert.deepEqual(await listed('resting'), ['Zed Pupil']);
  assert.deepEqual(await listed('leaver-with-role'), ['Theo Wren']);
  assert.deepEqual(await listed('no-year'), ['Yara Pupil']);
  assert.equal((await listed('any')).length, 5);
  assert.deepEqual(await listed('any&q=wren'), ['Theo Wren'], 'and can be searched');
  assert.match((await admin.get('/people')).body, /5 accounts need attention/);
  const yearless = (await admin.get('/people?concern=no-year')).body;
  assert.match(yearless, /Until then they get the strictest filtering/);
  assert.doesNotMatch(yearless, /Reception<\/td>|Reception <span/);
});
