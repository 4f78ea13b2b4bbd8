import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { systemContext } from '#platform/db.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type TestSchool, testSchool } from '#testing/web.ts';
import { beginDuty, evidence } from './duties.service.ts';
import { adopt, CHECK, dutyOf, moveTo, schoolWith, turnsOf } from './fixture.ts';
import { keepDuties } from './notices.service.ts';
import { dutiesOf, dutyStates } from './standing.ts';

let t: TestDatabase;
before(async () => {
  t = await testDatabase();
});
after(() => t.drop());

const mailOf = (school: TestSchool) =>
  t.asOwner(`select recipient, subject, body from mail where school_id = $1 and about_kind = 'duties' order by id`, [
    school.id,
  ]);

test('GOV-35 neither a due date nor a turn, its evidence or its notices can be changed or deleted by the application', async () => {
  const school = await schoolWith(t, CHECK);
  const { context } = school.people.ictManager;
  for (const table of ['duty_occurrence', 'duty_evidence', 'duty_notice'] as const) {
    for (const by of [context, systemContext(school.id)]) {
      await assert.rejects(
        t.db.in(by, (tx) => tx.updateTable(table).set({ id: school.id }).execute()),
        /permission denied/,
        table,
      );
      await assert.rejects(
        t.db.in(by, (tx) => tx.deleteFrom(table).execute()),
        /permission denied/,
        table,
      );
    }
  }
  const [turn] = await turnsOf(school, 'CAL-09');
  await keepDuties(school.deps);
  assert.deepEqual(await turnsOf(school, 'CAL-09'), [turn]);
});

test('another school, and whoever does not work here, sees no turn', async () => {
  const school = await schoolWith(t, CHECK);
  const other = await testSchool(t);
  assert.equal((await turnsOf(other, 'CAL-09')).length, 0);
  for (const part of ['year8', 'parent', 'visitor', 'volunteer'] as const) {
    assert.equal((await turnsOf(school, 'CAL-09', part)).length, 0, part);
  }
  assert.equal((await turnsOf(school, 'CAL-09', 'teacher')).length, 1);
});

test('nobody signs evidence with another name', async () => {
  const school = await schoolWith(t, CHECK);
  const [turn] = await turnsOf(school, 'CAL-09');
  const { context } = school.people.teacher;
  await assert.rejects(
    t.db.in(context, (tx) =>
      tx
        .insertInto('duty_evidence')
        .values({
          school_id: school.id,
          occurrence_id: turn?.id ?? '',
          at: new Date(),
          by_person: school.people.ictManager.id,
          nil: false,
          text: 'Done.',
          reference: null,
          object_kind: null,
          object_id: null,
        })
        .execute(),
    ),
    /row-level security/,
  );
});

test('GOV-35 each person gets one letter about everything that came up, without names, and the same never twice', async () => {
  const school = await schoolWith(
    t,
    CHECK,
    dutyOf('CAL-10', { title: 'Security audit' }),
    dutyOf('CAL-05', { period: { every: 'week' } }),
  );
  await keepDuties(school.deps);
  await moveTo(school, '2026-11-27');
  await keepDuties(school.deps);
  const mine = (await mailOf(school)).filter((m) => m.recipient === school.people.ictManager.id);
  assert.deepEqual(
    mine.map((m) => m.subject),
    // Three weeks of the weekly one went by.
    ['Gatehouse: 2 duties of yours have begun', 'Gatehouse: 3 duties are late'],
  );
  assert.match(mine[0]?.body, /Full security check\nDue by Monday,? 30 November 2026\.\n.*\/duties\/CAL-09/);
  const names = Object.values(school.people).flatMap((p) => p.displayName.split(' '));
  for (const m of await mailOf(school)) for (const name of names) assert.ok(!m.subject.includes(name), m.subject);
});

test('GOV-35 where nobody holds the owner’s role the second role is told instead, and where nobody holds that either it is noted', async () => {
  const school = await schoolWith(
    t,
    dutyOf('CAL-37', { owner: 'senior-risk-officer' }),
    dutyOf('CAL-38', { owner: 'communications', escalation: { role: 'publisher', afterDays: 1 } }),
  );
  const rows = await t.asOwner(
    `select o.duty, n.recipient, n.skipped from duty_notice n join duty_occurrence o on o.id = n.occurrence_id
     where n.school_id = $1 order by o.duty`,
    [school.id],
  );
  assert.deepEqual(rows, [
    { duty: 'CAL-37', recipient: school.people.head.id, skipped: null },
    { duty: 'CAL-38', recipient: null, skipped: 'nobody holds the role' },
  ]);
});

test('a new version speaks from the first turn that begins under it; what had begun keeps its date and its words', async () => {
  const school = await schoolWith(t, CHECK);
  await moveTo(school, '2026-11-10');
  await adopt(school, { duties: [{ ...CHECK, title: 'Weekly security check', period: { every: 'week' } }] });
  await keepDuties(school.deps);
  assert.deepEqual(
    (await turnsOf(school, 'CAL-09')).map((x) => x.key),
    ['2026-11'],
  );
  await moveTo(school, '2026-11-16');
  const [week, month] = await turnsOf(school, 'CAL-09');
  assert.deepEqual([week?.key, week?.policy, week?.terms.title], ['2026-W47', 2, 'Weekly security check']);
  assert.deepEqual(
    [month?.key, month?.policy, month?.terms.title, month?.state],
    ['2026-11', 1, 'Full security check', 'waiting'],
  );
  await moveTo(school, '2026-12-08');
  const all = await turnsOf(school, 'CAL-09');
  assert.equal(all.find((x) => x.key === '2026-11')?.state, 'missed');
});

test('turns that came round while nothing ran are written down as they were, missed', async () => {
  const school = await schoolWith(t, CHECK);
  await moveTo(school, '2027-02-05');
  assert.deepEqual(
    (await turnsOf(school, 'CAL-09')).map((x) => [x.key, x.state]),
    [
      ['2027-02', 'waiting'],
      ['2027-01', 'missed'],
      ['2026-12', 'missed'],
      ['2026-11', 'missed'],
    ],
  );
});

test('CAL-50 the 72 hours of a breach run from when it was learned of, once an event, and every event has its own', async () => {
  const breach = dutyOf('CAL-50', {
    owner: 'head',
    period: { after: 'a breach', within: { minutes: 72 * 60 } },
    escalation: { role: 'dsl', afterDays: 0 },
  });
  const school = await schoolWith(t, breach);
  const { context } = school.people.head;
  const at = school.clock.now() - HOUR;
  const begin = (key: string) =>
    t.db.in(context, (tx) => beginDuty(tx, school.deps, context, { duty: 'CAL-50', at, about: 'A lost laptop', key }));
  assert.ok(await begin('laptop'));
  assert.equal(await begin('laptop'), null);
  assert.ok(await begin('letter'));
  const all = await turnsOf(school, 'CAL-50');
  assert.deepEqual(
    all.map((x) => x.due),
    [at + 72 * HOUR, at + 72 * HOUR],
  );
  school.clock.advance(71 * HOUR - MINUTE);
  await keepDuties(school.deps);
  const late = async () =>
    (await mailOf(school)).filter((m) => m.recipient === school.people.dsl.id).map((m) => m.subject);
  assert.deepEqual(await late(), []);
  school.clock.advance(2 * MINUTE);
  await keepDuties(school.deps);
  assert.deepEqual(await late(), ['Gatehouse: 2 duties are late']);
  assert.ok((await turnsOf(school, 'CAL-50')).every((x) => x.state === 'late'));
});

test('CAL-41 what Gatehouse does by itself is its own evidence, once a turn, and its absence is told', async () => {
  const school = await schoolWith(
    t,
    dutyOf('CAL-41', {
      evidence: { form: 'automatic', text: 'A certificate' },
      owner: 'system',
      deputy: 'ict-manager',
      period: { every: 'day' },
    }),
  );
  assert.deepEqual(await mailOf(school), []);
  const system = systemContext(school.id);
  const give = () =>
    t.db.in(system, (tx) => evidence(tx, school.deps, system, { duty: 'CAL-41', text: '3 days were deleted.' }));
  assert.ok(await give());
  assert.equal(await give(), null);
  school.clock.advance(DAY);
  assert.ok(await give(), 'the next day begins with its first evidence, also before the job has run');
  assert.deepEqual(
    (await turnsOf(school, 'CAL-41')).map((x) => x.state),
    ['done', 'done'],
  );
  await moveTo(school, '2026-11-09');
  const told = (await mailOf(school)).map((m) => m.recipient);
  assert.deepEqual(new Set(told), new Set([school.people.ictManager.id, school.people.head.id]));
  assert.equal(
    await t.db.in(system, (tx) => evidence(tx, school.deps, system, { duty: 'CAL-99', text: 'No such duty.' })),
    null,
  );
});

test('the door says how every duty stands, and which are somebody’s own', async () => {
  const school = await schoolWith(t, CHECK, dutyOf('CAL-32', { owner: 'dsl', period: { every: 'term' } }));
  const { context } = school.people.head;
  const read = () => t.db.in(context, (tx) => dutyStates(tx, school.clock.now()));
  assert.deepEqual(
    (await read()).map((d) => [d.id, d.state, d.owner, d.clause]),
    [
      ['CAL-09', 'waiting', 'ict-manager', 'roles.dsl'],
      ['CAL-32', 'waiting', 'dsl', 'roles.dsl'],
    ],
  );
  await moveTo(school, '2026-11-28');
  assert.equal((await read())[0]?.state, 'due');
  await moveTo(school, '2026-12-02');
  assert.equal((await read())[0]?.state, 'missed');
  const own = await t.db.in(context, (tx) => dutiesOf(tx, ['staff', 'dsl'], school.clock.now()));
  assert.deepEqual(
    own.map((d) => [d.duty.id, d.answers]),
    [['CAL-32', true]],
  );
});
