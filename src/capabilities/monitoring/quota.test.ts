import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, MINUTE, SECOND } from '#core/clock.ts';
import { systemContext } from '#platform/db.ts';
import { decide, type PolicyDocument, shippedPolicy } from '#policy/index.ts';
import { buildSnapshot } from '#rooms/filtering/index.ts';
import { adoptPolicy } from '#rooms/policies/index.ts';
import { type Bench, monitored } from './fixture.ts';
import { deleteExpired } from './retention.service.ts';

const shipped = shippedPolicy('secondary-school');
const POLICY: PolicyDocument = {
  ...shipped,
  rules: shipped.rules.map((r) =>
    r.id === 'COM-09' ? { ...r, cells: { ...r.cells, staff: { value: 'allowed' as const } } } : r,
  ),
  settings: { ...shipped.settings, privateSocialMedia: { value: 'reasonable', minutesPerDay: 3 } },
};

let b: Bench;
before(async () => {
  b = await monitored();
  const by = b.school.people.ictManager.context;
  await b.t.db.in(by, (tx) => adoptPolicy(tx, b.school.deps, by, POLICY, { approver: null }));
});
after(() => b.t.drop());

/** Somebody looks at social media now, as a gateway writes it down. */
const visit = (part: 'staff' | 'teacher' | 'year8', more: Partial<ReturnType<Bench['event']>> = {}) =>
  b.deliver([
    b.event({
      person: b.school.people[part].id,
      host: 'friends.example',
      category: 'social-media',
      outcome: 'allow',
      rule: 'SOC-18',
      profile: 'staff',
      ...more,
    }),
  ]);
/** What gateways answer by the newest snapshot. */
async function answer(part: 'staff' | 'teacher', at = b.school.clock.now()) {
  const snapshot = await b.t.db.in(systemContext(b.school.id), (tx) => buildSnapshot(tx, b.school.deps));
  assert.ok(snapshot);
  const person = b.school.people[part].id;
  return decide(snapshot.policy, 'staff', { categories: ['social-media'], at, person });
}
const number = async () =>
  Number((await b.t.asOwner('select snapshot_number as n from school where id = $1', [b.school.id]))[0]?.n);

test('SOC-18 within reason: after so many minutes of a day the filter closes to this person, and says when it opens again', async () => {
  await visit('staff');
  await visit('staff');
  b.school.clock.advance(MINUTE);
  await visit('staff');
  assert.equal((await answer('staff')).outcome, 'allow', 'two of three minutes');
  const before = await number();
  b.school.clock.advance(5 * MINUTE);
  await visit('staff');
  assert.ok((await number()) > before, 'gateways are told at once, as of an opening');
  const over = await answer('staff');
  assert.deepEqual([over.outcome, over.because.rule, over.because.remedy], ['block', 'SOC-18', 'wait']);
  assert.match(over.because.text, /^Your 3 minutes of today .* they open again on Wednesday 4 November at 00:00\.$/);
  assert.equal((await answer('teacher')).outcome, 'allow', 'a colleague has their own');
});

test('SOC-18 with the day it begins anew, by each gateway’s own clock', async () => {
  const midnight = Date.UTC(2026, 10, 4);
  assert.equal((await answer('staff', midnight - 1)).outcome, 'block');
  assert.equal((await answer('staff', midnight)).outcome, 'allow');
});

test('SOC-18 what was stopped, what pupils do, and what is delivered late from another day count for nothing', async () => {
  const before = await number();
  for (let i = 0; i < 5; i++) {
    b.school.clock.advance(MINUTE);
    await visit('teacher', { outcome: 'block' });
    await visit('year8');
    await visit('teacher', { t: b.school.clock.now() - DAY });
  }
  assert.equal(await number(), before);
  assert.equal((await answer('teacher')).outcome, 'allow');
});

test('SOC-18 whose minutes are over is written down once, is nobody’s to change, and is forgotten', async () => {
  const before = await number();
  b.school.clock.advance(30 * SECOND);
  await visit('staff');
  assert.equal(await number(), before);
  const { staff } = b.school.people;
  const day = new Date(b.school.clock.now() + DAY);
  await assert.rejects(
    b.t.db.in(staff.context, (tx) =>
      tx
        .insertInto('quota_used')
        .values({
          school_id: b.school.id,
          person_id: b.school.people.teacher.id,
          rule: 'SOC-18',
          from_at: new Date(0),
          until_at: day,
        })
        .execute(),
    ),
    /row-level security/,
  );
  await b.t.db.in(staff.context, (tx) => tx.deleteFrom('quota_used').execute());
  const rows = () => b.t.asOwner('select * from quota_used where school_id = $1', [b.school.id]);
  assert.equal((await rows()).length, 1);
  b.school.clock.advance(3 * DAY);
  await deleteExpired(b.school.deps);
  assert.equal((await rows()).length, 0);
});
