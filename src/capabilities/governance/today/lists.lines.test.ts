import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addSource } from '#rooms/filtering/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import { todaysLines } from './today.ts';

let t: TestDatabase;
let s: TestSchool;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'secondary-school' });
});
after(() => t.drop());

const texts = async (part: Part) => {
  const { context, viewer } = s.people[part];
  return (await t.db.in(context, (tx) => todaysLines(tx, viewer, s.clock.now()))).map((l) => l.text).join('; ');
};

test('FIL-04 a change of the lists that waits stands on Today of whoever may agree, and of nobody else', async () => {
  const by = s.people.ictManager.context;
  const input = { location: 'https://lists.example/all.tar.gz', name: 'county', reason: 'The county recommends it.' };
  await t.db.in(by, (tx) => addSource(tx, s.deps, by, input));
  const line = /1 change of the filter’s lists waits for you/;
  assert.match(await texts('filterApprover'), line);
  for (const part of ['ictManager', 'administrator', 'dsl', 'head', 'teacher'] as const) {
    assert.doesNotMatch(await texts(part), line, part);
  }
});

test('SEC-10 a request for a program stands on Today of those who install', async () => {
  await t.asOwner(
    `insert into site_question (school_id, kind, asked_by, host, program, reason, because)
     values ($1, 'program', $2, 'scores.example', 'Score Writer', 'for Year 10', '{}')`,
    [s.id, s.people.teacher.id],
  );
  const line = /1 request for a program to answer/;
  assert.match(await texts('ictManager'), line);
  assert.doesNotMatch(await texts('ictManager'), /question about a blocked site/);
  for (const part of ['filterApprover', 'teacher', 'dsl'] as const) assert.doesNotMatch(await texts(part), line, part);
});
