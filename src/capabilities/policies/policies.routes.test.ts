import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { policiesRoom } from './policies.routes.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  school = await testSchool(t, { policy: 'secondary-school' });
  pages = await pagesFor(school.deps, policiesRoom(school.deps));
});
after(async () => {
  await pages.close();
  await t.drop();
});

test('what is done with a policy is open to those whose duty it is alone', async () => {
  const closed = pages.app.routeTable.filter((r) => r.access !== 'public');
  assert.ok(closed.length > 10);
  assert.equal(await everyRouteDenies(pages, school), closed.length);
});
