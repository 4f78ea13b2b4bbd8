import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HOUR, MINUTE, SECOND } from '#core/clock.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import type { Part, TestSchool } from '#testing/web.ts';
import { policyInForce } from '../policies.service.ts';
import { entriesOf, signaturesOf } from './drafts.store.ts';
import { approval, draftIn, reviewed, reviewedSchool } from './fixture.ts';
import { policiesJobs } from './life.jobs.ts';
import { addRiskAssessment } from './risk.service.ts';
import { listVersions } from './versions.store.ts';

let t: TestDatabase;
let school: TestSchool;
before(async () => {
  t = await testDatabase();
  school = await reviewedSchool(t);
});
after(() => t.drop());

const inForce = (s = school) => t.db.in(s.people.staff.context, (tx) => policyInForce(tx, s.clock.now()));
const versions = (s = school) => t.db.in(s.people.staff.context, (tx) => listVersions(tx));
const snapshot = async (s = school) =>
  Number((await t.asOwner(`select snapshot_number as n from school where id = $1`, [s.id]))[0]?.n);
const letters = (s: TestSchool, about: string) =>
  t.asOwner<{ subject: string; address: string }>(
    `select subject, address from mail where school_id = $1 and about_id = $2 order by subject, address`,
    [s.id, about],
  );

test('GOV-05 GOV-08 GOV-33 a draft that was signed and approved by another person with its minute becomes the next version', async () => {
  const own = await reviewedSchool(t);
  const draft = await draftIn(own, { title: 'The policy from November' });
  assert.equal(await draft.step('dsl', { action: 'consult' }), 'consulting');
  assert.equal(await draft.step('ictManager', { action: 'sign', signAs: 'ict-manager' }), 'consulting');
  assert.equal(await draft.step('dslDeputy', { action: 'sign', signAs: 'dsl' }), 'consulted');
  assert.equal((await inForce(own))?.number, 1);
  assert.equal(await draft.step('leadGovernor', approval), 'approved');

  const now = await inForce(own);
  assert.equal(now?.number, 2);
  assert.equal(now?.document.title, 'The policy from November');
  assert.equal(now?.document.meta.approvedOn, '2026-11-03');
  const [version, first] = await versions(own);
  assert.equal(version?.author, own.people.dsl.id);
  assert.equal(version?.approver, own.people.leadGovernor.id);
  assert.equal(version?.minute, approval.minute);
  assert.equal(version?.draft, draft.id);
  assert.equal(first?.label, 'Adopted unreviewed at set-up');

  const story = await t.db.in(own.people.dsl.context, (tx) => entriesOf(tx, draft.id));
  assert.deepEqual(
    story.map((e) => [e.action, e.by_person === own.people.leadGovernor.id]),
    [
      ['start', false],
      ['edit', false],
      ['consult', false],
      ['sign', false],
      ['sign', false],
      ['approve', true],
    ],
  );
  const ledger = await t.asOwner(
    `select action from ledger_entry where school_id = $1 and object_id = $2 order by id`,
    [own.id, draft.id],
  );
  assert.deepEqual(
    ledger.map((l) => l.action),
    story.map((e) => `policy.draft.${e.action}`),
  );
});

test('GOV-05 whoever has the next move is written to, and every governor learns of the approval', async () => {
  const own = await reviewedSchool(t);
  const draft = await draftIn(own);
  await draft.step('dsl', { action: 'consult' });
  const to = async (subject: RegExp) =>
    (await letters(own, draft.id)).filter((l) => subject.test(l.subject)).map((l) => l.address);
  const { dslDeputy, ictManager, leadGovernor, governor } = own.people;
  assert.deepEqual(await to(/your signature/), [dslDeputy.email, ictManager.email]);
  await draft.step('ictManager', { action: 'sign', signAs: 'ict-manager' });
  assert.deepEqual(await to(/waits for approval/), []);
  await draft.step('dsl', { action: 'sign', signAs: 'dsl' });
  assert.deepEqual(await to(/waits for approval/), [leadGovernor.email]);
  await draft.step('leadGovernor', approval);
  assert.deepEqual(await to(/was approved/), [governor.email]);
});

test('GOV-08 a change after a signature voids it, and what was signed is what was read', async () => {
  const draft = await draftIn(school);
  await draft.step('dsl', { action: 'consult' });
  await draft.step('dsl', { action: 'sign', signAs: 'dsl' });
  await assert.rejects(draft.step('dsl', { action: 'sign', signAs: 'dsl' }), { code: 'policy.draft.maySign' });
  await draft.step('ictManager', { action: 'return', reason: 'The part on passwords is wrong.' });
  await draft.edit('head', (d) => ({ ...d, title: 'Put right' }));
  await draft.step('dsl', { action: 'consult' });
  await assert.rejects(draft.step('ictManager', { action: 'sign', signAs: 'ict-manager', edit: 2 }), {
    code: 'policy.draft.edited',
  });
  await draft.step('ictManager', { action: 'sign', signAs: 'ict-manager' });
  assert.equal((await draft.read()).state, 'consulting', 'the signature of the DSL was for another text');
  assert.equal(await draft.step('dsl', { action: 'sign', signAs: 'dsl' }), 'consulted');
  const all = await t.db.in(school.people.dsl.context, (tx) => signaturesOf(tx, draft.id));
  assert.deepEqual(
    all.map((s) => [s.role, s.edit]),
    [
      ['dsl', 2],
      ['ict-manager', 3],
      ['dsl', 3],
    ],
  );
});

test('GOV-08 what comes back unchanged need not be signed twice', async () => {
  const draft = await draftIn(school);
  await draft.consulted();
  await draft.step('leadGovernor', { action: 'return', reason: 'Let us wait for the new guidance.' });
  assert.equal(await draft.step('dsl', { action: 'consult' }), 'consulted');
});

test('ROL-20 GOV-33 whoever wrote in a draft or signed it cannot approve it', async () => {
  const own = await reviewedSchool(t, reviewed({ approver: 'head' }));
  const written = await draftIn(own);
  await written.edit('head', (d) => ({ ...d, title: 'With a word of the head' }));
  await written.consulted();
  await assert.rejects(written.step('head', approval), { code: 'policy.draft.secondPerson', message: /You wrote/ });
  const signing = await reviewedSchool(t, reviewed({ reviewers: ['head'], approver: 'head' }));
  const signed = await draftIn(signing);
  await signed.step('dsl', { action: 'consult' });
  await signed.step('head', { action: 'sign', signAs: 'head' });
  await assert.rejects(signed.step('head', approval), { code: 'policy.draft.secondPerson', message: /You signed/ });
});

test('GOV-33 a draft cannot write its own judge into itself', async () => {
  const draft = await draftIn(school, { meta: { ...reviewed().meta, approver: 'ict-manager', reviewers: [] } });
  assert.equal(await draft.step('dsl', { action: 'consult' }), 'consulting', 'reviewers of today sign it');
  await draft.step('dsl', { action: 'sign', signAs: 'dsl' });
  await draft.step('ictManager', { action: 'sign', signAs: 'ict-manager' });
  await assert.rejects(draft.step('ictManager', approval), { code: 'policy.draft.not-yours' });
});

test('GOV-04 D36 an incomplete cover and a review outside the cycle stop a draft', async () => {
  const bare = await draftIn(school, { meta: { ...reviewed().meta, author: null, nextReview: null } });
  await assert.rejects(bare.step('dsl', { action: 'consult' }), {
    code: 'policy.draft.cover',
    message: /Still missing: the author, the next review\./,
  });
  for (const nextReview of ['2026-11-03', '2027-11-04']) {
    const draft = await draftIn(school, { meta: { ...reviewed().meta, nextReview } });
    await draft.consulted();
    await assert.rejects(draft.step('leadGovernor', approval), { code: 'policy.draft.reviewAhead' });
  }
});

test('GOV-05 an approval without minute, or for a day that is over, is refused with the field it is about', async () => {
  const draft = await draftIn(school);
  await draft.consulted();
  const approve = (more: object) => draft.step('leadGovernor', { ...approval, ...more });
  await assert.rejects(approve({ minute: ' ' }), (e: { fields?: object }) => 'minute' in (e.fields ?? {}));
  for (const effectiveOn of ['2026-11-02', '2026-02-30', '', 'tomorrow']) {
    await assert.rejects(approve({ effectiveOn }), (e: { fields?: object }) => 'effectiveOn' in (e.fields ?? {}));
  }
  await assert.rejects(approve({ effectiveAt: '09:59' }), { code: 'policy.draft.effective' });
  await assert.rejects(approve({ effectiveAt: 'noon' }), { code: 'policy.draft.effective' });
});

test('RSK-07 a policy that rests on a risk assessment is approved only with one that is in date', async () => {
  const own = await reviewedSchool(t, reviewed({ needsRiskAssessment: true }));
  const add = (approvedOn: string, nextReview: string, supersedes = '') =>
    addRiskAssessment(own.deps, own.people.dsl.viewer, {
      kind: 'Whole school',
      title: 'Risks online',
      approvedOn,
      approvedBy: 'Governing body',
      nextReview,
      text: 'What may go wrong, and what is done about it.',
      supersedes,
    });
  const old = await add('2025-10-01', '2026-11-02');
  const replaced = await add('2025-12-01', '2026-12-01');
  const good = await add('2026-10-01', '2026-11-03', replaced.id);
  const draft = await draftIn(own);
  await draft.consulted();
  for (const riskAssessment of [undefined, 'nonsense', old.id, replaced.id]) {
    await assert.rejects(draft.step('leadGovernor', { ...approval, riskAssessment }), {
      code: 'policy.draft.riskAssessment',
    });
  }
  await draft.step('leadGovernor', { ...approval, riskAssessment: good.id });
  assert.equal((await versions(own))[0]?.riskAssessment, good.id);
});

test('ROL-19 a policy with a nominated person comes into force only when somebody is named', async () => {
  const nominated = {
    id: 'nominated-person',
    title: 'Nominated person',
    clause: 'rules.all',
    holders: { min: 0, max: 1 },
    deputies: { min: 0 },
    duties: [],
    rows: [],
  } as const;
  const own = await reviewedSchool(t, reviewed({}, [nominated]));
  const draft = await draftIn(own);
  await draft.consulted();
  await assert.rejects(draft.step('leadGovernor', approval), { code: 'policy.draft.rolesHeld' });
  await t.asOwner(
    `insert into role_holding (school_id, person_id, role, rank, from_at) values ($1, $2, 'nominated-person', 'holder', now())`,
    [own.id, own.people.teacher.id],
  );
  assert.equal(await draft.step('leadGovernor', approval), 'approved');
});

test('GOV-02 a version dated ahead comes into force at that moment by the school’s clock, and gateways are told then', async () => {
  const own = await reviewedSchool(t);
  const jobs = policiesJobs(own.deps).tasks;
  const tell = () => jobs['policy.tell']?.({ school: own.id });
  await tell();
  const draft = await draftIn(own, { title: 'From tomorrow' });
  await draft.consulted();
  await draft.step('leadGovernor', { ...approval, effectiveOn: '2026-11-04' });
  const before = await snapshot(own);
  const midnight = Date.parse('2026-11-04T00:00:00Z');
  const queued = await t.asOwner(
    `select run_at from graphile_worker.jobs where task_identifier = 'policy.tell' and key like $1`,
    [`%${(await versions(own))[0]?.id}`],
  );
  assert.deepEqual(
    queued.map((q) => q.run_at.getTime()),
    [midnight + SECOND],
  );

  own.clock.advance(midnight - 1 - own.clock.now());
  await tell();
  assert.equal((await inForce(own))?.number, 1);
  assert.equal(await snapshot(own), before);
  own.clock.advance(1);
  assert.equal((await inForce(own))?.document.title, 'From tomorrow');
  await tell();
  const told = await snapshot(own);
  assert.ok(told > before);
  await tell();
  await jobs['policy.tend']?.({});
  assert.equal(await snapshot(own), told, 'told once');
});

test('a moment that the queue missed is caught within a minute', async () => {
  const own = await reviewedSchool(t);
  const { tasks, recurring } = policiesJobs(own.deps);
  assert.equal(recurring.find((r) => r.task === 'policy.tend')?.cron, '* * * * *');
  const draft = await draftIn(own);
  await draft.consulted();
  await draft.step('leadGovernor', { ...approval, effectiveAt: '12:00' });
  await tasks['policy.tend']?.({});
  const before = await snapshot(own);
  own.clock.advance(2 * HOUR);
  await tasks['policy.tend']?.({});
  assert.ok((await snapshot(own)) > before);
});

test('a version dated ahead can be called off with a reason until its moment, and then no more', async () => {
  const own = await reviewedSchool(t);
  const draft = await draftIn(own);
  await draft.consulted();
  await draft.step('leadGovernor', { ...approval, effectiveAt: '12:00' });
  await assert.rejects(draft.step('dsl', { action: 'withdraw', reason: 'I have changed my mind.' }), {
    code: 'policy.draft.not-yours',
  });
  assert.equal(
    await draft.step('leadGovernor', { action: 'withdraw', reason: 'The guidance has changed.' }),
    'withdrawn',
  );
  own.clock.advance(3 * HOUR);
  assert.equal((await inForce(own))?.number, 1);

  const next = await draftIn(own);
  await next.consulted();
  await next.step('leadGovernor', { ...approval, effectiveAt: '14:00' });
  own.clock.advance(3 * HOUR);
  assert.equal((await inForce(own))?.number, 3);
  await assert.rejects(next.step('leadGovernor', { action: 'withdraw', reason: 'The guidance has changed.' }), {
    code: 'policy.draft.not-listed',
  });
});

test('versions come into force in the order of their numbers', async () => {
  const own = await reviewedSchool(t);
  const [ahead, today] = [await draftIn(own), await draftIn(own)];
  await ahead.consulted();
  await today.consulted();
  await ahead.step('leadGovernor', { ...approval, effectiveOn: '2026-12-01' });
  await assert.rejects(today.step('leadGovernor', approval), { code: 'policy.draft.inOrder' });
  await ahead.step('leadGovernor', { action: 'withdraw', reason: 'Something is more urgent.' });
  assert.equal(await today.step('leadGovernor', approval), 'approved');
  assert.equal((await inForce(own))?.number, 3);
});

test('two approvals at once give two numbers, or one of them is refused', async () => {
  const own = await reviewedSchool(t);
  const drafts = [await draftIn(own), await draftIn(own)];
  for (const draft of drafts) await draft.consulted();
  await Promise.all(drafts.map((d) => d.step('leadGovernor', approval)));
  assert.deepEqual(
    (await versions(own)).map((v) => v.number),
    [3, 2, 1],
  );
  const [draft] = drafts;
  await assert.rejects(draft!.step('leadGovernor', approval), { code: 'policy.draft.not-listed' });
});

test('no step is taken by somebody of another school, or by anybody whose part it is not', async () => {
  const other = await reviewedSchool(t);
  const draft = await draftIn(school);
  const stranger = { ...school, people: other.people, deps: other.deps };
  await assert.rejects(
    draftIn(stranger as TestSchool).then(async (d) => {
      assert.notEqual(d.id, draft.id);
      const { takeStep } = await import('./steps.service.ts');
      return takeStep(other.deps, other.people.dsl.viewer, draft.id, { action: 'consult', edit: 2 });
    }),
    { kind: 'not-found' },
  );
  const editors: readonly Part[] = ['dsl', 'dslDeputy', 'head'];
  for (const part of Object.keys(school.people) as Part[]) {
    if (editors.includes(part)) continue;
    await assert.rejects(draft.step(part, { action: 'consult' }), { code: 'policy.draft.not-yours' }, part);
  }
});

test('history, signatures, risk assessments and withdrawals cannot be changed or deleted by the application', async () => {
  const by = school.people.dsl.context;
  for (const table of [
    'policy_draft_entry',
    'policy_review_signature',
    'risk_assessment',
    'policy_version_withdrawal',
  ] as const) {
    await assert.rejects(
      t.db.in(by, (tx) => tx.deleteFrom(table).execute()),
      /permission denied/,
    );
    await assert.rejects(
      t.db.in(by, (tx) =>
        tx
          .updateTable(table)
          .set({ school_id: school.id } as never)
          .execute(),
      ),
      /permission denied/,
    );
  }
});

test('GOV-04 GOV-08 editors and reviewers are reminded of the review a month before and on its day, once each', async () => {
  const own = await reviewedSchool(t, reviewed({ nextReview: '2026-12-20', period: { from: null, to: null } }));
  const remind = () => policiesJobs(own.deps).tasks['policy.remind']?.({});
  const [version] = await versions(own);
  const sent = () => letters(own, version?.id ?? '');
  await remind();
  assert.equal((await sent()).length, 0);
  own.clock.advance(Date.parse('2026-11-20T06:00:00Z') - own.clock.now());
  await remind();
  await remind();
  const { dsl, dslDeputy, head, ictManager } = own.people;
  assert.deepEqual(
    (await sent()).map((l) => l.address).sort(),
    [dsl, dslDeputy, head, ictManager].map((p) => p.email).sort(),
  );
  own.clock.advance(Date.parse('2026-12-20T06:00:00Z') - own.clock.now() + MINUTE);
  await remind();
  assert.equal((await sent()).filter((l) => /is due for review/.test(l.subject)).length, 4);
});
