import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import type { Step } from './case.judge.ts';
import { type LoggedConcern, logCase, openFromAlert, takeStep } from './cases.service.ts';
import { entriesOf, findCase, myReports } from './cases.store.ts';
import { alertAbout, endCase } from './fixture.ts';
import { countCases, listCases } from './lists/index.ts';

let t: TestDatabase;
let s: TestSchool;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'secondary-school' });
});
after(() => t.drop());

const as = <T>(part: Part, work: (tx: Tx) => Promise<T>) => t.db.in(s.people[part].context, work);
const viewer = (part: Part) => s.people[part].viewer;
const concern = (more: Partial<LoggedConcern> = {}): LoggedConcern => ({
  title: 'Unkind messages',
  category: 'bullying',
  urgency: 'soon',
  happenedOn: '2026-11-02',
  people: [s.people.year8.id],
  text: 'Two pupils told me of messages from last night.',
  ...more,
});
const log = (by: Part, more: Partial<LoggedConcern> = {}) => logCase(s.deps, viewer(by), concern(more));
const step = (by: Part, which: string, action: Step['action'], more: Omit<Partial<Step>, 'action'> = {}) =>
  takeStep(s.deps, viewer(by), which, { action, text: '', ...more });
const end = (by: Part, which: string, outcome: string) =>
  endCase((action, more) => step(by, which, action, more), outcome);
const code = (wanted: string) => (e: unknown) => {
  assert.equal((e as { code?: string }).code, wanted);
  return true;
};

test('INC-23 the DSL, the ICT manager and any member of staff can log; date, people, category, action and outcome are kept', async () => {
  for (const by of ['dsl', 'ictManager', 'staff'] as const) {
    const { reference } = await log(by, { title: `Logged by ${by}` });
    const file = await as('dsl', (tx) => findCase(tx, reference));
    assert.equal(file?.happened_on, '2026-11-02');
    assert.deepEqual(file.subjects, [s.people.year8.id]);
    assert.equal(file.category, 'bullying');
    assert.equal(file.opened_by, s.people[by].id);
  }
  const { reference, id } = await log('staff');
  await step('dsl', reference, 'assign', { person: s.people.dsl.id });
  await step('dsl', reference, 'support', { text: 'Spoke with both pupils.' });
  await assert.rejects(step('dsl', reference, 'resolve'), code('case.resolve.outcome'));
  await step('dsl', reference, 'inform', { text: 'Letters home.', detail: { decision: 'told' } });
  await step('dsl', reference, 'record', { detail: { reference: 'R-1' } });
  await step('dsl', reference, 'resolve', { outcome: 'behaviour' });
  assert.equal((await step('dsl', reference, 'close')).state, 'closed');
  const entries = await as('dsl', (tx) => entriesOf(tx, id));
  assert.deepEqual(
    entries.map((e) => [e.action, e.from_state, e.to_state]),
    [
      ['report', null, 'reported'],
      ['assign', 'reported', 'triage'],
      ['support', 'triage', 'actions'],
      ['inform', 'actions', 'actions'],
      ['record', 'actions', 'actions'],
      ['resolve', 'actions', 'resolved'],
      ['close', 'resolved', 'closed'],
    ],
  );
  assert.equal((await as('dsl', (tx) => findCase(tx, id)))?.outcome, 'behaviour');
});

test('what is wrong with a concern is said field by field, and nothing is written', async () => {
  const before = await t.asOwner('select count(*) from case_file');
  await assert.rejects(
    log('teacher', { title: ' ', happenedOn: '2026-11-04', category: 'no-such', text: '', people: [s.id] }),
    (e: unknown) => {
      const fields = Object.keys((e as { fields?: object }).fields ?? {});
      assert.deepEqual(fields.sort(), ['category', 'find', 'happenedOn', 'text', 'title']);
      return true;
    },
  );
  assert.deepEqual(await t.asOwner('select count(*) from case_file'), before);
});

test('a day that no calendar has, and a title too short for the database, are faults of a field', async () => {
  for (const [field, more] of [
    ['happenedOn', { happenedOn: '2026-02-31' }],
    ['happenedOn', { happenedOn: '0000-01-01' }],
    ['title', { title: '\u{1f4a5}a' }],
  ] as const) {
    await assert.rejects(log('staff', more), (e: unknown) => {
      assert.deepEqual(Object.keys((e as { fields?: object }).fields ?? {}), [field]);
      return true;
    });
  }
});

test('INC-23 whoever logs something about themself is heard, and has a receipt like everybody else', async () => {
  for (const by of ['staff', 'dsl'] as const) {
    const { reference } = await log(by, { title: 'I opened a link', people: [s.people[by].id] });
    assert.ok((await as(by, myReports)).some((r) => r.reference === reference));
    assert.equal(await as(by, (tx) => findCase(tx, reference)), undefined);
    assert.ok(await as('dslDeputy', (tx) => findCase(tx, reference)));
  }
});

test('a case is about people of this school only', async () => {
  const { reference } = await log('staff');
  await assert.rejects(step('dsl', reference, 'involve', { person: s.id }), code('case.involve.newSubject'));
});

test('pupils, parents and governors cannot log a case by the service either', async () => {
  for (const by of ['year8', 'parent', 'governor', 'visitor'] as const) {
    await assert.rejects(log(by), code('case.report.not-yours'), by);
  }
});

test('INC-05 a case about the head or the DSL is not there for them: no list, count, search, entry or address; others see it', async () => {
  for (const [subject, seer] of [
    ['head', 'dsl'],
    ['dsl', 'head'],
    ['dslDeputy', 'dsl'],
  ] as const) {
    const before = await as(subject, countCases);
    const made = await log('teacher', { title: `Zebra ${subject}`, people: [s.people[subject].id] });
    assert.deepEqual(await as(subject, countCases), before, 'the count does not move');
    assert.deepEqual(await as(subject, (tx) => listCases(tx, { text: `Zebra ${subject}` })), []);
    assert.deepEqual(await as(subject, (tx) => listCases(tx, { text: s.people[subject].displayName })), []);
    assert.equal(await as(subject, (tx) => findCase(tx, made.id)), undefined);
    assert.equal(await as(subject, (tx) => findCase(tx, made.reference)), undefined);
    assert.deepEqual(await as(subject, (tx) => entriesOf(tx, made.id)), []);
    for (const action of ['assign', 'note', 'close', 'involve'] as const) {
      await assert.rejects(step(subject, made.id, action, { text: 'I would like to know.' }), code('not-found'));
    }
    assert.equal((await as(seer, (tx) => findCase(tx, made.id)))?.id, made.id, `${seer} sees it`);
    const raw = `insert into case_entry (school_id, case_id, at, action, to_state) values ('${s.id}', '${made.id}', now(), 'note', 'reported')`;
    await assert.rejects(
      as(subject, (tx) => sql.raw(raw).execute(tx)),
      /row-level security/,
      'nor can an entry be slipped in',
    );
  }
});

test('INC-05 the subject cannot be given the case; somebody named later loses it at once', async () => {
  const made = await log('staff', { people: [s.people.teacher.id] });
  await assert.rejects(
    step('dsl', made.id, 'assign', { person: s.people.teacher.id }),
    code('case.assign.fitToHandle'),
  );
  await assert.rejects(step('dsl', made.id, 'assign', { person: s.people.year7.id }), code('case.assign.fitToHandle'));
  await step('dsl', made.id, 'assign', { person: s.people.coordinator.id });
  assert.ok(await as('coordinator', (tx) => findCase(tx, made.id)), 'whoever has the case reads it');
  await assert.rejects(
    step('dsl', made.id, 'involve', { person: s.people.coordinator.id }),
    code('case.involve.newSubject'),
  );
  await step('dsl', made.id, 'assign', { person: s.people.head.id });
  assert.equal(
    await as('coordinator', (tx) => findCase(tx, made.id)),
    undefined,
    'who had it before reads it no longer',
  );
  await step('head', made.id, 'involve', { person: s.people.dslDeputy.id });
  assert.equal(await as('dslDeputy', (tx) => findCase(tx, made.id)), undefined);
  await assert.rejects(step('dsl', made.id, 'involve', { person: s.people.dsl.id }), code('case.involve.newSubject'));
});

test('ROL-20 where the case is about the DSL, the deputy takes the decisions that are the DSL’s', async () => {
  const made = await log('teacher', { urgency: 'urgent', people: [s.people.dsl.id] });
  await step('dslDeputy', made.id, 'assign', { person: s.people.dslDeputy.id });
  await step('dslDeputy', made.id, 'support', { text: 'Asked the trust for advice.' });
  await assert.rejects(step('head', made.id, 'resolve', { outcome: 'conduct' }), code('case.resolve.gravestByLead'));
  await step('dslDeputy', made.id, 'record', { detail: { reference: 'R-1' } });
  await step('dslDeputy', made.id, 'resolve', { outcome: 'conduct' });
  assert.equal((await step('dslDeputy', made.id, 'close')).state, 'closed');
  const told = await t.asOwner(`select recipient from mail where about_id = $1`, [made.id]);
  assert.deepEqual(
    told.map((m) => m.recipient),
    [s.people.dslDeputy.id],
    'and is the one who is told of it',
  );
});

test('who logs a case has a receipt and nothing else of it', async () => {
  const made = await log('ictManager');
  assert.equal(await as('ictManager', (tx) => findCase(tx, made.id)), undefined);
  assert.deepEqual(await as('ictManager', countCases), {});
  const receipts = await as('ictManager', myReports);
  assert.deepEqual(Object.keys(receipts[0] ?? {}).sort(), ['opened_at', 'reference']);
  assert.ok(receipts.some((r) => r.reference === made.reference));
  assert.equal(
    (await as('staff', myReports)).some((r) => r.reference === made.reference),
    false,
  );
});

/** Somebody tried again and again to gamble. */
const GAMBLING = { detector: 'repeated', category: 'gambling', urgency: 'soon' } as const;
const alertRow = async (id: string) => (await t.asOwner('select * from alert where id = $1', [id]))[0];

test('an alert becomes one case about the same person, is acknowledged by it, and is closed with it', async () => {
  const alert = await alertAbout(s, s.people.year12.id, GAMBLING);
  const made = await openFromAlert(s.deps, viewer('dsl'), alert.id);
  assert.deepEqual((await as('dsl', (tx) => findCase(tx, made.id)))?.subjects, [s.people.year12.id]);
  const linked = await alertRow(alert.id);
  assert.deepEqual([linked?.state, linked?.acknowledged_by, linked?.case_id], ['in-case', s.people.dsl.id, made.id]);
  await assert.rejects(openFromAlert(s.deps, viewer('head'), alert.id), code('case.alert.has-case'));
  await step('dsl', made.id, 'assign', { person: s.people.dsl.id });
  await end('dsl', made.id, 'supported');
  assert.equal((await alertRow(alert.id))?.state, 'closed');
});

test('INC-05 nobody opens a case from an alert about themselves, and a person named in the case loses sight of its alert', async () => {
  const mine = await alertAbout(s, s.people.head.id, GAMBLING);
  await assert.rejects(openFromAlert(s.deps, viewer('head'), mine.id), code('not-found'));
  const other = await alertAbout(s, null, GAMBLING);
  const made = await openFromAlert(s.deps, viewer('dsl'), other.id);
  const seen = () =>
    as('head', (tx) => tx.selectFrom('alert').select('id').where('id', '=', other.id).executeTakeFirst());
  assert.ok(await seen());
  await step('dsl', made.id, 'involve', { person: s.people.head.id });
  assert.equal(await seen(), undefined);
});

test('every step is one entry of the story and one of the ledger, in which no word of it stands', async () => {
  const secret = 'Saw the pupil at the gate';
  const made = await log('dsl', { text: `${secret}.` });
  await step('dsl', made.id, 'note', { text: `${secret} again.` });
  await assert.rejects(step('dsl', made.id, 'act', { text: 'Too early.' }), code('case.act.not-listed'));
  const rows = await t.asOwner(
    `select action, actor, detail from ledger_entry where object_kind = 'case' and object_id = $1 order by id`,
    [made.id],
  );
  assert.deepEqual(
    rows.map((r) => r.action),
    ['case.report', 'case.note'],
  );
  assert.ok(rows.every((r) => r.actor === s.people.dsl.id));
  assert.doesNotMatch(JSON.stringify(rows), /gate/);
  assert.match(JSON.stringify(rows), /hmac-sha256/);
  assert.equal((await as('dsl', (tx) => entriesOf(tx, made.id))).length, 2, 'what was refused left nothing behind');
  assert.doesNotMatch(JSON.stringify(s.logged), /gate/);
});

test('whoever is given a case is told by a letter in which nobody is named', async () => {
  const made = await log('dsl', { people: [s.people.year8.id] });
  await step('dsl', made.id, 'assign', { person: s.people.teacher.id, text: 'About Zed Pupil.' });
  const [letter] = await t.asOwner(`select * from mail where about_id = $1 and recipient = $2`, [
    made.id,
    s.people.teacher.id,
  ]);
  assert.match(letter?.subject, new RegExp(made.reference));
  for (const person of Object.values(s.people)) {
    assert.ok(!`${letter?.subject} ${letter?.body}`.includes(person.displayName), person.displayName);
  }
  assert.doesNotMatch(`${letter?.subject} ${letter?.body}`, /Unkind|bullying/i);
});

test('two people who take a step at once: one follows the other, and the second is told that the case has moved on', async () => {
  const made = await log('dsl', { urgency: 'soon' });
  await step('dsl', made.id, 'assign', { person: s.people.dsl.id });
  const helping = await Promise.allSettled([
    step('dsl', made.id, 'support', { text: 'Spoke with the tutor.' }),
    step('head', made.id, 'support', { text: 'Spoke with the tutor.' }),
  ]);
  assert.deepEqual(helping.map((c) => c.status).sort(), ['fulfilled', 'rejected']);
  const entries = await as('dsl', (tx) => entriesOf(tx, made.id));
  assert.equal(entries.filter((e) => e.action === 'support').length, 1);
});

test('ROL-05 whoever runs the machines reads no case, unless it is given to them', async () => {
  const { reference } = await log('staff');
  const seen = () => as('ictManager', (tx) => findCase(tx, reference));
  const before = await as('ictManager', countCases);
  assert.equal(await seen(), undefined);
  await step('dsl', reference, 'assign', { person: s.people.ictManager.id });
  assert.equal((await seen())?.reference, reference);
  assert.notDeepEqual(await as('ictManager', countCases), before);
});
