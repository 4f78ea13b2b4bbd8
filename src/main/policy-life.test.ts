import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SECOND } from '#core/clock.ts';
import { open, type Snapshot } from '#policy/index.ts';
import { enrolGateway, filteringRoom } from '#rooms/filtering/index.ts';
import { filteringSchool } from '#rooms/filtering/testing.ts';
import { adoptPolicy } from '#rooms/policies/index.ts';
import { approval, draftIn, reviewed } from '#rooms/policies/life/fixture.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, pagesFor, type TestSchool } from '#testing/web.ts';
import { allJobs } from './rooms.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  school = await filteringSchool(t);
  pages = await pagesFor(school.deps, filteringRoom(school.deps, { onGatewayTrouble: async () => undefined }));
});
after(async () => {
  await pages.close();
  await t.drop();
});

test('GOV-33 a waiting gateway is handed the policy dated ahead within ten seconds of its moment, and not before', async () => {
  const { deps, people, clock } = school;
  const by = people.ictManager.context;
  await t.db.in(by, (tx) => adoptPolicy(tx, deps, by, reviewed(), { approver: null }));
  const token = await t.db.in(by, (tx) => enrolGateway(tx, deps, by, 'Main building'));
  const [keys] = await t.asOwner<{ key: string }>('select signing_public as key from installation');
  const ask = async (snapshot: number): Promise<Snapshot | null> => {
    const answer = await pages.app.inject({
      url: `/gateway/feed?snapshot=${snapshot}&presence=${Number.MAX_SAFE_INTEGER}`,
      headers: { authorization: `Bearer ${token}` },
    });
    const sealed = answer.statusCode === 200 ? answer.json().snapshot : undefined;
    const opened = sealed === undefined ? null : open<Snapshot>(sealed, keys?.key ?? '');
    return opened?.ok ? opened.part : null;
  };

  const draft = await draftIn(school, { ...reviewed(), title: 'From noon' });
  await draft.consulted();
  await draft.step('leadGovernor', { ...approval, effectiveAt: '12:00' });
  await allJobs(deps).tasks['policy.tend']?.({});
  const first = await ask(0);
  assert.equal(first?.policy.title, reviewed().title);

  const waiting = ask(first?.number ?? 0);
  clock.advance(Date.parse('2026-11-03T12:00:00Z') - clock.now());
  const from = performance.now();
  await allJobs(deps).tasks['policy.tell']?.({ school: school.id });
  assert.equal((await waiting)?.policy.title, 'From noon');
  assert.ok(performance.now() - from < 10 * SECOND);
});
