import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Refusal } from '#core/errors.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { decide, profileFor, shippedPolicy } from '#policy/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type TestSchool, testSchool } from '#testing/web.ts';
import { adoptPolicy, policyInForce, profilesInForce, shippedPolicies } from './policies.service.ts';

let t: TestDatabase;
let school: TestSchool;
before(async () => {
  t = await testDatabase();
  school = await testSchool(t);
});
after(() => t.drop());

const adopt = (id: 'tuition-centre' | 'secondary-school', approver: string | null = school.people.head.id) =>
  t.db.in(school.people.administrator.context, (tx) =>
    adoptPolicy(tx, school.deps, school.people.administrator.context, shippedPolicy(id), { approver }),
  );
const inForce = () => t.db.in(school.people.teacher.context, (tx) => policyInForce(tx, school.clock.now()));

test('two policies ship, one of each model', () => {
  assert.deepEqual(new Set(shippedPolicies().map((p) => p.model)), new Set(['G', 'B']));
  assert.ok(shippedPolicies().every((p) => p.title.length > 5));
});

test('GOV-33 with G in force the answers are G’s, with B in force they are B’s, and each adoption names author, approver and date', async () => {
  assert.equal(await inForce(), null);
  const answer = async () => {
    const policy = await inForce();
    assert.ok(policy);
    const profile = profileFor(policy.document, { kind: 'staff' });
    const of = (category: string) =>
      decide(policy.compiled, profile, { categories: [category], at: school.clock.now() });
    return { video: of('video-sharing'), games: of('gambling'), number: policy.number };
  };

  assert.deepEqual(await adopt('tuition-centre'), { number: 1 });
  const g = await answer();
  assert.equal(g.video.outcome, 'block');
  assert.equal(g.video.because.rule, 'UAR-25');
  assert.equal(g.games.because.rule, 'UAR-20');

  school.clock.advance(60_000);
  assert.deepEqual(await adopt('secondary-school'), { number: 2 });
  const b = await answer();
  assert.equal(b.video.outcome, 'allow');
  assert.equal(b.games.because.rule, 'RSK-04');
  assert.equal(b.number, 2);

  const rows = await t.asOwner(
    `select number, author, approver, in_force_from from policy_version where school_id = $1 order by number`,
    [school.id],
  );
  assert.deepEqual(
    rows.map((r) => [r.number, r.author, r.approver]),
    [1, 2].map((n) => [n, school.people.administrator.id, school.people.head.id]),
  );
  assert.equal(rows[1]?.in_force_from.getTime() - rows[0]?.in_force_from.getTime(), 60_000);
});

test('an adoption is in the ledger with the digest of the text, and gateways are told', async () => {
  const before = await t.asOwner(`select snapshot_number from school where id = $1`, [school.id]);
  const { number } = await adopt('tuition-centre');
  const [after] = await t.asOwner(`select snapshot_number from school where id = $1`, [school.id]);
  assert.ok(BigInt(after?.snapshot_number) > BigInt(before[0]?.snapshot_number));
  const [entry] = await t.asOwner(
    `select actor, detail from ledger_entry where school_id = $1 and action = 'policy.adopt' order by id desc limit 1`,
    [school.id],
  );
  const digest = createHash('sha256')
    .update(JSON.stringify(shippedPolicy('tuition-centre')))
    .digest('hex');
  assert.equal(entry?.actor, school.people.administrator.id);
  assert.deepEqual([entry?.detail.number, entry?.detail.digest], [number, digest]);
});

test('GOV-33 nobody approves the policy they bring in, and a document with faults changes nothing', async () => {
  const number = (await inForce())?.number;
  await assert.rejects(
    adopt('secondary-school', school.people.administrator.id),
    (e) => e instanceof Refusal && e.code === 'policy.same-person',
  );
  const by = school.people.administrator.context;
  const broken = { ...shippedPolicy('secondary-school'), clauses: [] };
  await assert.rejects(
    t.db.in(by, (tx) => adoptPolicy(tx, school.deps, by, broken, { approver: null })),
    (e) => e instanceof Refusal && e.code === 'policy.invalid',
  );
  assert.equal((await inForce())?.number, number);
});

test('adoptions at the same moment get different numbers', async () => {
  const numbers = await Promise.all([adopt('secondary-school'), adopt('tuition-centre'), adopt('secondary-school')]);
  assert.equal(new Set(numbers.map((n) => n.number)).size, 3);
});

test('a version that is in force cannot be changed or deleted by the application', async () => {
  const by = school.people.administrator.context;
  await assert.rejects(
    t.db.in(by, (tx) => tx.deleteFrom('policy_version').execute()),
    /permission denied/,
  );
  await assert.rejects(
    t.db.in(by, (tx) => tx.updateTable('policy_version').set({ id: by.school }).execute()),
    /permission denied/,
  );
});

test('a school reads only its own policy, and forms get the profiles of the one in force', async () => {
  const other = await testSchool(t);
  assert.equal(await t.db.in(other.people.head.context, (tx) => policyInForce(tx, school.clock.now())), null);
  assert.deepEqual(await t.db.in(other.people.head.context, (tx) => profilesInForce(tx, school.clock.now())), []);
  const ids = (await t.db.in(school.people.head.context, (tx) => profilesInForce(tx, school.clock.now()))).map(
    (p) => p.id,
  );
  assert.ok(ids.includes('staff') && ids.includes('unidentified'));
});

test('what a command has only begun to change is not kept for others', async () => {
  await adopt('secondary-school');
  const before = await inForce();
  const by = school.people.administrator.context;
  const within = await t.db.in(by, async (tx) => {
    await bumpSnapshot(tx, by.school);
    await policyInForce(tx, school.clock.now());
    await tx
      .insertInto('timetable_slot')
      .values({ school_id: by.school, name: 'Lunch', kind: 'lunch', days: [1], from_time: '12:00', to_time: '13:00' })
      .execute();
  });
  assert.equal(within, undefined);
  assert.equal(before?.may.timetable, null);
  const at = school.clock.now();
  await t.asOwner(`insert into term (school_id, name, starts, ends) values ($1, 'Term', '2026-01-01', '2026-12-31')`, [
    school.id,
  ]);
  const after = await t.db.in(by, (tx) => policyInForce(tx, at));
  assert.ok(after?.may.timetable, 'the timetable that the command entered');
});
