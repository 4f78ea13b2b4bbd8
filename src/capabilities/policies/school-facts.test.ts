import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HOUR } from '#core/clock.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { decide, may, shippedPolicy } from '#policy/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type TestSchool, testSchool } from '#testing/web.ts';
import { adoptPolicy, policyInForce } from './policies.service.ts';
import { schoolFacts } from './school-facts.ts';

let t: TestDatabase;
let school: TestSchool;
before(async () => {
  t = await testDatabase();
  school = await testSchool(t);
  await t.asOwner('delete from term where school_id = $1', [school.id]);
});
after(() => t.drop());

const inSchool = <T>(ask: (tx: Parameters<typeof schoolFacts>[0]) => Promise<T>): Promise<T> =>
  t.db.in(school.people.administrator.context, ask);
const grant = (rule: string, from: number, until: number | null, ended: number | null = null) =>
  t.asOwner(
    `insert into use_grant (school_id, rule, person_id, granted_by, purpose, from_at, until_at, ended_at)
     values ($1, $2, $3, $4, 'For the school newspaper', $5, $6, $7)`,
    [
      school.id,
      rule,
      school.people.year8.id,
      school.people.teacher.id,
      new Date(from),
      until && new Date(until),
      ended && new Date(ended),
    ],
  );

test('what a policy must know of its school: days as they stand in the calendar, slots, and permissions to their millisecond', async () => {
  const now = school.clock.now();
  await t.asOwner(
    `insert into term (school_id, name, starts, ends, half_term_starts, half_term_ends)
     values ($1, 'Autumn', '2026-09-02', '2026-12-18', '2026-10-26', '2026-10-30'), ($1, 'Spring', '2027-01-04', '2027-03-25', null, null)`,
    [school.id],
  );
  await t.asOwner(
    `insert into timetable_slot (school_id, name, kind, days, from_time, to_time)
     values ($1, 'Lunch', 'lunch', '{1,2,3,4,5}', '12:20', '13:05')`,
    [school.id],
  );
  await grant('COM-10', now + 1, now + HOUR + 1);
  await grant('COM-10', now - HOUR, now);
  await grant('COM-10', now - HOUR, null, now - 1);
  const { staff } = school.people;
  await t.asOwner(
    `insert into quota_used (school_id, person_id, rule, from_at, until_at) values ($1, $2, 'SOC-18', $3, $4), ($1, $2, 'SOC-18', $3, $5)`,
    [school.id, staff.id, new Date(now - HOUR), new Date(now), new Date(now + HOUR)],
  );
  assert.deepEqual(await inSchool((tx) => schoolFacts(tx, now)), {
    timeZone: 'Europe/London',
    terms: [
      { from: '2026-09-02', to: '2026-12-18', halfTerm: { from: '2026-10-26', to: '2026-10-30' } },
      { from: '2027-01-04', to: '2027-03-25', halfTerm: null },
    ],
    slots: [{ kind: 'lunch', days: [1, 2, 3, 4, 5], from: '12:20', to: '13:05' }],
    grants: [{ rule: 'COM-10', person: school.people.year8.id, from: now + 1, until: now + HOUR + 1 }],
    used: [{ rule: 'SOC-18', person: staff.id, from: now - HOUR, until: now + HOUR }],
  });
});

test('COM-12 the policy in force answers about addresses and actions alike by what was granted, until it ends', async () => {
  const { context } = school.people.administrator;
  const start = school.clock.now();
  await inSchool((tx) =>
    adoptPolicy(tx, school.deps, context, shippedPolicy('secondary-school'), { approver: school.people.head.id }),
  );
  await t.asOwner(`delete from use_grant where school_id = $1`, [school.id]);
  await grant('COM-10', start + HOUR, start + 2 * HOUR);
  await inSchool((tx) => bumpSnapshot(tx, school.id));
  const policy = await inSchool((tx) => policyInForce(tx, start));
  assert.ok(policy);
  const asked = (at: number) => {
    const person = school.people.year8.id;
    const address = decide(policy.compiled, 'pupil-8', { categories: ['blogs'], at, person });
    const action = may(policy.may, { action: 'use-blogs', audience: 'pupil', at, person });
    assert.equal(action.version, policy.document.version);
    return `${address.outcome} ${action.outcome}`;
  };
  assert.deepEqual([start, start + HOUR, start + 2 * HOUR - 1, start + 2 * HOUR].map(asked), [
    'block block',
    'allow allow',
    'allow allow',
    'block block',
  ]);
});
