import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import type { ReadLines } from './line.ts';
import { lettersToRead, tasksToDo, warningsToRead } from './tasks.lines.ts';

let t: TestDatabase;
let s: TestSchool;
const [caseId, sanction] = [newId(), newId()];
before(async () => {
  t = await testDatabase();
  s = await testSchool(t);
  const { dsl, year8, staff, parent } = s.people;
  const at = new Date(s.clock.now());
  await t.asOwner(
    `insert into case_file (id, school_id, reference, title, source, urgency, state, opened_at, subjects)
     values ($1, $2, 'C-AAAAAA', 'Games', 'logged', 'soon', 'actions', $3, array[$4]::uuid[])`,
    [caseId, s.id, at, year8.id],
  );
  await t.asOwner(
    `insert into sanction (id, school_id, case_id, person_id, who, type, type_name, actions, decision, policy_number, procedure, proposed_by, proposed_at, decided_at)
     values ($1, $2, $3, $4, 'pupil', 'misuse', 'Misuse', '{warning}', 'x', 1, '{}', $5, $6, $6)`,
    [sanction, s.id, caseId, year8.id, dsl.id, at],
  );
  for (const [days, state] of [
    [1, 'given'],
    [-1, 'accepted'],
    [1, 'finished'],
  ])
    await t.asOwner(
      `insert into case_task (id, school_id, case_id, kind, text, to_person, given_at, due, state)
       values ($1, $2, $3, 'refer-tutor', 'Talk with them.', $4, $5, $6, $7)`,
      [newId(), s.id, caseId, staff.id, at, new Date(at.getTime() + Number(days) * DAY), state],
    );
  await t.asOwner(
    `insert into sanction_warning (sanction_id, school_id, person_id, text, given_at) values ($1, $2, $3, 'Please stop.', $4)`,
    [sanction, s.id, year8.id, at],
  );
  await t.asOwner(
    `insert into parent_letter (id, school_id, case_id, child_id, parent_id, template, title, body, sha256, way, sent_by, sent_at)
     values ($1, $2, $3, $4, $5, 'decided', 'A letter', 'Dear both, please ring us soon.', sha256('x'), 'page', $6, $7)`,
    [newId(), s.id, caseId, year8.id, parent.id, dsl.id, at],
  );
});
after(() => t.drop());

const read = (lines: ReadLines, part: Part) =>
  t.db.in(s.people[part].context, (tx) => lines(tx, s.people[part].viewer, s.clock.now()));

test('SAN-25 whoever has tasks reads how many wait and how many are late, and nobody else does', async () => {
  const [line] = await read(tasksToDo, 'staff');
  assert.deepEqual([line?.text, line?.href], ['2 tasks were given to you, 1 late', '/tasks']);
  for (const part of ['dsl', 'teacher', 'governor'] as const) assert.deepEqual(await read(tasksToDo, part), [], part);
});

test('SAN-32 whoever is warned is led to it, in words that tell nobody at their shoulder', async () => {
  const [line] = await read(warningsToRead, 'year8');
  assert.deepEqual([line?.text, line?.href], ['The school asks you to read something', '/me/warnings']);
  for (const part of ['year7', 'dsl'] as const) assert.deepEqual(await read(warningsToRead, part), [], part);
});

test('SAN-30 a parent is led to a letter that they have not opened', async () => {
  const [line] = await read(lettersToRead, 'parent');
  assert.deepEqual([line?.text, line?.href], ['1 letter from school to read', '/letters']);
  await t.asOwner(`update parent_letter set read_at = now()`);
  assert.deepEqual(await read(lettersToRead, 'parent'), []);
});
