import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '#testing/database.ts';
import { everyRouteDenies, pagesFor, testSchool } from '#testing/web.ts';
import { policiesRoom } from './policies.routes.ts';

test('nothing that is done with a policy is open to the public, and every page to those whose duty it is alone', async () => {
  const t = await testDatabase();
  const school = await testSchool(t, { policy: 'secondary-school' });
  const pages = await pagesFor(school.deps, policiesRoom(school.deps));
  assert.ok(pages.app.routeTable.length > 10);
  assert.equal(await everyRouteDenies(pages, school), pages.app.routeTable.length);
  await pages.close();
  await t.drop();
});
