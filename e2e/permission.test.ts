import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { currentIndex } from '../src/capabilities/filtering/index.ts';
import { sealedSnapshot } from '../src/capabilities/filtering/snapshot.service.ts';
import { filteringSchool, testFolder } from '../src/capabilities/filtering/testing.ts';
import { policiesRoom } from '../src/capabilities/policies/index.ts';
import { writeMoment } from '../src/capabilities/policies/permissions/permissions.rules.ts';
import { HOUR } from '../src/core/clock.ts';
import { GatewayState } from '../src/gateway/state.ts';
import { open, type Snapshot } from '../src/policy/index.ts';
import { type TestDatabase, testDatabase } from '../src/testing/database.ts';
import { type Pages, type Part, pagesFor, type TestSchool } from '../src/testing/web.ts';

const HOST = 'messenger.example';
let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
let gateway: GatewayState;
before(async () => {
  t = await testDatabase();
  s = await filteringSchool(t, { lists: testFolder({ 'messaging/domains': `${HOST}\n` }) });
  pages = await pagesFor(s.deps, policiesRoom(s.deps));
  gateway = new GatewayState(s.clock);
});
after(async () => {
  await pages.close();
  await t.drop();
});

/** What a gateway does on hearing that there is something new: fetch the signed snapshot, check it, use it. */
async function fetchSnapshot(): Promise<void> {
  const sealed = await sealedSnapshot(s.deps, s.id);
  const [key] = await t.asOwner<{ signing_public: string }>('select signing_public from installation');
  const index = await t.db.in(s.people.administrator.context, (tx) => currentIndex(s.deps, tx));
  const opened = open<Snapshot>(sealed ?? '', key?.signing_public ?? '');
  assert.ok(opened.ok && index);
  gateway.use(opened.part, index);
}
const opens = (part: Part) => gateway.judge(gateway.identify('192.0.2.1', s.people[part].id), HOST).outcome === 'allow';

test('COM-08 COM-12 a permission given on the page opens messaging at the gateway for that pupil alone, and closes at its end though control is gone', async () => {
  await fetchSnapshot();
  assert.deepEqual([opens('year8'), opens('year7')], [false, false]);

  const given = await pages.as(s.people.teacher).post('/permissions/COM-08/pupil', {
    person: s.people.year8.id,
    purpose: 'Writing to our partner school',
    from: writeMoment(s.clock.now() + HOUR, 'Europe/London'),
    until: writeMoment(s.clock.now() + 2 * HOUR, 'Europe/London'),
  });
  assert.equal(given.statusCode, 303, given.body);
  await fetchSnapshot();
  await pages.close();

  assert.equal(opens('year8'), false, 'before it begins');
  s.clock.advance(HOUR);
  assert.deepEqual([opens('year8'), opens('year7'), opens('staff')], [true, false, false]);
  s.clock.advance(HOUR - 1);
  assert.equal(opens('year8'), true, 'up to the last millisecond');
  s.clock.advance(1);
  assert.equal(opens('year8'), false, 'ended with nobody there to end it');
});
