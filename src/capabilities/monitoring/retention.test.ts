import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { DAY, HOUR } from '#core/clock.ts';
import { contextOf } from '#web/index.ts';
import { type Bench, monitored } from './fixture.ts';
import { verifyActivity } from './integrity.service.ts';
import { deleteExpired, placeHold, releaseHold } from './retention.service.ts';

let b: Bench;
let other: Bench;
before(async () => {
  b = await monitored();
  other = await monitored({ policy: 'tuition-centre', config: b.school.deps.config, clock: b.school.clock }, b.t);
});
after(() => b.t.drop());

const lines = async (where: Bench, table = 'activity') =>
  Number((await b.t.asOwner(`select count(*) as n from ${table} where school_id = $1`, [where.school.id]))[0]?.n);
const faults = async (where = b) => (await verifyActivity(b.school.deps.db, where.school.id)).faults;
/** Change the store behind the application's back, look, and put it back. */
async function tampered(change: string, undo: string): Promise<readonly string[]> {
  await b.t.asOwner(change);
  const found = await faults();
  await b.t.asOwner(undo);
  assert.deepEqual(await faults(), []);
  return found;
}

test('MON-12 a stored line that is changed, moved, added or taken out is found, and its batch is named', async () => {
  const now = b.school.clock.now();
  const { year7, year8 } = b.school.people;
  for (const batch of [1, 2, 3]) {
    const person = batch === 1 ? null : year8.id;
    await b.deliver(
      [0, 1, 2].map((h) => b.event({ t: now - h * HOUR, outcome: 'allow', person, address: '2001:db8:0:0:1::9' })),
      batch,
    );
  }
  assert.deepEqual(await verifyActivity(b.school.deps.db, b.school.id), {
    batches: 3,
    lines: 9,
    deleted: 0,
    faults: [],
  });
  const at = `gateway_id = '${b.gateway.id}' and batch = 2 and line = 2`;
  const named = `batch ${b.gateway.id}/2`;

  const changes: [string, string, string][] = [
    [`host = 'innocent.example'`, `host = 'games.example'`, 'a line of 2026-11-03 was changed'],
    [`person_id = '${year7.id}'`, `person_id = '${year8.id}'`, 'a line of 2026-11-03 was changed'],
    [`count = 9`, `count = 1`, 'a line of 2026-11-03 was changed'],
    [`at = at - interval '1 minute'`, `at = at + interval '1 minute'`, 'a line of 2026-11-03 was changed'],
  ];
  for (const [set, back, says] of changes) {
    const undo = `update activity set ${back} where ${at}`;
    assert.deepEqual(await tampered(`update activity set ${set} where ${at}`, undo), [`${named}: ${says}`]);
  }
  await b.t.asOwner(`create table kept as select * from activity where ${at}`);
  assert.deepEqual(await tampered(`delete from activity where ${at}`, 'insert into activity select * from kept'), [
    `${named}: 2 lines of 2026-11-03 instead of 3`,
  ]);
  const stray = `insert into activity select school_id, at, gateway_id, 99, line, via, person_id, device_id, address, profile, host,
    category, outcome, rule, clause, snapshot, list, count from kept`;
  assert.deepEqual(await tampered(stray, 'delete from activity where batch = 99'), [
    `batch ${b.gateway.id}/99 stands in the activity but not in the ledger`,
  ]);
});

test('MON-12 the application’s own role can neither change nor delete what it has stored', async () => {
  for (const statement of ['update activity set host = host', 'delete from activity', 'delete from activity_held']) {
    await assert.rejects(
      b.school.deps.db.in(b.school.people.dsl.context, (tx) => sql.raw(statement).execute(tx)),
      /permission denied/,
    );
  }
});

test('MON-12 activity is deleted on its day, save what a hold keeps; and it still verifies', async () => {
  const { clock, deps, people } = b.school;
  const old = clock.now() - 200 * DAY;
  const events = (bench: Bench) => [
    bench.event({ t: old, outcome: 'allow' }),
    bench.event({ t: old, outcome: 'allow', person: bench.school.people.year7.id }),
    bench.event({ t: clock.now(), outcome: 'allow' }),
  ];
  await b.deliver(events(b), 10);
  // 180 days there, so the two old lines are not even stored.
  assert.equal((await other.deliver(events(other), 10)).accepted, 1);
  const mixed = await lines(b);

  // Here 365 days are kept: nothing is due yet.
  await deleteExpired(deps);
  assert.equal(await lines(b), mixed);

  const by = contextOf(people.dsl.viewer);
  const hold = await deps.db.in(by, (tx) =>
    placeHold(tx, deps, by, {
      person: people.year8.id,
      from: new Date(old - HOUR),
      until: new Date(old + HOUR),
      reason: 'A case needs it.',
    }),
  );
  clock.advance(170 * DAY);
  await deleteExpired(deps);
  assert.equal(await lines(b), mixed - 2);
  assert.equal(await lines(b, 'activity_held'), 1);
  const verified = await verifyActivity(deps.db, b.school.id);
  assert.deepEqual([verified.faults, verified.deleted], [[], 1]);

  await b.t.asOwner(`update activity_held set host = 'innocent.example'`);
  assert.deepEqual(await faults(), ['activity that holds keep was changed since the last deletion run']);
  await b.t.asOwner(`update activity_held set host = 'games.example'`);

  await deps.db.in(by, (tx) => releaseHold(tx, deps, by, hold));
  await deleteExpired(deps);
  assert.equal(await lines(b, 'activity_held'), 0);
  assert.deepEqual(await faults(), []);
});

test('MON-12 each school’s own policy says how long: one school’s deletion leaves another’s days alone', async () => {
  const { clock, deps } = b.school;
  const t = clock.now() - 179 * DAY;
  await b.deliver([b.event({ t, outcome: 'allow' })], 20);
  await other.deliver([other.event({ t, outcome: 'allow' })], 20);
  const [mine, theirs] = [await lines(b), await lines(other)];
  clock.advance(2 * DAY);
  await deleteExpired(deps);
  // Two went there: the line just delivered, and the one from before the clock was moved.
  assert.deepEqual([await lines(b), theirs - (await lines(other)) > 0], [mine, true]);
  assert.deepEqual(await faults(b), []);
  assert.deepEqual(await faults(other), []);

  const days = async () =>
    Number((await b.t.asOwner(`select count(*) as n from pg_inherits where inhparent = 'activity'::regclass`))[0]?.n);
  const before = await days();
  clock.advance(400 * DAY);
  await deleteExpired(deps);
  assert.deepEqual([await lines(b), await lines(other)], [0, 0]);
  assert.ok((await days()) < before);
});

test('MON-12 each deletion run stands in the ledger with what it deleted', async () => {
  const [last] = await b.t.asOwner<{ detail: { before: string; days: number; deleted: number; kept: number } }>(
    `select detail from ledger_entry where action = 'activity.retention' and school_id = $1 order by id desc limit 1`,
    [b.school.id],
  );
  assert.equal(last?.detail.before, new Date(b.school.clock.now() - 365 * DAY).toISOString().slice(0, 10));
  assert.ok((last?.detail.deleted ?? 0) > 0);
});

test('CAL-41 the nightly run is its own evidence, once a day', async () => {
  const { deps, id, clock } = b.school;
  const given = async () =>
    (
      await b.t.asOwner(
        `select o.key, e.by_person from duty_evidence e join duty_occurrence o on o.id = e.occurrence_id
         where o.school_id = $1 and o.duty = 'CAL-41' order by o.key`,
        [id],
      )
    ).map((e) => [e.key, e.by_person]);
  const before = (await given()).length;
  clock.advance(DAY);
  await deleteExpired(deps);
  await deleteExpired(deps);
  const after = await given();
  assert.equal(after.length, before + 1);
  assert.deepEqual(after.at(-1), [new Date(clock.now()).toISOString().slice(0, 10), null]);
});
