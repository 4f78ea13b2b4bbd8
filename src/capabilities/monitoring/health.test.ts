import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { systemContext } from '#platform/db.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type TestSchool, testSchool } from '#testing/web.ts';
import { openAlerts } from './alerts.service.ts';
import { listAlert, proofAlert } from './health.service.ts';

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

test('FIL-05 a proof that failed alerts those who run the filter and the safeguarding lead; what is grave is urgent, and one alert stays one', async () => {
  const own = await testSchool(t, { policy: 'secondary-school' });
  const { deps, people } = own;
  const gateway = newId();
  const say = (kind: 'urgent' | 'failed' | 'overdue' | 'mended', ...lines: string[]) =>
    t.db.in(systemContext(own.id), (tx) =>
      proofAlert(tx, deps, { kind, school: own.id, gateway, from: deps.clock.now(), lines }),
    );
  const open = (who: typeof people.dsl) => t.db.in(who.context, (tx) => openAlerts(tx));

  await say('mended', 'All is well.');
  assert.deepEqual(await open(people.dsl), [], 'that all is well is no alert');
  await say('overdue', 'No proof for 26 hours.');
  own.clock.advance(DAY);
  await say('urgent', 'A help service was closed: help.example.', 'Another: more.example.');
  own.clock.advance(DAY);
  await say('mended', 'All is well again.');
  for (const who of [people.dsl, people.ictManager]) {
    const alerts = await open(who);
    assert.deepEqual(alerts.map((a) => [a.urgency, a.evidence.map((l) => l.text)]).sort(), [
      ['soon', ['No proof for 26 hours.', 'All is well again.']],
      ['urgent', ['A help service was closed: help.example.', 'Another: more.example.', 'All is well again.']],
    ]);
    assert.ok(alerts.every((a) => a.subject === null));
  }
  assert.deepEqual(await open(people.teacher), []);
  const letters = await t.asOwner('select subject, recipient from mail where school_id = $1', [own.id]);
  assert.deepEqual([...new Set(letters.map((l) => l.recipient))].sort(), [people.dsl.id, people.ictManager.id].sort());
  assert.ok(letters.some((l) => /urgent/i.test(l.subject)));
});
