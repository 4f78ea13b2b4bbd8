import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY } from '#core/clock.ts';
import { logCase } from '#rooms/incidents/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import { casesLate } from './late-cases.lines.ts';

let t: TestDatabase;
let s: TestSchool;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'secondary-school' });
});
after(() => t.drop());

const lines = (part: Part) =>
  t.db.in(s.people[part].context, (tx) => casesLate(tx, s.people[part].viewer, s.clock.now()));

test('SAN-01 INC-24 Today says which cases are late, only to those who may see them', async () => {
  const { reference } = await logCase(s.deps, s.people.staff.viewer, {
    title: 'Unkind messages',
    category: 'bullying',
    urgency: 'soon',
    happenedOn: '2026-11-02',
    people: [s.people.head.id],
    text: 'Two pupils told me of messages from last night.',
  });
  assert.deepEqual(await lines('dsl'), []);
  s.clock.advance(3 * DAY);
  const [line] = await lines('dsl');
  assert.deepEqual([line?.tone, line?.text, line?.note], ['amber', '1 case in which something is late', reference]);
  for (const part of ['head', 'teacher', 'ictManager'] as const) assert.deepEqual(await lines(part), [], part);
});
