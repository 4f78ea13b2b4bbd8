import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { systemContext } from '#platform/db.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type TestSchool, testSchool } from '#testing/web.ts';
import { openAlerts } from './alerts.service.ts';
import { listAlert } from './health.service.ts';

let t: TestDatabase;
let school: TestSchool;
before(async () => {
  t = await testDatabase();
  school = await testSchool(t, { policy: 'secondary-school' });
});
after(() => t.drop());

test('FIL-03 an old list is one alert, which reaches those who run the filter and the safeguarding lead by letter', async () => {
  const { deps, people } = school;
  const source = newId();
  const say = (kind: 'held' | 'stale' | 'fresh', text: string) =>
    t.db.in(systemContext(school.id), (tx) =>
      listAlert(tx, deps, { kind, school: school.id, source, from: deps.clock.now(), text }),
    );
  const open = (who: typeof people.dsl) => t.db.in(who.context, (tx) => openAlerts(tx));

  await say('fresh', 'The list “games” is up to date again.');
  assert.deepEqual(await open(people.dsl), [], 'that nothing is wrong is no alert');

  await say('stale', 'The list “games” has not been brought up to date for 49 hours.');
  school.clock.advance(DAY);
  await say('held', 'A new version of the list “games” is held.');
  await say('fresh', 'The list “games” is up to date again.');
  for (const who of [people.dsl, people.ictManager]) {
    const [alert, ...others] = await open(who);
    assert.deepEqual(others, []);
    assert.deepEqual(
      alert?.evidence.map((l) => l.via),
      ['stale', 'held', 'fresh'],
    );
  }
  assert.deepEqual(await open(people.teacher), []);
  const letters = await t.asOwner('select distinct recipient from mail where school_id = $1', [school.id]);
  assert.deepEqual(letters.map((l) => l.recipient).sort(), [people.dsl.id, people.ictManager.id].sort());
});
