import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import type { TestSchool } from '#testing/web.ts';
import { code, type SearchSchool, searchSchool } from './fixture.ts';
import { isLocked, listSearches } from './search.store.ts';

let t: TestDatabase;
let b: SearchSchool;
let s: TestSchool;
before(async () => {
  t = await testDatabase();
  b = await searchSchool(t);
  s = b.s;
});
after(() => t.drop());

test('SRC-19 EVI-03 the database itself refuses to examine, to find or to delete once such a picture is suspected', async () => {
  const reference = await b.fresh('confiscated');
  await b.take('teacher', reference, 'suspect');
  const search = await b.read(reference, 'teacher');
  const number = search.entries.length + 1;
  for (const part of ['teacher', 'dsl', 'head', 'administrator'] as const) {
    for (const [action, to] of [
      ['examine', 'examined'],
      ['examine', 'dsl-decision'],
      ['finding', 'dsl-decision'],
      ['delete', 'deleted'],
      ['note', 'confiscated'],
    ] as const) {
      const forced = s.deps.db.in(s.people[part].context, (tx) =>
        tx
          .insertInto('device_search_entry')
          .values({
            search_id: search.id,
            number,
            school_id: s.id,
            action,
            from_state: 'dsl-decision',
            to_state: to,
            by_person: s.people[part].id,
            at: new Date(s.clock.now()),
            detail: '{}',
          })
          .execute(),
      );
      await assert.rejects(forced, /once such a picture is suspected|row-level security/, `${part} ${action}`);
    }
  }
  const byTeacher = s.deps.db.in(s.people.teacher.context, (tx) =>
    tx
      .insertInto('device_search_entry')
      .values({
        search_id: search.id,
        number,
        school_id: s.id,
        action: 'decide',
        from_state: 'dsl-decision',
        to_state: 'dsl-decision',
        by_person: s.people.teacher.id,
        at: new Date(s.clock.now()),
        detail: '{"decision":"not-imagery"}',
      })
      .execute(),
  );
  await assert.rejects(byTeacher, /the DSL decides/);
  const columns = await t.asOwner<{ n: string }>(
    `select count(*) as n from information_schema.columns where table_name like 'device_search%' and data_type in ('bytea', 'oid')`,
  );
  assert.equal(Number(columns[0]?.n), 0, 'there is nowhere to put a file');
});

test('SRC-19 while the DSL has a device, no other search of that pupil is begun, by anybody', async () => {
  const who = await b.pupil();
  const reference = await b.start('teacher', { pupil: who });
  await b.take('teacher', reference, 'suspect');
  for (const by of ['teacher', 'head'] as const)
    await assert.rejects(b.start(by, { pupil: who }), code('device-search.start.notLocked'));
  assert.equal(await s.deps.db.in(s.people.staff.context, (tx) => isLocked(tx, who)), true);
  await b.take('dsl', reference, 'decide', { decision: 'police' });
  await assert.rejects(b.start('teacher', { pupil: who }), code('device-search.start.notLocked'));
  await b.take('dsl', reference, 'decide', { decision: 'not-imagery' });
  assert.match(await b.start('teacher', { pupil: who }), /^D-/);
});

test('INC-05 a searcher who is named in a search is nothing to it any more, nor does the pupil, an administrator or another teacher ever see it', async () => {
  const reference = await b.fresh('confiscated');
  const sees = async (part: keyof TestSchool['people'], duties?: string[]) => {
    const context = { ...s.people[part].context, ...(duties && { duties }) };
    const all = await s.deps.db.in(context, (tx) => listSearches(tx, {}));
    return all.some((x) => x.reference === reference);
  };
  assert.equal(await sees('teacher'), true);
  for (const part of ['staff', 'administrator', 'ictManager', 'year8', 'parent', 'governor', 'visitor'] as const)
    assert.equal(await sees(part), false, part);
  await b.take('dsl', reference, 'involve', { person: s.people.teacher.id });
  assert.equal(await sees('teacher'), false);
  assert.equal(await sees('teacher', ['staff', 'dsl', 'head']), false, 'whatever duties they hold');
  await assert.rejects(b.take('teacher', reference, 'note'), code('not-found'));
  await assert.rejects(
    b.take('dsl', reference, 'involve', { person: s.people.dsl.id }),
    code('device-search.involve.named'),
  );
  // The pupil's own context, with every duty there is.
  const search = await b.read(reference);
  const own = { school: s.id, person: search.pupil, duties: ['pupil', 'dsl', 'head', 'staff'] };
  assert.deepEqual(
    await s.deps.db.in(own, (tx) => listSearches(tx, {})).then((l) => l.filter((x) => x.reference === reference)),
    [],
  );
  const letters = await s.deps.db.in({ ...s.people.teacher.context, duties: ['staff', 'administrator'] }, (tx) =>
    tx
      .selectFrom('mail')
      .select('subject')
      .where('about_kind', '=', 'device-search')
      .where('about_id', '=', search.id)
      .execute(),
  );
  assert.deepEqual(letters, [], 'nor a letter about it');
});

test('INC-05 ROL-20 where it is about every DSL, the principal decides in their place', async () => {
  const bb = await searchSchool(t);
  const reference = await bb.at('grounds');
  for (const part of ['dslDeputy', 'dsl'] as const)
    await bb.take('head', reference, 'involve', { person: bb.s.people[part].id });
  await bb.take('teacher', reference, 'suspect');
  await assert.rejects(bb.take('dsl', reference, 'decide'), code('not-found'));
  assert.equal(await bb.take('head', reference, 'decide'), 'dsl-decision');
});

test('what stands in a search is never changed or deleted by the program, and nobody writes in another’s name', async () => {
  const reference = await b.fresh('grounds');
  const search = await b.read(reference);
  const as = s.people.dsl.context;
  for (const table of [
    'device_search',
    'device_search_entry',
    'device_search_person',
    'device_search_case',
    'search_authorisation',
    'device_search_complaint',
    'device_search_complaint_step',
  ] as const) {
    await assert.rejects(
      s.deps.db.in(as, (tx) => tx.deleteFrom(table).execute()),
      /permission denied/,
      table,
    );
    await assert.rejects(
      s.deps.db.in(as, (tx) =>
        tx
          .updateTable(table)
          .set({ school_id: s.id } as never)
          .execute(),
      ),
      /permission denied/,
      table,
    );
  }
  const forged = s.deps.db.in(as, (tx) =>
    tx
      .insertInto('device_search_entry')
      .values({
        search_id: search.id,
        number: search.entries.length + 1,
        school_id: s.id,
        action: 'note',
        from_state: 'grounds',
        to_state: 'grounds',
        by_person: s.people.teacher.id,
        at: new Date(s.clock.now()),
        detail: '{"text":"I said so"}',
      })
      .execute(),
  );
  await assert.rejects(forged, /row-level security/);
});
