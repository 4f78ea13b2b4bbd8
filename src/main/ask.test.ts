import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { contextOf as blockContext, renderBlockPage } from '#gateway/block-page/index.ts';
import { systemContext } from '#platform/db.ts';
import { decideChange, submitChange } from '#rooms/filtering/changes/changes.service.ts';
import { lesson, lessonSchool } from '#rooms/filtering/changes/testing.ts';
import { buildSnapshot, currentIndex, filteringRoom } from '#rooms/filtering/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { gatewayWith } from '#testing/gateway.ts';
import { type Pages, type Part, pagesFor, type TestSchool } from '#testing/web.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
let reference: string;
const SITE = 'marches.example';

before(async () => {
  t = await testDatabase();
  school = await lessonSchool(t);
  pages = await pagesFor(school.deps, filteringRoom(school.deps, { onGatewayTrouble: async () => undefined }));
  reference = await submitChange(school.deps, school.people.teacher.viewer, lesson({ sites: SITE }), 'ask');
  await decideChange(school.deps, school.people.filterApprover.viewer, reference, {
    approved: [SITE],
    refused: {},
    reason: '',
  });
  school.clock.advance(Date.parse('2026-11-05T11:30:00Z') - school.clock.now());
});
after(async () => {
  await pages.close();
  await t.drop();
});

/** What tells of somebody else's opening: its class, its name, its topic, its reason, its end, who asked. */
const secrets = () => ['8B', reference, 'fascism', 'archives', '12:05', 'Theo', 'pened for'];
const hides = (body: string, whom: string) => {
  for (const secret of secrets()) assert.ok(!body.includes(secret), `${whom} reads “${secret}”`);
};
const asking = (part: Part | null) =>
  pages.as(part && school.people[part]).post('/ask', {
    site: SITE,
    reason: 'I should like to read it at home.',
    ...(part === null && { school: school.slug }),
  });

test('FCR-08 FCR-05 whoever asks for a site learns nothing of an opening that is for others', async () => {
  for (const part of ['year7', 'parent', null] as const) {
    const answer = await asking(part);
    assert.match(answer.body, /Somebody will look at it/, String(part));
    hides(answer.body, String(part));
    hides(
      (await pages.as(part && school.people[part]).get(`/ask?site=${SITE}&school=${school.slug}`)).body,
      String(part),
    );
  }
});

test('FCR-08 a pupil of the class is told that the site is open to them, and no more', async () => {
  const answer = await asking('year8');
  assert.match(answer.body, /This site is open to you/);
  hides(answer.body, 'year8');
});

test('FCR-08 the block page of everybody else says nothing of the opening', async () => {
  const { snapshot, index } = await t.db.in(systemContext(school.id), async (tx) => ({
    snapshot: await buildSnapshot(tx, school.deps),
    index: await currentIndex(school.deps, tx),
  }));
  assert.ok(snapshot && index);
  const judge = gatewayWith(snapshot, index, school.clock);
  const client = (part: Part) => judge.identify('192.0.2.7', school.people[part].id);
  assert.equal(judge.judge(client('year8'), SITE).outcome, 'allow');
  for (const who of [client('year7'), client('parent'), judge.identify('192.0.2.8')]) {
    const judgement = judge.judge(who, SITE);
    assert.equal(judgement.outcome, 'block');
    hides(renderBlockPage(blockContext(snapshot), judgement, SITE, who), who.profile);
  }
});

test('FCR-08 no page of changes is open to pupils, and the database shows them none', async () => {
  const pupil = pages.as(school.people.year7);
  for (const url of [
    '/filtering/changes',
    `/filtering/changes/${reference}`,
    '/filtering/changes/report',
    '/filtering/reports',
  ]) {
    assert.equal((await pupil.get(url)).statusCode, 403, url);
  }
  const { context } = school.people.year7;
  for (const table of ['filter_change', 'filter_change_site', 'filter_change_step', 'site_report'] as const) {
    assert.deepEqual(await t.db.in(context, (tx) => tx.selectFrom(table).selectAll().execute()), [], table);
  }
});
