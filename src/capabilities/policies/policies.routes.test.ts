import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { shippedPolicy } from '#policy/index.ts';
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

test('only the page for everyone is open to everyone', async () => {
  assert.equal(await everyRouteDenies(pages, school), pages.app.routeTable.filter((r) => r.access !== 'public').length);
});

test('anyone reads the policy in force: every clause at its own anchor, the table, the notice', async () => {
  const page = await pages.as(null).get('/policy');
  assert.equal(page.statusCode, 200);
  const document = shippedPolicy('secondary-school');
  for (const clause of document.clauses) assert.ok(page.body.includes(`id="${clause.id}"`), clause.id);
  for (const profile of document.profiles) assert.ok(page.body.includes(profile.name), profile.name);
  assert.match(page.body, /Version 1, in force since/);
  assert.ok(page.body.includes(document.notice.text.slice(0, 60)));
});

test('who holds a role is told to the adults of the school and to nobody else', async () => {
  const { dsl } = school.people;
  const named = async (who: Parameters<Pages['as']>[0]) =>
    (await pages.as(who).get('/policy')).body.includes(dsl.displayName);
  assert.equal(await named(school.people.parent), true);
  assert.equal(await named(dsl), true);
  assert.equal(await named(school.people.year8), false);
  assert.equal(await named(null), false);
});

test('the kinds of site can be searched', async () => {
  const page = await pages.as(null).get('/policy?q=gambling');
  assert.match(page.body, /<th scope="row">Gambling<\/th>/);
  assert.doesNotMatch(page.body, /<th scope="row">Games<\/th>/);
  assert.match((await pages.as(null).get('/policy?q=zzz')).body, /No kind of site matches/);
});

test('with several schools the reader chooses; whoever is signed in reads their own', async () => {
  const other = await testSchool(t);
  const choice = await pages.as(null).get('/policy');
  assert.ok(choice.body.includes(`/policy?school=${other.slug}`) && choice.body.includes(school.slug));
  assert.match((await pages.as(null).get(`/policy?school=${school.slug}`)).body, /Version 1, in force/);
  assert.match((await pages.as(null).get(`/policy?school=${other.slug}`)).body, /No policy is in force yet/);
  assert.match((await pages.as(school.people.year7).get(`/policy?school=${other.slug}`)).body, /Version 1, in force/);
  assert.equal((await pages.as(null).get('/policy?school=no-such-school')).statusCode, 404);
});
