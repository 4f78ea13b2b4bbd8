import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY } from '#core/clock.ts';
import { policiesJobs } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import { myDuties } from './duties.lines.ts';

let t: TestDatabase;
let school: TestSchool;
before(async () => {
  t = await testDatabase();
  school = await testSchool(t, { policy: 'secondary-school' });
});
after(() => t.drop());

const keep = async () => policiesJobs(school.deps).tasks['duties.keep']?.({});
const lines = (part: Part) => {
  const { context, viewer } = school.people[part];
  return t.db.in(context, (tx) => myDuties(tx, viewer, school.clock.now()));
};

test('GOV-35 whoever answers for duties reads on Today how many are due and how many are late, and nobody else does', async () => {
  await keep();
  const [before] = await lines('ictManager');
  // Three weekly and two daily ones; the system's own is its deputy's to look after.
  assert.match(before?.text ?? '', /^\d+ duties of yours are due$/);
  assert.equal(before?.href, '/duties?show=mine');
  assert.match(before?.note ?? '', / and \d+ more$/);
  assert.deepEqual(await lines('teacher'), []);
  // Nothing ran for two days, so what was due on them is late.
  school.clock.advance(2 * DAY);
  assert.match((await lines('ictManager'))[0]?.text ?? '', /duties of yours are due, \d+ late$/);
});
