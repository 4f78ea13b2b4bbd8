import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import type { Step } from '../case.judge.ts';
import { CASE_STATES } from '../case.workflow.ts';
import { type LoggedConcern, logCase, takeStep } from '../cases.service.ts';
import { entriesOf, findCase } from '../cases.store.ts';
import { incidentsRoom } from '../index.ts';
import { clockJobs } from './clocks.jobs.ts';
import { clockLine, isLate, running } from './clocks.rules.ts';
import { escalateCase, timedStory } from './clocks.service.ts';
import { lateCases, limitsOf } from './clocks.store.ts';

let t: TestDatabase;
let secondary: TestSchool;
let centre: TestSchool;
before(async () => {
  t = await testDatabase();
  secondary = await testSchool(t, { policy: 'secondary-school' });
  centre = await testSchool(t, { policy: 'tuition-centre' });
});
after(() => t.drop());

const minute = (s: TestSchool) => clockJobs(s.deps).tasks['cases.clocks']?.({});
const log = (s: TestSchool, more: Partial<LoggedConcern> = {}) =>
  logCase(s.deps, s.people.staff.viewer, {
    title: 'Unkind messages',
    category: 'bullying',
    urgency: 'soon',
    happenedOn: '2026-11-02',
    people: [s.people.year8.id],
    text: 'Two pupils told me of messages from last night.',
    ...more,
  });
const step = (s: TestSchool, by: Part, id: string, action: Step['action'], more: Omit<Partial<Step>, 'action'> = {}) =>
  takeStep(s.deps, s.people[by].viewer, id, { action, text: '', ...more });
const grant = (s: TestSchool, part: Part, role: string, rank = 'holder') =>
  t.asOwner(`insert into role_holding (school_id, person_id, role, rank, from_at) values ($1, $2, $3, $4, $5)`, [
    s.id,
    s.people[part].id,
    role,
    rank,
    new Date(s.clock.now() - MINUTE),
  ]);

interface Told {
  recipient: string;
  subject: string;
  body: string;
}
/** Letters about lateness in this case: to whom, and what they say. */
const letters = async (s: TestSchool, id: string) => {
  const rows = await t.asOwner<Told>(
    `select recipient, subject, body from mail where about_kind = 'case' and about_id = $1 and (subject ~ 'late|Nobody') order by created_at`,
    [id],
  );
  const part = (person: string) => Object.entries(s.people).find(([, p]) => p.id === person)?.[0] ?? person;
  return rows.map((r) => ({ ...r, to: part(r.recipient) }));
};
const newOnes = (all: Awaited<ReturnType<typeof letters>>, stage: RegExp) =>
  all
    .filter((l) => stage.test(l.subject))
    .map((l) => l.to)
    .sort();
const stagesOf = async (id: string) =>
  (
    await t.asOwner<{ detail: { stage: string } }>(
      `select detail from case_entry where case_id = $1 and action = 'escalate' order by at, id`,
      [id],
    )
  ).map((e) => e.detail.stage);

test('INC-27 ALR-10 a report that nobody takes up in the time of the policy goes to the deputy, once', async () => {
  const s = secondary;
  const { id } = await log(s);
  s.clock.advance(59 * MINUTE);
  await minute(s);
  assert.deepEqual(await stagesOf(id), []);
  s.clock.advance(MINUTE);
  await minute(s);
  await minute(s);
  await escalateCase(s.deps, s.id, id);
  assert.deepEqual(await stagesOf(id), ['acknowledge']);
  assert.deepEqual(newOnes(await letters(s, id), /Nobody/), ['dslDeputy']);
  const [entry] = await t.asOwner<{ action: string; actor: string | null }>(
    `select action, actor from ledger_entry where object_id = $1 and action = 'case.escalate'`,
    [id],
  );
  assert.deepEqual(entry, { action: 'case.escalate', actor: null });
  const taken = await log(s);
  await step(s, 'dsl', taken.id, 'assign', { person: s.people.dsl.id });
  s.clock.advance(61 * MINUTE);
  await minute(s);
  assert.deepEqual(await stagesOf(taken.id), [], 'taken up in time');
});

test('SAN-01 a late first action goes to who has the case, who leads and the role that the policy names, and a late outcome too', async () => {
  const s = secondary;
  const { id, reference } = await log(s, { urgency: 'urgent' });
  await step(s, 'dsl', id, 'assign', { person: s.people.dslDeputy.id });
  s.clock.advance(60 * MINUTE);
  await minute(s);
  assert.deepEqual(newOnes(await letters(s, id), /first action/), ['dsl', 'dslDeputy', 'head']);
  await step(s, 'dslDeputy', id, 'support', { text: 'Spoke with both.' });
  s.clock.advance(5 * DAY);
  await minute(s);
  assert.deepEqual(await stagesOf(id), ['first-action', 'outcome', 'record']);
  assert.deepEqual(newOnes(await letters(s, id), /outcome/), ['dsl', 'dslDeputy', 'head']);
  const inTime = await log(s, { urgency: 'urgent' });
  await step(s, 'dsl', inTime.id, 'assign', { person: s.people.dsl.id });
  s.clock.advance(59 * MINUTE);
  await step(s, 'dsl', inTime.id, 'support', { text: 'Spoke with both.' });
  s.clock.advance(MINUTE);
  await minute(s);
  assert.deepEqual(await stagesOf(inTime.id), [], 'what was begun in time is not late');
  for (const l of await letters(s, id)) {
    assert.doesNotMatch(l.subject + l.body, /Zed|Unkind|messages|bullying/);
    assert.match(l.subject, new RegExp(reference));
  }
});

test('INC-27 the two policies escalate the same late case each to its own role, after its own time', async () => {
  const role = async (s: TestSchool) => {
    const { id } = await log(s, { urgency: 'urgent' });
    s.clock.advance(61 * MINUTE);
    await minute(s);
    return newOnes(await letters(s, id), /first action/);
  };
  await grant(centre, 'governor', 'chair');
  await grant(centre, 'teacher', 'centre-lead');
  assert.ok((await role(secondary)).includes('head'));
  const told = await role(centre);
  assert.ok(told.includes('governor'), told.join());
  assert.ok(!told.includes('head'));
  const serious = await log(centre, { urgency: 'urgent' });
  await step(centre, 'dsl', serious.id, 'assign', { person: centre.people.teacher.id });
  const detail = { types: ['misuse'], culpability: 'not-known', content: 'harmful', row: 'none', severity: 'serious' };
  await step(centre, 'dsl', serious.id, 'classify', { text: 'Chat on a tablet.', detail });
  const file = await t.db.in(centre.people.dsl.context, (tx) => findCase(tx, serious.id));
  assert.equal(file?.first_action_due && file.first_action_due.getTime() - file.opened_at.getTime(), 24 * HOUR);
});

test('INC-27 whom a case is escalated to without the duty to read it learns that it waits, and nothing of it', async () => {
  const { id, reference } = await log(centre, { urgency: 'urgent' });
  centre.clock.advance(61 * MINUTE);
  await minute(centre);
  const chair = (await letters(centre, id)).find((l) => l.to === 'governor' && /first action/.test(l.subject));
  assert.match(chair?.body ?? '', /whoever leads on safeguarding/);
  assert.doesNotMatch(chair?.body ?? '', /\/cases\//);
  const governor = { ...centre.people.governor.context, duties: ['governor', 'chair'] };
  assert.equal(await t.db.in(governor, (tx) => findCase(tx, reference)), undefined);
});

test('ALR-10 nobody whom the case is about or who declared an interest is told that it is late: the next in turn is', async () => {
  const s = secondary;
  const { id } = await log(s, { urgency: 'urgent', people: [s.people.dsl.id, s.people.head.id] });
  s.clock.advance(6 * DAY);
  await minute(s);
  assert.deepEqual((await stagesOf(id)).sort(), ['acknowledge', 'first-action', 'outcome', 'record']);
  const to = new Set((await letters(s, id)).map((l) => l.to));
  assert.ok(to.size > 0);
  for (const kept of ['dsl', 'head']) assert.ok(!to.has(kept), kept);
});

test('INC-22 INC-27 a restricted case that is late is told to its own leads and to nobody else', async () => {
  const s = secondary;
  const { id } = await log(s, { urgency: 'urgent', people: [s.people.teacher.id] });
  await step(s, 'dsl', id, 'assign', { person: s.people.dsl.id });
  const detail = {
    types: ['misuse'],
    culpability: 'deliberate',
    content: 'harmful',
    row: 'none',
    severity: 'urgent',
    allegation: 'serious',
  };
  await step(s, 'dsl', id, 'classify', { text: 'Said by two pupils.', detail });
  await t.asOwner(`update case_file set first_action_at = null where id = $1`, [id]);
  s.clock.advance(6 * DAY);
  await minute(s);
  const all = await letters(s, id);
  assert.ok((await stagesOf(id)).includes('outcome'));
  assert.deepEqual([...new Set(all.map((l) => l.to))], ['head']);
});

test('INC-24 a case missing in the record system after the time of the policy is overdue until its reference is there', async () => {
  const s = secondary;
  const { id, reference } = await log(s);
  await step(s, 'dsl', id, 'assign', { person: s.people.dsl.id });
  await step(s, 'dsl', id, 'support', { text: 'Spoke with both.' });
  const lateNow = async () => {
    const late = await t.db.in(s.people.dsl.context, (tx) => lateCases(tx, s.clock.now()));
    return late.some((c) => c.id === id);
  };
  s.clock.advance(2 * DAY - MINUTE);
  assert.equal(await lateNow(), false);
  s.clock.advance(MINUTE);
  assert.equal(await lateNow(), true);
  await minute(s);
  assert.deepEqual(await stagesOf(id), ['record']);
  const pages = await pagesFor(s.deps, incidentsRoom(s.deps));
  const page = async () => (await pages.as(s.people.dsl).get(`/cases/${reference}`)).body;
  assert.match(await page(), /Entry in the safeguarding record system late by 1 minute/);
  await step(s, 'dsl', id, 'record', { detail: { reference: 'R-77' } });
  assert.equal(await lateNow(), false);
  assert.doesNotMatch(await page(), /record system late/);
  await pages.close();
});

test('INC-27 a job waits for the very moment at which something becomes due', async () => {
  const s = secondary;
  const { id } = await log(s, { urgency: 'urgent' });
  const jobs = await t.asOwner<{ key: string; run_at: Date }>(
    `select key, run_at from graphile_worker.jobs where key like $1 order by key`,
    [`cases.clocks ${id}%`],
  );
  const due = (stage: string) => jobs.find((j) => j.key.endsWith(` ${stage}`))?.run_at.getTime();
  assert.equal(due('acknowledge'), s.clock.now() + 60 * MINUTE);
  assert.equal(due('first-action'), s.clock.now() + 60 * MINUTE);
  assert.equal(due('outcome'), s.clock.now() + 5 * DAY);
});

test('SAN-01 what is left and what is late is said in words', () => {
  const now = Date.UTC(2026, 10, 3, 10);
  const clock = (stage: 'first-action' | 'outcome' | 'acknowledge', ms: number) => ({ stage, due: new Date(now + ms) });
  assert.equal(clockLine(clock('first-action', 20 * MINUTE), now), 'First action due in 20 minutes');
  assert.equal(clockLine(clock('outcome', -3 * HOUR), now), 'Outcome late by 3 hours');
  assert.equal(clockLine(clock('acknowledge', -MINUTE), now), 'Should have been taken up 1 minute ago');
});

test('INC-27 the list of what is late and the clocks of each case never disagree', async () => {
  const s = await testSchool(t, { policy: 'secondary-school' });
  const limits = await t.db.in(s.people.dsl.context, (tx) => limitsOf(tx, s.clock.now()));
  const { id } = await log(s);
  const anyTime = fc.option(fc.integer({ min: -10, max: 10 }).map((d) => new Date(s.clock.now() + d * 8 * HOUR)));
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        state: fc.constantFrom(...CASE_STATES.filter((c) => c !== 'halted')),
        restricted: fc.boolean(),
        first_action_at: anyTime,
        first_action_due: anyTime,
        outcome: fc.option(fc.constant('supported')),
        outcome_due: anyTime,
      }),
      fc.integer({ min: 0, max: 6 }),
      async (row, days) => {
        const columns = Object.keys(row);
        await t.asOwner(
          `update case_file set ${columns.map((c, i) => `${c} = $${i + 2}`).join(', ')}, team = $${columns.length + 2} where id = $1`,
          [id, ...Object.values(row), [s.people.coordinator.id]],
        );
        const now = s.clock.now() + days * 12 * HOUR;
        const { bySql, byRule } = await t.db.in({ ...s.people.coordinator.context, duties: ['system'] }, async (tx) => {
          const file = await findCase(tx, id);
          assert.ok(file);
          const clocks = running(file, timedStory(await entriesOf(tx, id)), limits);
          return { bySql: (await lateCases(tx, now)).length > 0, byRule: clocks.some((c) => isLate(c, now)) };
        });
        assert.equal(bySql, byRule);
      },
    ),
    { numRuns: 60 },
  );
});
