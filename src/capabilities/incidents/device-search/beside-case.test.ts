import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Part, pagesFor, type TestSchool } from '#testing/web.ts';
import { incidentsRoom, logCase } from '../index.ts';
import { searchSchool } from './fixture.ts';

let t: TestDatabase;
before(async () => {
  t = await testDatabase();
});
after(() => t.drop());

/** The page of a case about a pupil, as these people read it. */
async function casePages(s: TestSchool, parts: readonly Part[]): Promise<{ reference: string; bodies: string[] }> {
  const { dsl, year8 } = s.people;
  const { reference } = await logCase(s.deps, dsl.viewer, {
    title: 'A phone in a lesson',
    category: 'bullying',
    happenedOn: '2026-11-02',
    text: 'The phone was on in the lesson.',
    people: [year8.id],
    urgency: 'soon',
  });
  const pages = await pagesFor(s.deps, incidentsRoom(s.deps));
  const bodies = [];
  for (const part of parts) bodies.push((await pages.as(s.people[part]).get(`/cases/${reference}`)).body);
  await pages.close();
  return { reference, bodies };
}

test('DEV-12 a case leads those who may search to taking a device with its reference, and shows the searches that belong to it', async () => {
  const { s, start } = await searchSchool(t);
  const { reference, bodies } = await casePages(s, ['head', 'dsl']);
  const [head = '', dsl = ''] = bodies;
  assert.ok(head.includes(`/device-searches/new?case=${reference}`));
  assert.ok(!dsl.includes('/device-searches/new'), 'the list of those who may search does not name the DSL');
  const search = await start('head', { case: reference });
  const pages = await pagesFor(s.deps, incidentsRoom(s.deps));
  const page = await pages.as(s.people.dsl).get(`/cases/${reference}`);
  assert.ok(page.body.includes(`/device-searches/${search}`));
  await pages.close();
});

test('D23 where the policy has no searching of devices a case does not speak of it', async () => {
  const { s } = await searchSchool(t, 'tuition-centre');
  const { bodies } = await casePages(s, ['head', 'dsl']);
  for (const body of bodies) assert.doesNotMatch(body, /device-searches/);
});
